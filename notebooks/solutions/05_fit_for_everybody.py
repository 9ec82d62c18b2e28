def choose(publish, ask_a_person):
    choice = steps.Choice("Fit for everybody?")
    choice.add_choice(steps.ChoiceRule.IsPresent("$.unsafe[0]", True), next_step=ask_a_person)
    choice.default_choice(publish)
    return choice
