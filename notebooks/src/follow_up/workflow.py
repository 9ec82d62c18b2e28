"""Answer a cross comment, and ask again some days later: a workflow in JSONata, in a module so that tests reach it."""

from helpers.steps import AwsSdkStep, Choice, Condition, Graph, LambdaStep, Retry, Succeed, Wait

from stepfunctions.steps import Chain

DAY = 24 * 60 * 60


def rate_the_comment():
    return AwsSdkStep(
        "Rate the comment",
        "comprehend",
        "detectSentiment",
        arguments={"Text": "{% $states.input.text %}", "LanguageCode": "en"},
        assign={"comment": "{% $states.input %}", "sentiment": "{% $states.result.Sentiment %}"},
        output="{% $states.result.SentimentScore %}",
        retry=Retry(error_equals=["Comprehend.TooManyRequestsException"], interval_seconds=2, max_attempts=3),
    )


def answer(write_reply):
    payload = {"shop": "{% $comment.shop %}", "text": "{% $comment.text %}"}
    return LambdaStep(
        "Write a reply",
        arguments={"FunctionName": write_reply, "Payload": payload},
        assign={"reply": "{% $states.result.Payload %}"},
    )


def follow_up(write_reply, days=3):
    """The definition.

    Args:
        write_reply: the name or ARN of the function of src/write_reply.py.
        days: after how many it asks again.
    """
    reply = answer(write_reply)
    ask = Succeed("Ask again", output={"to": "{% $comment.number %}", "sent": "{% $reply %}"})
    Chain([reply, Wait("Give it some days", seconds=days * DAY), ask])
    cross = Choice("Cross?")
    cross.add_choice(Condition("{% $sentiment in ['NEGATIVE', 'MIXED'] %}"), reply)
    cross.default_choice(Succeed("Say thanks", output={"to": "{% $comment.number %}", "sent": "Thank you!"}))
    return Graph(Chain([rate_the_comment(), cross]), query_language="JSONata")
