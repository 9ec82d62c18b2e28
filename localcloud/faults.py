"""What goes wrong inside the local cloud itself: a traceback in its log, and in the message an id to find it by."""

from __future__ import annotations

import errno
import hashlib
import logging
import tempfile

log = logging.getLogger(__name__)


def report(where: str, problem: Exception) -> str:
    """Log the traceback of a fault of ours, and word it for whoever called, on one line.

    The id is made from the fault, not drawn: it may stand in a history, and two runs give the same one.

    Args:
        where: what failed, such as "transcription job call-1".
        problem: as it was caught.
    """
    if isinstance(problem, OSError) and problem.errno == errno.ENOSPC:
        return f"the disk of {tempfile.gettempdir()} is full. Make room there, then repeat the call."
    lines = str(problem).splitlines()
    text = f"{type(problem).__name__}: {lines[0] if lines else 'no message'}"
    fault = hashlib.sha256(f"{where}\n{text}".encode()).hexdigest()[:8]
    log.error("fault %s: %s failed", fault, where, exc_info=problem)
    return f"{text} (fault {fault} in the local cloud's log)"
