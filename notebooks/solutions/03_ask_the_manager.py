def choose(approve, reject, hold):
    adds_up = steps.ChoiceRule.BooleanEquals("$.adds_up", True)
    over_100 = steps.ChoiceRule.NumericGreaterThan("$.total", 100)
    choice = steps.Choice("Sum agrees?")
    choice.add_choice(steps.ChoiceRule.And([adds_up, over_100]), next_step=hold)
    choice.add_choice(adds_up, next_step=approve)
    choice.default_choice(reject)
    return choice
