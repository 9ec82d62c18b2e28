arrives = 5  # TaskSucceeded, after TaskStateEntered, TaskScheduled and TaskStarted
waited = 30  # as seconds=30 says
percent = 88  # another model, on AWS, has another opinion
