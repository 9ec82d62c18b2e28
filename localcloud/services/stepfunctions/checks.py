"""ValidateStateMachineDefinition and TestState: what can be known of a definition without an execution."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from localcloud.asl import test_state, validation
from localcloud.asl.environment import Environment
from localcloud.asl.validation.shapes import TaskProblems
from localcloud.door.wire import ServiceError
from localcloud.services.stepfunctions.mocked_results import nonconformity

if TYPE_CHECKING:
    from localcloud.host import Host


class Checks:
    """The two actions that leave nothing behind."""

    def __init__(self, cloud: Host, task_problems: TaskProblems, environment: Environment) -> None:
        self._cloud, self._task_problems, self._environment = cloud, task_problems, environment

    def validate_state_machine_definition(self, request: dict[str, Any]) -> dict[str, Any]:
        """All diagnostics of a definition."""
        found = validation.diagnose(request["definition"], request.get("type", "STANDARD"), self._task_problems)
        return validation.summarize(found, request.get("severity", "ERROR"), request.get("maxResults") or 0)

    def test_state(self, request: dict[str, Any]) -> dict[str, Any]:
        """Run one state on its own."""
        check = validation.check if "stateName" in request else validation.check_state
        try:
            check(request["definition"], task_problems=self._task_problems)
            return test_state.test_state(request, self._environment, partial(nonconformity, self._cloud))
        except validation.InvalidDefinition as problem:
            raise ServiceError("InvalidDefinition", problem.message) from None
        except test_state.Refused as problem:
            raise ServiceError(problem.code, problem.message) from None
