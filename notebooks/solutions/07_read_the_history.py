jobs = 4
depth = 7  # on this machine; another tuning may end elsewhere
longest = "Tune model"
