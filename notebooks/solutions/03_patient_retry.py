retry = steps.Retry(
    error_equals=["BooksBusy"],
    interval_seconds=2,
    backoff_rate=2,
    max_attempts=3,
)
