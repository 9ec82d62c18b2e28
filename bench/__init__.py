"""What the kit costs in time, measured."""
