def repair_11(definition):
    ask = definition["States"]["Ask the carrier"]
    ask["TimeoutSeconds"] = 90  # as long as a good answer takes
    ask["Retry"][0]["MaxAttempts"] = 1  # 90 + 10 + 90 seconds, and then a person
    return definition
