def repair_4(definition):
    label = definition["States"]["Label for abroad"]["Parameters"]
    label["to.$"] = label["to.$"].replace("adress", "address")  # a path is only looked at when its state is entered
    return definition
