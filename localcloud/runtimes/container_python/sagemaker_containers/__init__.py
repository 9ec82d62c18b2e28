"""The part of the package in the images that readers' scripts import."""
