def choose(start, read):
    asked = steps.ChoiceRule.And(
        [
            steps.ChoiceRule.IsPresent("$.input.from", True),  # first: a rule on what is not there fails
            steps.ChoiceRule.StringEquals("$.input.from", "processed"),
        ]
    )
    choice = steps.Choice("Transcribed already?")
    choice.add_choice(asked, next_step=read)
    choice.default_choice(start)
    return choice
