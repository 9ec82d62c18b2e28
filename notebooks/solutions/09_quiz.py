answers = "bacbb cacbb abcaa"
