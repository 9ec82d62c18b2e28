"""What the trial of a kept account finds in a notebook; `workshop.py soak` tries every notebook so."""

from __future__ import annotations

from pathlib import Path

import nbformat

from tools.soak import account

CELLS = (
    "import boto3\ns3 = boto3.client('s3')\nname = f'workshop-somebodys-{s3.meta.config.signature_version}'",
    "s3.create_bucket(Bucket=name)",
    "boto3.client('iam').delete_role(RoleName='somebody')",
    "1 / 0",
    "print('clean_up()')",
)


def test_failures_leftovers_and_what_the_policy_does_not_allow_are_found(tmp_path: Path) -> None:
    path = tmp_path / "one.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS]), path)
    found = account.trouble(path)
    failed = [problem for problem in found if "code cell 4 (1 / 0): ZeroDivisionError" in problem]
    assert [problem.partition(":")[0] for problem in failed] == [
        "ada, first",
        "ben, first",
        "ada, again, without clean_up",
    ]
    assert any("code cell 3" in problem and "not authorized to perform: iam:DeleteRole" in problem for problem in found)
    assert [problem for problem in found if problem.startswith("left: ")] == ["left: bucket: workshop-somebodys-s3v4"]
