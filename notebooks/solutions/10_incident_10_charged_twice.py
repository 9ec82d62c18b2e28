def repair_10(definition):
    book = definition["States"]["Book"]["Parameters"]["Payload"]
    book["request.$"] = "$$.Execution.Name"  # the same for each try, another for each order
    return definition
