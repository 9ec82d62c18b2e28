"""The state types. A new one is a class with a `kind` and a `perform` in a module that is imported here."""

from __future__ import annotations

from localcloud.asl.states import map, parallel, simple, task  # noqa: F401  # each registers its classes
