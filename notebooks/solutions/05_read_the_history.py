children = 5  # one for each photo of the library
words = 25  # on this machine; Rekognition on AWS finds more
error = "Rekognition.InvalidImageFormatException"
