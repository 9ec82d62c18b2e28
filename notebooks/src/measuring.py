"""Figures for a comparison: seconds on your watch, what is billed, lines of code, and a table of two columns."""

import ast
import base64
import inspect
import json
import re

from helpers.attended import attended


def invoke(workshop, function, event):
    """A Lambda function's answer to an event, and the milliseconds that AWS would bill.

    Args:
        workshop: what connect() returned.
        function: what deploy() returned.
        event: a JSON value.
    """
    answer = workshop.client("lambda").invoke(FunctionName=function.name, Payload=json.dumps(event), LogType="Tail")
    log = base64.b64decode(answer["LogResult"]).decode()
    return json.load(answer["Payload"]), int(re.findall(r"Billed Duration: (\d+) ms", log)[-1])


def measured(figure):
    """A figure that differs from machine to machine: shown where somebody runs the cell, not in a stored notebook."""
    return figure if attended() else "run to see"


def table(*rows):
    """Rows of three: what it is, and what the function and the workflow have of it."""
    lines = [("", "function", "workflow"), *rows]
    wide = max(len(name) for name, _, _ in lines) + 2
    return "\n".join(f"{name:{wide}}{one!s:>16}{other!s:>16}" for name, one, other in lines)


def lines_of(source, *names):
    """How many lines of code these functions have, docstrings left out.

    Args:
        source: the text of a Python file, or a function of the notebook's own.
        names: of functions in the file; none are all of them.
    """
    text = source if isinstance(source, str) else inspect.getsource(source)
    found = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    chosen = [node for node in found if not names or node.name in names]
    return sum(node.end_lineno - node.lineno + 1 - (ast.get_docstring(node) is not None) for node in chosen)
