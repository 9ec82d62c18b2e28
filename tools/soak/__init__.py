"""Trials that take too long for every run of the tests: what is tried stands in this folder, a module for each kind."""
