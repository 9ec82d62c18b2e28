def tag_for_front_page():
    return start_child(IntegrationPattern.WaitForCompletion, output_path="$.Output")
