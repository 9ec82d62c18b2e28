"""What the Step Functions Data Science SDK 2.3.0 lacks, as steps in its own style.

The SDK's last release is of 2022. A class here takes what the SDK's class of the same name takes, and the fields that
the States Language has been given since, in the SDK's spelling: `ResultSelector` is `result_selector`. What stands
inside a field is Amazon States Language. These steps and the SDK's own mix in one Chain, Parallel, Map or Workflow.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-amazon-states-language.html
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

from stepfunctions.steps import LambdaStep as _LambdaStep
from stepfunctions.steps import states
from stepfunctions.steps.choice_rule import BaseRule
from stepfunctions.steps.integration_resources import (
    IntegrationPattern,
    get_aws_partition,  # which `quiet` has mended
)


class Field(Enum):
    """The fields that the SDK does not know."""

    QueryLanguage = "query_language"
    Arguments = "arguments"
    Assign = "assign"
    Output = "output"
    ResultSelector = "result_selector"
    Items = "items"
    ItemSelector = "item_selector"
    ItemReader = "item_reader"
    ItemBatcher = "item_batcher"
    ResultWriter = "result_writer"
    MaxConcurrencyPath = "max_concurrency_path"
    ToleratedFailureCount = "tolerated_failure_count"
    ToleratedFailureCountPath = "tolerated_failure_count_path"
    ToleratedFailurePercentage = "tolerated_failure_percentage"
    ToleratedFailurePercentagePath = "tolerated_failure_percentage_path"
    Label = "label"
    MaxDelaySeconds = "max_delay_seconds"
    JitterStrategy = "jitter_strategy"


class _Newer:
    """A block of the SDK's that takes more fields."""

    newer: tuple[Field, ...] = (Field.QueryLanguage, Field.Assign, Field.Output)

    def allowed_fields(self) -> list[Enum]:
        return [*super().allowed_fields(), *self.newer]  # type: ignore[misc]


class Pass(_Newer, states.Pass):
    """A Pass state; with `assign` and `output`."""


class Wait(_Newer, states.Wait):
    """A Wait state; with `assign` and `output`. In JSONata, `seconds` and `timestamp` may be expressions."""


class Choice(_Newer, states.Choice):
    """A Choice state; with `assign` and `output` for when no rule matches. JSONata's rules are `Condition`s."""


class Succeed(_Newer, states.Succeed):
    """A Succeed state; with `output`."""

    newer = (Field.QueryLanguage, Field.Output)


class Fail(_Newer, states.Fail):
    """A Fail state; in JSONata, `error` and `cause` may be expressions."""

    newer = (Field.QueryLanguage,)


class Task(_Newer, states.Task):
    """A Task state; with `result_selector`, or in JSONata `arguments`, and `assign` and `output`."""

    newer = (*_Newer.newer, Field.Arguments, Field.ResultSelector)


class LambdaStep(_Newer, _LambdaStep):
    """Calls a Lambda function; with the fields of Task here."""

    newer = Task.newer


class AwsSdkStep(Task):
    """Calls an action of any service of AWS, as boto3 would.

    Args:
        state_id: the name of the state.
        service: as the AWS SDK for Java 2.x writes it: "s3", "comprehend", "sfn".
        action: as the service's API has it, its first letter small: "listBuckets".
        integration_pattern: CallAndContinue or WaitForTaskToken.
        fields: those of Task, but for `resource`.

    Source: https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
    """

    def __init__(
        self,
        state_id: str,
        service: str,
        action: str,
        integration_pattern: IntegrationPattern = IntegrationPattern.CallAndContinue,
        **fields: Any,
    ) -> None:
        if integration_pattern is IntegrationPattern.WaitForCompletion:
            raise ValueError(
                f'State "{state_id}": calls through the AWS SDK have no .sync. Use the step that the SDK has for this '
                "service, or poll with Wait and Choice."
            )
        pattern = f".{integration_pattern.value}" if integration_pattern.value else ""
        resource = f"arn:{get_aws_partition()}:states:::aws-sdk:{service}:{action}{pattern}"
        super().__init__(state_id, resource=resource, **fields)


class Parallel(_Newer, states.Parallel):
    """A Parallel state; with the fields of Task here."""

    newer = Task.newer


class Map(_Newer, states.Map):
    """A Map state with an ItemProcessor.

    It takes `items` (JSONata) or `items_path`, `item_selector`, `result_selector`, `max_concurrency_path`.
    """

    newer = (*_Newer.newer, Field.ResultSelector, Field.Items, Field.ItemSelector, Field.MaxConcurrencyPath)

    def to_dict(self) -> dict[str, Any]:
        """As Amazon States Language."""
        fields: dict[str, Any] = super().to_dict()
        fields["ItemProcessor"] = {"ProcessorConfig": self._processor(), **fields.pop("Iterator")}
        return fields

    def _processor(self) -> dict[str, str]:
        return {"Mode": "INLINE"}


class DistributedMap(Map):
    """A Map state whose iterations are executions of their own, 10,000 at a time at most.

    Args:
        state_id: the name of the state.
        execution_type: "STANDARD" or "EXPRESS", of the child executions.
        fields: those of Map here, and `item_reader`, `item_batcher`, `result_writer`, `label`,
            `tolerated_failure_count`, `tolerated_failure_percentage` and those that end in `_path`.

    Source: https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
    """

    newer = (
        *Map.newer,
        *(Field.ItemReader, Field.ItemBatcher, Field.ResultWriter, Field.Label),
        *(Field.ToleratedFailureCount, Field.ToleratedFailureCountPath),
        *(Field.ToleratedFailurePercentage, Field.ToleratedFailurePercentagePath),
    )

    def __init__(self, state_id: str, execution_type: str = "STANDARD", **fields: Any) -> None:
        self._execution_type = execution_type
        super().__init__(state_id, **fields)

    def _processor(self) -> dict[str, str]:
        return {"Mode": "DISTRIBUTED", "ExecutionType": self._execution_type}


class Condition(BaseRule):
    """A rule of a Choice in JSONata.

    Args:
        condition: an expression that is true or false: "{% $total > 100 %}".
        assign: variables to set when it is true.
        output: what goes on when it is true.
    """

    def __init__(self, condition: str, assign: Mapping[str, Any] | None = None, output: Any = None) -> None:
        self._fields = {"Condition": condition, "Assign": assign, "Output": output}

    def to_dict(self) -> dict[str, Any]:
        """As Amazon States Language."""
        return {name: value for name, value in self._fields.items() if value is not None}


class Retry(_Newer, states.Retry):
    """A retrier; with `max_delay_seconds` and `jitter_strategy`, "FULL" or "NONE"."""

    newer = (Field.MaxDelaySeconds, Field.JitterStrategy)


class Catch(_Newer, states.Catch):
    """A catcher; with `assign` and `output`."""

    newer = (Field.Assign, Field.Output)


class Graph(_Newer, states.Graph):
    """A definition; with `query_language` for all its states. A Workflow takes it in place of a Chain."""

    newer = (Field.QueryLanguage,)
