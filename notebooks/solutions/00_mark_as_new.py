def mark_as_new():
    return steps.Pass("Mark as new", result="new", result_path="$.status")
