"""Notebook 04: two receipts as the pages of one PDF, the loop for Textract's job, and what it read on them."""

import io

from PIL import Image
from stepfunctions import steps


def scan(workshop, receipts, key):
    """Put receipts into the bucket as one PDF, a page each."""
    pages = [Image.open(receipt).convert("RGB") for receipt in receipts]
    document = io.BytesIO()
    pages[0].save(document, "PDF", save_all=True, append_images=pages[1:], creationDate="", modDate="")
    workshop.client("s3").put_object(Bucket=workshop.bucket, Key=key, Body=document.getvalue())
    return {"bucket": workshop.bucket, "key": key}


def read_paper():
    """Start Textract's job, and look until it has ended."""
    textract = "arn:aws:states:::aws-sdk:textract"
    document = {"S3Object": {"Bucket.$": "$.bucket", "Name.$": "$.key"}}
    start = steps.Task(
        "Start reading",
        resource=f"{textract}:startExpenseAnalysis",
        parameters={"DocumentLocation": document},
        result_path="$.job",
    )
    wait = steps.Wait("Wait for paper", seconds=5)
    look = steps.Task(
        "Look at the job",
        resource=f"{textract}:getExpenseAnalysis",
        parameters={"JobId.$": "$.job.JobId", "MaxResults": 1},
        result_path="$.look",
    )
    ended = steps.Choice("All read?")
    ended.add_choice(steps.ChoiceRule.StringEquals("$.look.JobStatus", "IN_PROGRESS"), next_step=wait)
    ended.default_choice(steps.Succeed("Read"))
    return steps.Chain([start, wait, look, ended])


def totals(workshop, job):
    """The total on each page, of a job that has ended."""
    documents = workshop.client("textract").get_expense_analysis(JobId=job)["ExpenseDocuments"]
    fields = [field for document in documents for field in document["SummaryFields"]]
    return [field["ValueDetection"]["Text"] for field in fields if field["Type"]["Text"] == "TOTAL"]
