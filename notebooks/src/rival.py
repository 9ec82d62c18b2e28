"""A second model for notebook 06, from the features that the line of clicks has kept."""

from sagemaker import Session, image_uris
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput

PARTS = ("train", "validation")


def rival_estimator(workshop):
    """XGBoost, SageMaker's own algorithm, for six offers."""
    hyperparameters = {"objective": "multi:softmax", "num_class": 6, "num_round": 30, "max_depth": 4}
    return Estimator(
        image_uris.retrieve("xgboost", workshop.region, "1.7-1"),
        workshop.roles.jobs,
        1,
        "ml.m5.large",
        output_path=f"s3://{workshop.bucket}/enriched/rival",
        hyperparameters={**hyperparameters, "eval_metric": "merror"},
        sagemaker_session=Session(),
    )


def rival_inputs(features):
    """The channels of the training job; `features` is the address of the folder."""
    return {part: TrainingInput(f"{features}/{part}", content_type="text/csv") for part in PARTS}


def accuracy(workshop, job):
    """The share of the validation sessions that a training job's model has right, by the metrics of the job."""
    described = workshop.client("sagemaker").describe_training_job(TrainingJobName=job)
    metrics = {metric["MetricName"]: metric["Value"] for metric in described["FinalMetricDataList"]}
    return metrics["accuracy"] if "accuracy" in metrics else 1 - metrics["validation:merror"]
