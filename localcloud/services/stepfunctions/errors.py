"""The refusals of the Step Functions API, each with the code and the wording that AWS gives it.

Codes: https://docs.aws.amazon.com/step-functions/latest/apireference/CommonErrors.html and the Errors section
of each action there.
"""

from __future__ import annotations

from localcloud.asl.validation.json_text import complaint
from localcloud.door.wire import ServiceError


def machine_does_not_exist(arn: str) -> ServiceError:
    """No state machine, version or alias of this ARN."""
    return ServiceError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")


def machine_already_exists(arn: str) -> ServiceError:
    """Another definition or configuration has the name."""
    return ServiceError("StateMachineAlreadyExists", f"State Machine Already Exists: '{arn}'")


def machine_deleting(arn: str) -> ServiceError:
    """The state machine's deletion is under way."""
    return ServiceError("StateMachineDeleting", f"State Machine Deleting: '{arn}'")


def machine_type_not_supported() -> ServiceError:
    """Standard where Express is wanted, or the other way round."""
    return ServiceError("StateMachineTypeNotSupported", "This operation is not supported by this type of state machine")


def execution_does_not_exist(arn: str) -> ServiceError:
    """No execution of this ARN."""
    return ServiceError("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")


def execution_already_exists(arn: str) -> ServiceError:
    """The name was used before, with another input or by an execution that has ended."""
    return ServiceError("ExecutionAlreadyExists", f"Execution Already Exists: '{arn}'")


def execution_not_redrivable(reason: str) -> ServiceError:
    """`reason` is what DescribeExecution gives as redriveStatusReason."""
    return ServiceError("ExecutionNotRedrivable", f"Execution Not Redrivable: '{reason}'")


def activity_does_not_exist(arn: str) -> ServiceError:
    """No activity of this ARN."""
    return ServiceError("ActivityDoesNotExist", f"Activity Does Not Exist: '{arn}'")


def resource_not_found(arn: str) -> ServiceError:
    """Nothing that could have tags, no alias or no Map Run of this ARN."""
    return ServiceError("ResourceNotFound", f"Resource not found: '{arn}'", details={"resourceName": arn})


def invalid_arn(reason: str) -> ServiceError:
    """The ARN cannot be read."""
    return ServiceError("InvalidArn", f"Invalid Arn: '{reason}'")


def wrong_resource_type(kind: str) -> ServiceError:
    """The ARN is that of something else."""
    return invalid_arn(f"Resource type not valid in this context: {kind}")


def invalid_name(name: str) -> ServiceError:
    """The name has a character that it may not have."""
    return ServiceError("InvalidName", f"Invalid Name: '{name}'")


def invalid_input(text: str, problem: Exception) -> ServiceError:
    """The execution's input is not JSON."""
    words = complaint(text, problem)
    return ServiceError("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{words}'")


def invalid_output(text: str, problem: Exception) -> ServiceError:
    """The task's output is not JSON."""
    return ServiceError("InvalidOutput", f"Invalid Output: '{complaint(text, problem)}'")


def invalid_token() -> ServiceError:
    """Not a token of ours: a page's or a task's."""
    return ServiceError("InvalidToken", "Invalid Token: 'Invalid token'")


def task_timed_out() -> ServiceError:
    """The task's token was good once, but nobody waits for it any more."""
    return ServiceError("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")


def missing_parameter(message: str) -> ServiceError:
    """None of several members is there, of which one is needed."""
    return ServiceError("MissingRequiredParameter", message)


def validation(message: str) -> ServiceError:
    """The request breaks a rule that has no error of its own."""
    return ServiceError("ValidationException", message)


def conflict(message: str) -> ServiceError:
    """The change would break what something else relies on."""
    return ServiceError("ConflictException", message, status=409)
