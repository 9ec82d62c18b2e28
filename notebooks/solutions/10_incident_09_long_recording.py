def repair_9(definition):
    write = definition["States"]["Write up"]["Parameters"]["Payload"]
    write["keep_at.$"] = "States.Format('{}.txt', $$.Execution.Name)"  # a state hands on 256 KiB: pass the key
    return definition
