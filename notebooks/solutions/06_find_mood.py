def find_mood():
    resource = f"{SDK}:comprehend:detectSentiment"
    return steps.Task("Find the mood", resource=resource, parameters=TEXT, result_path="$.found")
