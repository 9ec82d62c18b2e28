"""What workshop.py runs inside the environment that it made."""
