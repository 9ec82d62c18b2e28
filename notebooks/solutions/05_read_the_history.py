children = 5  # one for each photo of the library
words = 39  # on this machine; Rekognition on AWS may find more
error = "Rekognition.InvalidImageFormatException"
