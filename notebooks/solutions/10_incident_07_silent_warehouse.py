def repair_7(definition):
    body = definition["States"]["Ask the warehouse"]["Parameters"]["MessageBody"]
    body["token.$"] = body.pop("token")  # without .$ it is a text, and no token
    return definition
