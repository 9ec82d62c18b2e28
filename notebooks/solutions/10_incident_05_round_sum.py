def repair_5(definition):
    definition["States"]["How to send?"]["Default"] = "Courier"  # no rule was true of 100
    return definition
