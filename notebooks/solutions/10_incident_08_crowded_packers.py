def repair_8(definition):
    definition["States"]["Pack each item"]["MaxConcurrency"] = 5  # as many as the function may run at once
    return definition
