answer_goes_to = "$.sentiment"  # any field that the review does not have yet
