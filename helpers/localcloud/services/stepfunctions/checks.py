"""ValidateStateMachineDefinition and TestState: what can be known of a definition without an execution."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from helpers.localcloud.asl import test_state, validation
from helpers.localcloud.asl.environment import Environment
from helpers.localcloud.cloud import ServiceError
from helpers.localcloud.services.stepfunctions.mocked_results import nonconformity

if TYPE_CHECKING:
    from helpers.localcloud.cloud import Cloud


class Checks:
    """The two actions that leave nothing behind."""

    def __init__(self, cloud: Cloud, environment: Environment) -> None:
        self._cloud = cloud
        self._environment = environment

    def validate_state_machine_definition(self, request: dict[str, Any]) -> dict[str, Any]:
        """All diagnostics of a definition."""
        problems = self._cloud.integrations.problems
        found = validation.diagnose(request["definition"], request.get("type", "STANDARD"), problems)
        return validation.summarize(found, request.get("severity", "ERROR"), request.get("maxResults") or 0)

    def test_state(self, request: dict[str, Any]) -> dict[str, Any]:
        """Run one state on its own."""
        check = validation.check if "stateName" in request else validation.check_state
        try:
            check(request["definition"], task_problems=self._cloud.integrations.problems)
            return test_state.test_state(request, self._environment, partial(nonconformity, self._cloud))
        except validation.InvalidDefinition as problem:
            raise ServiceError("InvalidDefinition", problem.message) from None
        except test_state.Refused as problem:
            raise ServiceError(problem.code, problem.message) from None
