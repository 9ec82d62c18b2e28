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
from helpers.checks.capstone import capstone
from helpers.checks.further import (
    child_executions,
    csv_reader,
    days_of_the_execution,
    run_again,
    tries_to_rate,
    worst_shop,
)
from helpers.checks.incidents import repaired
from helpers.checks.lakes import (
    answers_last,
    files_in_the_lake,
    frugal_query,
    looks_for_the_transcript,
    milliseconds_of_the_engine,
    orders_kept,
    reports_failures,
)
from helpers.checks.monoliths import (
    error_of_the_file,
    errors_that_pass,
    longest_pause,
    records_at_the_end,
    tries_to_read,
)
from helpers.checks.offers import (
    answers_meanwhile,
    columns_to_compare,
    depth_of_the_best,
    error_of_the_step,
    higher_bar,
    jobs_of_the_tuning,
    longest_step,
)
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
    manager_choice,
    patient_retry,
    tries_to_post,
    way_of_the_receipt,
)
from helpers.checks.reviews import (
    answer_arrives,
    keeps_the_review,
    marks_as_new,
    percent_negative,
    seconds_waited,
    state_that_fails,
)
from helpers.checks.stages import (
    delivered_files,
    goes_on_with,
    mood_task,
    slowest_line,
    start_in_the_middle,
    transcriptions_in_all,
    tries_to_flag,
)

__all__ = [
    "answer_arrives",
    "answers_last",
    "answers_meanwhile",
    "capstone",
    "child_executions",
    "children_at_the_end",
    "children_started",
    "childs_answer",
    "columns_to_compare",
    "csv_reader",
    "days_of_the_execution",
    "delivered_files",
    "depth_of_the_best",
    "doubtful_photo",
    "error_of_the_child",
    "error_of_the_file",
    "error_of_the_step",
    "errors_that_pass",
    "events_of_a_task",
    "files_in_the_lake",
    "first_pause",
    "frugal_query",
    "goes_on_with",
    "handled_receipts",
    "higher_bar",
    "jobs_of_the_tuning",
    "keeps_the_review",
    "longest_pause",
    "longest_state",
    "longest_step",
    "looking_often",
    "looks_at_the_job",
    "looks_for_the_transcript",
    "manager_choice",
    "marks_as_new",
    "milliseconds_of_the_engine",
    "mood_task",
    "one_in_twenty",
    "orders_kept",
    "patient_retry",
    "percent_negative",
    "records_at_the_end",
    "repaired",
    "reports_failures",
    "run_again",
    "seconds_waited",
    "signs_of_life",
    "slowest_line",
    "start_in_the_middle",
    "state_that_fails",
    "status_choice",
    "transcriptions_in_all",
    "tries_to_flag",
    "tries_to_post",
    "tries_to_rate",
    "tries_to_read",
    "waiting_begins",
    "way_of_the_receipt",
    "words_written",
    "worst_shop",
]
