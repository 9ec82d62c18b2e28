jobs = 4
depth = 9  # on this machine; another tuning may end elsewhere
longest = "Tune model"
