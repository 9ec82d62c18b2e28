def repair_1(definition):
    price, store = definition["States"]["Price"], definition["States"]["Store"]
    price["ResultPath"] = "$.priced"  # without it the answer takes the order's place
    store["Parameters"]["Item"]["total"] = {"N.$": "States.JsonToString($.priced.total)"}
    return definition
