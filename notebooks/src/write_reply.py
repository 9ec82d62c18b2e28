"""Lambda function: a reply to a cross comment."""


def handler(event, context):
    """Answer a comment {"shop", "text"} with a text that a person may send."""
    subject = event["text"].split(".")[0].split(",")[0].lower()
    return f"{event['shop']} is sorry that {subject}. Please come again, the cake is on us."
