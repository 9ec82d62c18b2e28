looks = 1
scanned = 0
