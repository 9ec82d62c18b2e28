"""The face of the workshop: what its notebooks import, twelve names.

Import it before the SDK: that makes `import stepfunctions` quick and quiet (see `quiet`).
"""

from __future__ import annotations

from helpers import checks, classroom, quiet, status, tracebacks
from helpers.checkpoints import checkpoint
from helpers.cleaning import clean_up
from helpers.deploy import deploy, run
from helpers.errors import ExecutionFailed, WorkshopError
from helpers.exploring import explore
from helpers.forking import fork
from helpers.injection import faults
from helpers.session import connect
from helpers.views import show

__all__ = [
    "ExecutionFailed",
    "WorkshopError",
    "checkpoint",
    "checks",
    "clean_up",
    "connect",
    "deploy",
    "explore",
    "faults",
    "fork",
    "run",
    "show",
]

quiet.install()
status.install()
tracebacks.install()
classroom.install()
