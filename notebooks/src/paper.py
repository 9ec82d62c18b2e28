"""Notebook 04: two receipts as the pages of one PDF, and what Textract's job read on them."""

import io

from PIL import Image


def scan(workshop, receipts, key):
    """Put receipts into the bucket as one PDF, a page each."""
    pages = [Image.open(receipt).convert("RGB") for receipt in receipts]
    document = io.BytesIO()
    pages[0].save(document, "PDF", save_all=True, append_images=pages[1:], creationDate="", modDate="")
    workshop.client("s3").put_object(Bucket=workshop.bucket, Key=key, Body=document.getvalue())
    return {"bucket": workshop.bucket, "key": key}


def totals(workshop, job):
    """The total on each page, of a job that has ended."""
    found, token = [], {}
    while True:
        answer = workshop.client("textract").get_expense_analysis(JobId=job, MaxResults=1, **token)
        for document in answer["ExpenseDocuments"]:
            fields = document["SummaryFields"]
            found += [field["ValueDetection"]["Text"] for field in fields if field["Type"]["Text"] == "TOTAL"]
        if "NextToken" not in answer:
            return found
        token = {"NextToken": answer["NextToken"]}
