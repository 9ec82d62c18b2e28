"""Feedback on exercises. Each check says what is missing, what is wrong, or why it is right; none raises."""

from __future__ import annotations
