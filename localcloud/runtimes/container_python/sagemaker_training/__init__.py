"""The part of the package in the images that readers' scripts import: `from sagemaker_training import environment`.

https://github.com/aws/sagemaker-training-toolkit
"""
