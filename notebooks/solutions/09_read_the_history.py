again = 4
tries = 3
days = 3
