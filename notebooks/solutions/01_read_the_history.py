looks = 3
milliseconds = 750
