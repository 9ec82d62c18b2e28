"""Lambda function of notebook 04: flags what an auditor should know of, and writes the report.

Input: {"call": …, "texts": {"agent": …, "customer": …}, "analysis": [DetectSentiment's response, DetectKeyPhrases's]}.
"""

import re

RISKS = {
    "cancellation": ("cancel", "contract", "competitor"),
    "legal": ("lawyer", "court", "sue"),
    "complaint": ("broken", "disappointed", "frustrating"),
}


def handler(event, context):
    """The audit report of one call; `flagged` when a person should look at it."""
    sentiment, phrases = event["analysis"]
    words = set(re.findall(r"[a-z]+", event["texts"]["customer"].lower()))
    found = {risk: [word for word in listed if word in words] for risk, listed in RISKS.items()}
    found = {risk: hits for risk, hits in found.items() if hits}
    return {
        "call": event["call"],
        "sentiment": sentiment["Sentiment"],
        "phrases": [phrase["Text"] for phrase in phrases["KeyPhrases"]],
        "risks": found,
        "flagged": bool(found) and sentiment["Sentiment"] != "POSITIVE",
    }
