expression = "{% $shops^(>share)[0].shop %}"
