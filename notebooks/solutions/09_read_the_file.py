item_reader = {
    "Resource": "arn:aws:states:::s3:getObject",
    "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW", "CSVDelimiter": "SEMICOLON", "MaxItems": 10},
    "Parameters": {"Bucket": workshop.bucket, "Key": "today.csv"},
}
