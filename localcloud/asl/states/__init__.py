"""The state types, one class each; `compiler.TYPES` has them by name."""

from __future__ import annotations
