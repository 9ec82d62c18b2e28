output_filter = "$[0,4,5]"
