"""Imported by scripts that can train on several machines; this one has no others to wait for."""
