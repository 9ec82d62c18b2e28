def repair_3(definition):
    definition["States"]["Charge"]["Catch"].reverse()  # the first catcher that fits is taken
    return definition
