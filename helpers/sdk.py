"""The traps of the Step Functions Data Science SDK 2.3.0, closed where they can be and else pointed out.

`quiet` calls `mend` when the SDK is imported. Readers keep typing what its documentation says; what differs is what
happens then:

- `render_graph`, `render_progress` and `list_events(html=True)` show this kit's pictures: the SDK's load a script from
  the network, and its table fails on every history that the service writes today (issues 54, 93, 127);
- a placeholder stands wherever the States Language takes a path: inside lists, as `items_path`, in rules of a Choice
  (issues 94, 101, 117, 167); where it takes none, the error names the state;
- text made of a placeholder is an error, in place of "<stepfunctions.inputs.placeholders...>";
- links lead to where the execution is, not to AWS's console when it is on the local cloud;
- an input that is missing does not fit a schema, in place of an AttributeError;
- a mistyped attribute of a state is an AttributeError, in place of None.

"""

from __future__ import annotations

import difflib
import functools
import inspect
import json
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

#: Fields of `helpers.steps` that are filled in as `parameters` are.
_TEMPLATES = {"result_selector", "item_selector"}
#: Of a step's own fields, those that are numbers or texts and have a twin that takes a path.
_PATH_TWINS = {"seconds", "timestamp", "timeout_seconds", "heartbeat_seconds"}


def mend(stepfunctions: types.ModuleType) -> None:
    """Closes the traps in the SDK's classes, once they are imported."""
    modules: Any = sys.modules
    states, rules = modules["stepfunctions.steps.states"], modules["stepfunctions.steps.choice_rule"]
    workflow = modules["stepfunctions.workflow.stepfunctions"]
    placeholders = modules["stepfunctions.inputs.placeholders"]
    if getattr(states.Block, "_mended", False):
        return
    states.Block._mended = True
    states.Block.__getattr__ = _attribute
    states.Block.to_dict = _with_paths(states.Block.to_dict)
    states.Block._replace_placeholders = _replaced
    rules.Rule.__init__ = _rule(rules.Rule.__init__, placeholders.Placeholder)
    placeholder = placeholders.Placeholder
    placeholder.__format__ = placeholder.__str__ = placeholder.__add__ = placeholder.__radd__ = _no_text
    placeholder.validate = _validating(placeholder.validate)
    workflow.Workflow.render_graph = _render_graph
    workflow.Execution.render_progress = _render_progress
    workflow.Execution.list_events = _list_events(workflow.Execution.list_events)
    widgets = "stepfunctions.workflow.widgets"
    for module in (workflow, modules[f"{widgets}.executions_table"], modules[f"{widgets}.workflows_table"]):
        for name in {"create_sfn_workflow_url", "create_sfn_execution_url"} & vars(module).keys():
            setattr(module, name, _address(getattr(module, name)))


def mend_made(module: Any) -> None:
    """Lets the steps of SageMaker keep what they are made of, as a TrainingStep does, for `graphs.unsent`."""
    _keep(module.TuningStep, "tuner", "estimator")
    _keep(module.ProcessingStep, "processor", "processor")
    _keep(module.ModelStep, "model", "model")


def _keep(step: Any, argument: str, name: str) -> None:
    made, signature = step.__init__, inspect.signature(step.__init__)

    @functools.wraps(made)
    def __init__(self: Any, *args: Any, **named: Any) -> None:
        made(self, *args, **named)
        given = signature.bind(self, *args, **named).arguments[argument]
        setattr(self, name, given if name == argument else getattr(given, name, None))

    step.__init__ = __init__


def _attribute(self: Any, name: str) -> Any:
    """A field of a state, None where it has none; the SDK gives None for any name whatever."""
    fields = self.__dict__.get("fields", {})
    if name in fields:
        return fields[name]
    known = [] if name.startswith("_") else [field.value for field in self.allowed_fields()]
    if name in known:
        return None
    near = difflib.get_close_matches(name, [*known, *self.__dict__], 1)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise AttributeError(f"A {type(self).__name__} has no {name!r}.{hint}")


def _with_paths(to_dict: Callable[[Any], dict[str, Any]]) -> Callable[[Any], dict[str, Any]]:
    """`Block.to_dict`, in which a field that is a path may be a placeholder."""

    @functools.wraps(to_dict)
    def with_paths(self: Any) -> dict[str, Any]:
        try:
            fields = to_dict(self)
        except ValueError as problem:  # a list that the intrinsic functions cannot make
            raise ValueError(f'State "{getattr(self, "state_id", type(self).__name__)}": {problem}') from None
        for field, value in self.fields.items():
            key = "".join(part.title() for part in field.split("_"))
            if field == "parameters" or not _holds_placeholder(value):
                continue
            if field in _TEMPLATES:
                fields[key] = self._replace_placeholders(value)
            elif field.endswith("_path") and field != "result_path" and _is_placeholder(value):
                fields[key] = value.to_jsonpath()
            elif field in _PATH_TWINS and _is_placeholder(value):
                del fields[key]
                fields[key + "Path"] = value.to_jsonpath()
            else:
                named = getattr(self, "state_id", type(self).__name__)
                raise ValueError(
                    f'State "{named}": {field} takes no placeholder. The States Language fills in placeholders in '
                    "parameters and in paths only."
                )
        return fields

    return with_paths


