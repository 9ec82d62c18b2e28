"""How a check speaks: one decorator around a function that returns why an answer is right, or raises NotYet."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from botocore.exceptions import ClientError

from helpers import classroom

OPEN = "Not done yet: replace the three dots, run that cell, then run this one again."


class NotYet(Exception):
    """The answer is not right; the message says what is wrong, with an example."""


def check(judge: Callable[..., str]) -> Callable[..., None]:
    """A check that prints what `judge` finds, and never raises.

    Args:
        judge: takes the answer, and what else the notebook hands over (an execution). It returns why the answer is
            right, or raises NotYet; any other error is the answer's doing too.
    """

    @wraps(judge)
    def judged(answer: Any, *material: Any) -> None:
        verdict = _verdict(judge, answer, *material)
        numbers = [str(each) for each in material if type(each) is int]
        classroom.answered(" ".join([judge.__name__, *numbers]), answer, verdict)
        print(verdict)

    return judged


def _verdict(judge: Callable[..., str], answer: Any, *material: Any) -> str:
    if answer is ...:
        return OPEN
    try:
        return f"Right: {judge(answer, *material)}"
    except NotYet as problem:
        return OPEN if problem.args[0] is ... else f"Not yet: {problem}"
    except ClientError as problem:
        return f"Not yet: Step Functions refuses it: {problem.response['Error']['Message']}"
    except Exception as problem:
        return f"Not yet: {type(problem).__name__}: {problem}"


def number(answer: Any, example: str) -> float:
    """The answer, if it is a number.

    Args:
        answer: the reader's.
        example: an assignment of a wrong number, to show the form: "tries = 7".

    Raises:
        NotYet: it is something else; True and "3" are.
    """
    if isinstance(answer, bool) or not isinstance(answer, int | float):
        raise NotYet(f"a number is asked for, not {answer!r}. {example} would have the form.")
    return answer


def result_of(function: Any, signature: str, *arguments: Any) -> Any:
    """What a reader's function returns.

    Args:
        function: the reader's.
        signature: how it begins: "find_mood()".
        arguments: what it is called with.

    Raises:
        NotYet: it is no function, or is still to be written.
    """
    if not callable(function):
        raise NotYet(f"a function is asked for, not {function!r}. Begin with def {signature}:")
    found = function(*arguments)
    if found is ...:
        raise NotYet(...)
    return found
