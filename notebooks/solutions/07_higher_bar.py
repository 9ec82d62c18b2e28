failed_jobs = "$.tuned.TrainingJobStatusCounters.NonRetryableError"
higher_bar = steps.ChoiceRule.And(
    [
        steps.ChoiceRule.NumericGreaterThan(ACCURACY, 0.6),
        steps.ChoiceRule.NumericLessThanEquals(failed_jobs, 1),
    ]
)
