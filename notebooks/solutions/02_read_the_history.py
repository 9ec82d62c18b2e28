tries = 4  # two receipts, and two calls that were throttled
error = "Textract.UnsupportedDocumentException"
pause = 8  # 1, 2, 4, 8: after four rounds, eight calls had been throttled
