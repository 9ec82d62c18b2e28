tries = 3  # two TaskFailed, then one TaskSucceeded
pause = 2  # the interval_seconds of the solution above; yours may differ
events = 5  # entered, scheduled, started, succeeded, exited