def _is_placeholder(value: object) -> bool:
    return hasattr(value, "to_jsonpath")


def _holds_placeholder(value: object) -> bool:
    if isinstance(value, Mapping):
        return any(map(_holds_placeholder, value.values()))
    if isinstance(value, list | tuple):
        return any(map(_holds_placeholder, value))
    return _is_placeholder(value)


def _replaced(self: Any, params: Any) -> Any:
    """Parameters whose placeholders are paths, those in lists too.

    A list of objects keeps its form, as the States Language looks into it for names that end in ".$". Any other list
    that holds a placeholder is made by States.Array, when the state is entered.
    """
    if isinstance(params, list | tuple):
        return [_replaced(self, each) for each in params]
    if not isinstance(params, Mapping):
        return params
    found: dict[str, Any] = {}
    for name, value in params.items():
        if _is_placeholder(value):
            found[f"{name}.$"] = value.to_jsonpath()
        elif isinstance(value, list | tuple) and any(map(_outside_objects, value)):
            found[f"{name}.$"] = _array(name, value)
        else:
            found[name] = _replaced(self, value)
    return found


def _outside_objects(value: object) -> bool:
    """Whether a value of a list is a placeholder, or a list that holds one outside objects."""
    if isinstance(value, list | tuple):
        return any(map(_outside_objects, value))
    return _is_placeholder(value)


def _array(name: str, values: Sequence[Any]) -> str:
    """An intrinsic function that makes a list.

    https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
    """
    parts = []
    for value in values:
        if _is_placeholder(value):
            parts.append(value.to_jsonpath())
        elif isinstance(value, list | tuple):
            parts.append(_array(name, value))
        elif isinstance(value, str):
            parts.append(_quoted(value))
        elif value is None or isinstance(value, bool | int | float):
            parts.append(json.dumps(value))
        elif isinstance(value, Mapping) and not _holds_placeholder(value):
            parts.append(f"States.StringToJson({_quoted(json.dumps(value))})")
        else:
            raise ValueError(
                f"the list {name} holds a placeholder beside an object with one, which no intrinsic function makes. "
                "Let a function or a Pass state make it."
            )
    return f"States.Array({', '.join(parts)})"


def _quoted(text: str) -> str:
    """A string in an intrinsic function, in which a backslash goes before ' { } and itself."""
    return "'" + "".join("\\" + letter if letter in "'{}\\" else letter for letter in text) + "'"


def _rule(made: Callable[..., None], placeholder: type) -> Callable[..., None]:
    """`Rule.__init__`, which takes a placeholder of the execution's input, too, on either side."""

    @functools.wraps(made)
    def __init__(self: Any, variable: Any, operator: str, value: Any) -> None:
        if isinstance(variable, placeholder):
            variable = variable.to_jsonpath()  # type: ignore[attr-defined]
        if not isinstance(variable, str):
            raise ValueError(f"{operator} compares what a path or a placeholder names, not {variable!r}.")
        if isinstance(value, placeholder):
            if not operator.endswith("Path"):
                raise ValueError(f"{operator} compares with a constant. Use {operator}Path for a placeholder.")
            value = value.to_jsonpath()  # type: ignore[attr-defined]
        made(self, variable, operator, value)

    return __init__


def _no_text(self: Any, _: str = "") -> str:
    """A text made of one would hold "<stepfunctions.inputs.placeholders.ExecutionInput object at 0x...>"."""
    path = self.to_jsonpath()
    raise TypeError(
        f"A placeholder has its value only when the workflow runs. Give the parameter the name 'NAME.$' and the text "
        f"\"States.Format('... {{}} ...', {path})\"."
    )


def _validating(validate: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """`Placeholder.validate`, to which no input is an empty one: StartExecution says so, too."""

    @functools.wraps(validate)
    def validating(self: Any, input: Any) -> Any:
        return validate(self, {} if input is None else input)

    return validating


def _address(on_aws: Callable[[str], str]) -> Callable[[str], str]:
    @functools.wraps(on_aws)
    def address(arn: str) -> str:
        from helpers.session import current

        return current().page or on_aws(arn)

    return address


def _render_graph(self: Any, portrait: bool = False) -> Any:
    """The workflow's graph; from left to right unless `portrait`, as the SDK has it."""
    from helpers.views import show

    return show(self, landscape=not portrait)


def _render_progress(self: Any, portrait: bool = False, max_events: int = 25000) -> Any:
    """The execution's graph; from left to right unless `portrait`, as the SDK has it."""
    from helpers.views import show

    return show(self, landscape=not portrait)


def _list_events(listed: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(listed)
    def list_events(self: Any, max_items: int = 100, reverse_order: bool = False, html: bool = False) -> Any:
        if not html:
            return listed(self, max_items=max_items, reverse_order=reverse_order)
        from helpers.views import show

        return show.events(self)

    return list_events
