"""Two parents of notebook 08 side by side: how much there is to write, and what running it takes."""

import inspect

from src.compare_waits import DOLLARS


def compare(parents):
    """A line for each parent. The children cost the same in all.

    Args:
        parents: what it is called -> (the functions that build it, its definition, an execution of it that has ended).
    """
    lines = [f"{'':22}{'lines':>6}{'states':>8}{'transitions':>13}{'time':>8}{'1,000 runs':>12}"]
    for name, (functions, definition, execution) in parents.items():
        written = sum(len(inspect.getsource(function).splitlines()) for function in functions)
        entered = sum(event["type"].endswith("StateEntered") for event in execution.events)
        cost = f"${entered * DOLLARS * 1000:.2f}"
        states = count(definition["States"])
        lines.append(f"{name:22}{written:6}{states:8}{entered:13}{execution.seconds:6.0f} s{cost:>12}")
    return "\n".join(lines)


def count(states):
    """How many states there are, those inside a Map included."""
    inside = [state[part]["States"] for state in states.values() for part in ("Iterator",) if part in state]
    return len(states) + sum(map(count, inside))
