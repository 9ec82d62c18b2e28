tolerance = {"ToleratedFailurePercentage": 5}
