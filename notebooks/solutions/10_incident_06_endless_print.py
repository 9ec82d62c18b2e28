def repair_6(definition):
    failed = definition["States"]["Printed?"]["Choices"][1]
    failed["StringEquals"] = "FAILED"  # what the printer says; "ERROR" it never does
    return definition
