"""The process inside a model server: loads a model and answers one request after the other. Nothing of ours imported.

It does what the serving stacks of the scikit-learn and XGBoost images do: `model_fn`, `input_fn`, `predict_fn` and
`output_fn` (or `transform_fn`) of the reader's script, the image's default for each that is missing, or the built-in
algorithm's server when there is no script.
https://github.com/aws/sagemaker-inference-toolkit (transformer.py),
https://github.com/aws/sagemaker-scikit-learn-container and sagemaker-xgboost-container (handler_service.py,
algorithm_mode/serve.py).

Started as `python -P -u model_server_client.py` with `_MODEL_SERVER` (port:secret), `_IMAGE`, `_OPT_ML`. It connects
to that port, says the secret, then whether the model was loaded; a message is a JSON line and as many bytes as its
"length" says.
"""

from __future__ import annotations

import importlib
import json
import os
import socket
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

JSON, CSV, ANY = "application/json", "text/csv", "*/*"
_DEFAULT_ACCEPT = os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", JSON)

Transform = Callable[[bytes, str, str], tuple[bytes, str]]


class BadRequest(Exception):
    """The built-in algorithm's answer to what it cannot read: a status and a sentence."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def main() -> None:
    """Load the model, then answer until the connection ends."""
    port, _, secret = os.environ.pop("_MODEL_SERVER").partition(":")
    connection = socket.create_connection(("127.0.0.1", int(port)))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    incoming = connection.makefile("rb")
    connection.sendall(secret.encode())
    try:
        transform = load()
    except Exception as problem:
        _log()
        _send(connection, {"ready": False, "error": f"{type(problem).__name__}: {problem}"}, b"")
        return
    _send(connection, {"ready": True}, b"")
    while line := incoming.readline():
        request = json.loads(line)
        body = incoming.read(request["length"])
        try:
            answer, kind = transform(body, request["content_type"] or JSON, request["accept"] or ANY)
            _send(connection, {"status": 200, "content_type": kind}, answer)
        except BadRequest as problem:
            _log()
            _send(connection, {"status": problem.status, "content_type": "text/plain"}, str(problem).encode())
        except Exception as problem:
            _log()
            message = str(problem) or type(problem).__name__
            _send(connection, {"status": 500, "content_type": "text/plain"}, message.encode())


def load() -> Transform:
    """The model, as what makes an answer of a request."""
    model_dir = Path(os.environ["_OPT_ML"], "model")
    program = os.environ.get("SAGEMAKER_PROGRAM")
    if not program:
        if os.environ["_IMAGE"] == "xgboost":
            return _algorithm(model_dir)
        raise NotImplementedError("No script: set SAGEMAKER_PROGRAM, or create the model with an entry_point.")
    code = os.environ["_CODE"]
    sys.path.insert(0, code)
    os.chdir(code)
    return _script(importlib.import_module(program.removesuffix(".py").replace("/", ".")), model_dir)


def _script(module: Any, model_dir: Path) -> Transform:
    """The reader's functions, the image's defaults where there are none."""
    encoders = importlib.import_module("sagemaker_containers.beta.framework.encoders")
    xgboost_image = os.environ["_IMAGE"] == "xgboost"

    def default_input(data: Any, content_type: str) -> Any:
        if xgboost_image:
            return importlib.import_module("sagemaker_xgboost_container.encoder").decode(data, content_type)
        array = encoders.decode(data, content_type)
        return array.astype("float32") if content_type in (JSON, CSV) else array

    def default_predict(data: Any, model: Any) -> Any:
        return model.predict(data, validate_features=False) if xgboost_image else model.predict(data)

    if not hasattr(module, "model_fn"):
        raise NotImplementedError(
            "Please provide a model_fn implementation.\n"
            "See documentation for model_fn at https://github.com/aws/sagemaker-python-sdk"
        )
    model = module.model_fn(str(model_dir))
    input_fn = getattr(module, "input_fn", default_input)
    predict_fn = getattr(module, "predict_fn", default_predict)
    output_fn = getattr(module, "output_fn", encoders.encode)
    transform_fn = getattr(module, "transform_fn", None)

    def transform(body: bytes, content_type: str, accept: str) -> tuple[bytes, str]:
        accept = _DEFAULT_ACCEPT if accept == ANY else accept
        data: Any = body.decode("utf-8") if content_type in (JSON, CSV) else body
        if transform_fn is not None:
            result = transform_fn(model, data, content_type, accept)
        else:
            result = output_fn(predict_fn(input_fn(data, content_type), model), accept)
        if isinstance(result, tuple):
            result, accept = result
        elif hasattr(result, "mimetype"):
            result, accept = result.response, result.mimetype or accept
        return (result.encode() if isinstance(result, str) else bytes(result)), accept

    return transform


def _algorithm(model_dir: Path) -> Transform:
    """The built-in algorithm's server: CSV or libsvm in, CSV or JSON out."""
    import pickle

    sys.modules.setdefault("sklearn", None)  # type: ignore[arg-type]  # two seconds, for an interface not used here
    import xgboost

    encoder = importlib.import_module("sagemaker_xgboost_container.encoder")
    content = min(path for path in model_dir.iterdir() if path.is_file()).read_bytes()
    try:
        booster = xgboost.Booster()
        booster.load_model(bytearray(content))
    except xgboost.core.XGBoostError:  # written by an older version of the image
        booster = pickle.loads(content)
    booster.set_param({"nthread": 1})
    # The image predicts with the best round when training stopped early.
    best = booster.attr("best_iteration")
    rounds = (0, int(best) + 1) if best is not None else (0, 0)

    def transform(body: bytes, content_type: str, accept: str) -> tuple[bytes, str]:
        try:
            matrix = encoder.decode(body.strip(), content_type or CSV)
        except Exception as problem:
            raise BadRequest(415, f"Loading {content_type} data failed with Exception:\n {problem}") from problem
        try:
            predicted = booster.predict(matrix, iteration_range=rounds, validate_features=False).tolist()
        except Exception as problem:
            raise BadRequest(400, f"Unable to evaluate payload provided: {problem}") from problem
        if accept == JSON:
            return json.dumps({"predictions": [{"score": each} for each in predicted]}).encode(), JSON
        if accept == "application/jsonlines":
            return "".join(json.dumps({"score": each}) + "\n" for each in predicted).encode(), accept
        # In a transform job each record's answer is a line.
        batch = os.environ.get("SAGEMAKER_BATCH")
        text = "\n".join(map(str, predicted)) + "\n" if batch else ",".join(map(str, predicted))
        return text.encode(), CSV

    return transform


def _send(connection: socket.socket, header: dict[str, Any], body: bytes) -> None:
    connection.sendall(json.dumps({**header, "length": len(body)}).encode() + b"\n" + body)


def _log() -> None:
    traceback.print_exc()
    sys.stderr.flush()


if __name__ == "__main__":
    main()
    sys.stdin.read()  # with its end all ends that the script has started: sitecustomize.py
