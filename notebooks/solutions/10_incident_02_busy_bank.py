def repair_2(definition):
    (again,) = definition["States"]["Charge"]["Retry"]
    again["ErrorEquals"] = ["BankBusy"]  # the error's own name, and no other
    return definition
