"""Feedback on exercises: what is missing, what is wrong with an example of it, or why it is right. None raises.

A check judges by behaviour. It asks the connected cloud with TestState what a state does with samples, which starts no
execution and leaves nothing behind, or it reads the history of an execution that the reader has run.
"""

from __future__ import annotations

from helpers.checks.calls import (
    longest_state,
    looking_often,
    looks_at_the_job,
    signs_of_life,
    status_choice,
    waiting_begins,
)
from helpers.checks.offers import higher_bar
from helpers.checks.photos import (
    children_at_the_end,
    children_started,
    childs_answer,
    doubtful_photo,
    error_of_the_child,
    one_in_twenty,
    words_written,
)
from helpers.checks.receipts import (
    events_of_a_task,
    first_pause,
    handled_receipts,
    keeps_the_record,
    manager_choice,
    patient_retry,
    tries_to_post,
    way_of_the_receipt,
)
from helpers.checks.stages import start_in_the_middle

__all__ = [
    "children_at_the_end",
    "children_started",
    "childs_answer",
    "doubtful_photo",
    "error_of_the_child",
    "events_of_a_task",
    "first_pause",
    "handled_receipts",
    "higher_bar",
    "keeps_the_record",
    "longest_state",
    "looking_often",
    "looks_at_the_job",
    "manager_choice",
    "one_in_twenty",
    "patient_retry",
    "signs_of_life",
    "start_in_the_middle",
    "status_choice",
    "tries_to_post",
    "waiting_begins",
    "way_of_the_receipt",
    "words_written",
]
