"""Run the SDK's own example notebooks, as amazon-sagemaker-examples had them, on a local cloud.

    git clone https://github.com/aws/amazon-sagemaker-examples
    git -C amazon-sagemaker-examples checkout 12085f3b
    .venv/bin/python tools/sdk_examples.py amazon-sagemaker-examples/step-functions-data-science-sdk

Nothing of them is kept here. Of each is changed: the cell that installs with pip is left out; a first cell connects and
puts in place what a reader of AWS has (data, a function); the blanks for roles and names are filled in, as their text
asks. The retraining example loses its Glue job, which is refused; a data cell does what its script does.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

ROOT = Path(__file__).resolve().parent.parent

CONNECT = f"""
import random, sys
sys.path.insert(0, {str(ROOT)!r})
from helpers import connect
workshop = connect()
"""

FUNCTION = """
import io, zipfile, boto3
code = io.BytesIO()
with zipfile.ZipFile(code, "w") as package:
    package.writestr("f.py", "def handler(event, context):\\n    return event['input'].encode().hex()")
boto3.client("lambda").create_function(
    FunctionName="hello", Runtime="python3.12", Handler="f.handler", Role=workshop.roles.functions,
    Code={"ZipFile": code.getvalue()},
)
"""

#: Rings of abalones, made up: a line of libsvm for each, in the bucket of AWS's in which the notebook looks.
ABALONES = """
import boto3
lines = []
for number in range(400):
    size = random.Random(number).random()
    lines.append(f"{round(3 + 15 * size)} 1:{1 + number % 3} 2:{size:.3f} 3:{size * 0.8:.3f} 4:{size * 0.3:.3f}")
s3, home = boto3.client("s3"), f"sagemaker-example-files-prod-{workshop.region}"
s3.create_bucket(Bucket=home)
s3.put_object(Bucket=home, Key="datasets/tabular/uci_abalone/abalone.libsvm", Body="\\n".join(lines) + "\\n")
"""

#: What glue_etl.py does: seven parts of ten for training.
SPLIT = """
rows = open("./data/customer-churn.csv").read().replace('"', "").splitlines()
random.Random(1).shuffle(rows)
cut = len(rows) * 7 // 10
for name, part in ((train_prefix, rows[:cut]), (val_prefix, rows[cut:])):
    S3Uploader.upload_string_as_file_body(
        "\\n".join(part) + "\\n", f"s3://{bucket}/{project_name}/{name}/part.csv", sagemaker_session=session
    )
"""


@dataclass(frozen=True)
class Example:
    """A notebook and what is changed of it.

    Args:
        first: what the first cell does beside connecting.
        blanks: text -> what a reader fills in.
        cells: a text in a cell -> the cell in its place; empty for none.
        outcomes: how its executions end, oldest first.
    """

    path: str
    first: str
    blanks: dict[str, str]
    cells: dict[str, str]
    outcomes: tuple[str, ...]


EXAMPLES = (
    Example(
        "hello_world_workflow/hello_world_workflow.ipynb",
        FUNCTION,
        {'"<execution-role-arn>"': "workshop.roles.states", "<lambda-function-name>": "hello"},
        {},
        ("SUCCEEDED", "SUCCEEDED"),
    ),
    Example(
        "machine_learning_workflow_abalone/machine_learning_workflow_abalone.ipynb",
        ABALONES,
        {'"<execution-role-arn>"': "workshop.roles.states"},
        {},
        ("SUCCEEDED",),
    ),
    Example(
        "automate_model_retraining_workflow/automate_model_retraining_workflow.ipynb",
        "",
        {
            'workflow_execution_role = ""': "workflow_execution_role = workshop.roles.states",
            'lambda_role = ""': "lambda_role = workshop.roles.functions",
            "[etl_step, training_step,": "[training_step,",
        },
        {"glue_client.create_job": SPLIT, "steps.GlueStartJobRunStep": ""},
        ("SUCCEEDED",),
    ),
)

#: How the executions of a notebook ended, oldest first. The notebooks wait for none of them: a reader watches.
ENDED = """
import time, boto3
states = boto3.client("stepfunctions")
arns = [machine["stateMachineArn"] for machine in states.list_state_machines()["stateMachines"]]
def executions():
    return [each for arn in arns for each in states.list_executions(stateMachineArn=arn)["executions"]]
while "RUNNING" in str(found := executions()):
    time.sleep(1)
print("ENDED", *(each["status"] for each in sorted(found, key=lambda each: each["startDate"])))
"""


def changed(example: Example, notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The notebook as it is run."""
    cells = [nbformat.v4.new_code_cell(CONNECT + example.first)]
    for cell in notebook.cells:
        source = cell.source
        if cell.cell_type != "code" or "pip install" in source:
            continue
        source = next((new for text, new in example.cells.items() if text in source), source)
        for blank, filled in example.blanks.items():
            source = source.replace(blank, filled)
        cells.append(nbformat.v4.new_code_cell(source))
    made: nbformat.NotebookNode = nbformat.v4.new_notebook(cells=[*cells, nbformat.v4.new_code_cell(ENDED)])
    return made


def run(folder: Path, example: Example) -> str:
    """How it went: its executions' statuses, or the error of the cell that failed."""
    path = folder / example.path
    notebook = changed(example, nbformat.read(path, as_version=4))
    client = NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}}
    )
    try:
        client.execute()
    except CellExecutionError as problem:
        return str(problem)
    text = "".join(output.get("text", "") for output in notebook.cells[-1].outputs)
    return text.partition("ENDED ")[2].strip()


def main(folder: str) -> int:
    """Run each in its folder; returns 1 when one ended otherwise than it should."""
    failed = False
    for example in EXAMPLES:
        ended = run(Path(folder), example)
        failed |= ended != " ".join(example.outcomes)
        print(f"{example.path}: {ended}", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
