again = 1
tries = 3
days = 3
