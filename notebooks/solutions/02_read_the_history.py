tries = 5  # three receipts, and two calls that were throttled
error = "Textract.UnsupportedDocumentException"
pause = 8  # 1, 2, 4, 8: after four rounds, twelve calls had been throttled
