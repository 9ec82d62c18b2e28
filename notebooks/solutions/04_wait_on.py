def choose(wait, done, failed):
    choice = steps.Choice("Ended?")
    choice.add_choice(steps.ChoiceRule.StringEquals(STATUS, "COMPLETED"), next_step=done)
    choice.add_choice(steps.ChoiceRule.StringEquals(STATUS, "FAILED"), next_step=failed)
    choice.default_choice(wait)  # QUEUED and IN_PROGRESS
    return choice
