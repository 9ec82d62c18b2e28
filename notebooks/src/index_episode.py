"""Lambda function of notebook 08: an episode's entry in the index.

Input: {"episode": the key of the recording, "title": …, "text": …, "analysis": [DetectSentiment's response,
DetectEntities's, DetectKeyPhrases's]}.
"""

import re


def handler(event, context):
    """What is stored: `words` holds whatever the episode can be found by, in small letters."""
    sentiment, entities, phrases = event["analysis"]
    names = [entity["Text"] for entity in entities["Entities"] if entity["Type"] in ("LOCATION", "PERSON")]
    found = [re.sub(r"(?i)^(a|an|the) ", "", phrase["Text"]) for phrase in phrases["KeyPhrases"]]
    spoken = re.findall(r"[^\W\d_]{4,}", event["text"])
    return {
        "episode": event["episode"],
        "title": event["title"],
        "sentiment": sentiment["Sentiment"],
        "words": sorted({word.casefold() for word in [*names, *found, *spoken]}),
    }
