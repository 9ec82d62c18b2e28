"""`from sagemaker_containers.beta.framework import encoders, worker`, as scripts for the scikit-learn image write."""
