passing = [
    "Textract.InternalServerErrorException",
    "Textract.ProvisionedThroughputExceededException",
    "Textract.ThrottlingException",
]
