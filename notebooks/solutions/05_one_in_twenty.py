tolerance = {"tolerated_failure_percentage": 5}
