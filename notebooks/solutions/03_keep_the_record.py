answer_goes_to = "$.stored"  # None is right too: it drops DynamoDB's answer, which nobody reads
