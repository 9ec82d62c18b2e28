"""Executions: starting, describing, listing and stopping them.

Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html and its
neighbours.
"""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from localcloud.asl.environment import Environment, TaskCall, TaskFailure
from localcloud.asl.execution import Origin, Reports, StateMachineExecution
from localcloud.asl.past import Change, Diverged, moment
from localcloud.asl.worlds import KINDS, Explorer, Limits, Memory, Sketch
from localcloud.ids import derived_uuid
from localcloud.services.stepfunctions import arns, errors, redrive, status_events
from localcloud.services.stepfunctions.logs import ExecutionLog
from localcloud.services.stepfunctions.machines import (
    Machines,
    Revision,
    StateMachine,
    revision_members,
)
from localcloud.services.stepfunctions.paging import PAGES
from localcloud.services.stepfunctions.records import Ended, Record, Records

if TYPE_CHECKING:
    from localcloud.host import Host

#: Express workflows are billed by 64 MB of memory and by 100 ms (https://aws.amazon.com/step-functions/pricing).
_BILLED_MB = 64
_BILLED_MILLISECONDS = 100


@dataclass(frozen=True, slots=True)
class _Target:
    """What StartExecution was pointed at."""

    machine: StateMachine
    revision: Revision
    version_arn: str | None
    alias_arn: str | None


class Executions:
    """The execution actions, and the interpreter's reports about every execution."""

    def __init__(self, cloud: Host, records: Records) -> None:
        self._cloud = cloud
        self._records = records
        self._starts: dict[str, int] = {}
        self._waiting: dict[str, threading.Event] = {}  # StartSyncExecution calls, by execution ARN
        # Set by `register`, which needs this object to make them.
        self.machines: Machines
        self.environment: Environment
        self.turned_away: Callable[[str, TaskCall], TaskFailure]
        self._reports = Reports(self._on_started, self._on_ended)

    # ---- the interpreter's reports

    def _on_started(self, execution: StateMachineExecution) -> None:
        """Told of every execution; those that a Map Run starts are not known before."""
        if self._records.get(execution.arn) is None:
            self._adopt(execution)
        self._publish(execution.arn)

    def _on_ended(self, execution: StateMachineExecution) -> None:
        """Write its log, keep what is to be kept, and let go of the rest."""
        record = self._records.get(execution.arn)
        if record is None:
            return
        record.log.write(execution.history.events, execution.redrive_count)
        self._publish(record.arn)
        if record.is_express:
            waiting = self._waiting.pop(record.arn, None)
            if waiting is None:
                self._records.drop(record)
            else:
                waiting.set()
        elif execution.status == "SUCCEEDED":
            self._records.succeeded(record)
        self._finish_deletion(record.machine_arn)

    def on_waiting(self, arn: str) -> None:
        """An execution is about to wait for someone: let the logs show what led there."""
        record = self._records.get(arn)
        if record is not None:
            record.log.write(self._records.events(record), record.run.redrive_count)

    def end_all(self, machine: StateMachine) -> None:
        """The state machine is being deleted: its executions end with their next state transition."""
        for record in self._records.running(machine.arn):
            if not isinstance(record.run, Ended):
                record.run.stop_at_exit()
        if not self.is_running(machine.arn):
            self._forget(machine.arn)

    def stop_all(self) -> None:
        """The cloud ends: so does every execution."""
        for record in self._records.all():
            if not isinstance(record.run, Ended):
                record.run.stop()

    def is_running(self, machine_arn: str) -> bool:
        """Whether any execution of the state machine runs."""
        return any(True for _ in self._records.running(machine_arn))

    # ---- actions

    def start_execution(self, request: dict[str, Any]) -> dict[str, Any]:
        """Idempotent for Standard workflows: the same name and input while it runs give the same answer."""
        target = self._target(request["stateMachineArn"])
        text = _checked_input(request)
        name = arns.check_name(request["name"]) if "name" in request else self._new_name(target.machine)
        if target.machine.type == "EXPRESS":
            record = self._start(target, request, name, text, self._express_arn(target.machine, name))
            return {"executionArn": record.arn, "startDate": record.run.start_date}
        arn = f"{_family(target.machine.arn, 'execution')}:{name}"
        known = self._records.get(arn)
        if known is not None and not (known.is_running and known.run.input == text):
            raise errors.execution_already_exists(arn)
        record = known or self._start(target, request, name, text, arn)
        return {"executionArn": record.arn, "startDate": record.run.start_date}

    def start_sync_execution(self, request: dict[str, Any]) -> dict[str, Any]:
        """Start an Express execution and answer when it has ended. Called on any thread but the clock's."""
        clock = self._cloud.clock
        ended = threading.Event()
        record = clock.call(self._start_sync, request, ended)
        clock.wait(ended)
        return clock.call(self._sync_answer, record, request.get("includedData"))

    def describe_execution(self, request: dict[str, Any]) -> dict[str, Any]:
        """A Standard execution, or one that a Map Run started."""
        record = self._records.find(self._execution_arn(request["executionArn"]))
        whole = request.get("includedData") != "METADATA_ONLY"
        answer = {
            "executionArn": record.arn,
            "stateMachineArn": record.machine_arn,
            "name": record.name,
            "status": record.run.status,
            "startDate": record.run.start_date,
            "stopDate": record.run.stop_date,
            "traceHeader": record.trace_header,
            "mapRunArn": record.map_run_arn,
            "error": record.run.error,
            "cause": record.run.cause,
            "stateMachineVersionArn": record.version_arn,
            "stateMachineAliasArn": record.alias_arn,
        }
        answer |= _data("input", record.run.input, whole)
        if record.run.output is not None:
            answer |= _data("output", record.run.output, whole)
        return answer | redrive.members(self._redrive_candidate(record))

    def describe_state_machine_for_execution(self, request: dict[str, Any]) -> dict[str, Any]:
        """The state machine as it was when the execution started."""
        record = self._records.find(arns.execution(request["executionArn"]))
        base, _, label = record.machine_arn.partition("/")
        return {
            "stateMachineArn": record.machine_arn,
            "name": base.rpartition(":")[2],
            "updateDate": record.revision.updated,
            "mapRunArn": record.map_run_arn,
            "label": label or None,
        } | revision_members(record.revision, request.get("includedData"))

    def list_executions(self, request: dict[str, Any]) -> dict[str, Any]:
        """Of a state machine, a version, an alias or a Map Run; the newest first."""
        owner = self._owner(request)
        wanted, redriven = request.get("statusFilter"), request.get("redriveFilter")
        records = [
            each
            for each in self._records.of(owner)
            if (wanted is None or each.run.status == wanted)
            and (redriven is None or (each.run.redrive_count > 0) == (redriven == "REDRIVEN"))
        ]
        found, token = PAGES.page(records, request, "ListExecutions", Record.sort_key)
        return {"executions": [_item(each) for each in found], "nextToken": token}

    def stop_execution(self, request: dict[str, Any]) -> dict[str, Any]:
        """ABORTED, with the given error and cause; nothing changes for an execution that has ended."""
        record = self._records.find(arns.execution(request["executionArn"]))
        if not isinstance(record.run, Ended):
            record.run.stop(request.get("error"), request.get("cause"))
        return {"stopDate": record.run.stop_date}

    def redrive_execution(self, request: dict[str, Any]) -> dict[str, Any]:
        """Start an unsuccessful execution again from the states that failed."""
        record = self._records.find(arns.execution(request["executionArn"]))
        now = self._cloud.clock.now()
        token = request.get("clientToken")
        done = redrive.repeated(record.redrive_tokens, token, now)
        if done is not None:
            return {"redriveDate": done}
        reason = redrive.refusal(self._redrive_candidate(record))
        if reason is None and record.map_run_arn is not None:
            reason = "Execution was started by a Map Run: redrive the execution that the Map Run belongs to"
        if reason is not None or isinstance(record.run, Ended):
            raise errors.execution_not_redrivable(reason or "")
        record.run.redrive()
        self._publish(record.arn)
        redrive.note(record.redrive_tokens, token, now)
        return {"redriveDate": now}

    # ---- no action of AWS's

    def fork(self, request: dict[str, Any]) -> dict[str, Any]:
        """Go on from a moment of an execution, in a new one beside it. Called on any thread but the clock's.

        Args:
            request: `executionArn`, and of an execution that was recorded elsewhere also its `events` and the
                `stateMachineArn` of its definition here; `state` and `visit` (1 is the first, none the last); what is
                different: `input`, `variables`, `result` (JSON values), `definition` (JSON text).

        Returns:
            the `executionArn` of the new one, which runs.

        Raises:
            ServiceError: it cannot be forked there; the message says why.
        """
        clock, settled = self._cloud.clock, threading.Event()
        problems: list[str] = []

        def settle(problem: str | None) -> None:
            problems.extend([] if problem is None else [problem])
            settled.set()

        try:
            record = clock.call(self._fork, request, settle)
        except Diverged as problem:
            raise errors.validation(str(problem)) from None
        clock.wait(settled)
        if problems:
            clock.call(self._records.drop, record)
            raise errors.validation(problems[0])
        return {"executionArn": record.arn}

    def _fork(self, request: dict[str, Any], settle: Callable[[str | None], None]) -> Record:
        arn = request["executionArn"]
        if "events" in request:
            target, events = self._target(request["stateMachineArn"]), request["events"]
        else:
            of = self._records.find(self._execution_arn(arn))
            if of.map_run_arn is not None:
                raise Diverged("A Map Run started this execution: fork the one that the Map Run belongs to.")
            target = replace(self._target(of.machine_arn), revision=of.revision)
            events = self._records.events(of)
        text = events[0]["executionStartedEventDetails"]["input"]
        at, task = moment(events, request["state"], request.get("visit"), of_result="result" in request)
        changed: dict[str, Any] = {name: request[name] for name in ("input", "variables", "result") if name in request}
        kind, old = target.machine.type, target.revision
        new = request.get("definition", old.definition)
        if new != old.definition:
            changed["machine"] = self.machines.compiled(new, kind)
        own = replace(old, definition=new, compiled=self.machines.compiled(old.definition, kind))
        of_name = arn.rpartition(":")[2]
        name = f"{of_name[:60]}-fork-{self._count(target.machine)}"
        origin = Origin(arn, of_name, events, Change(at, task, **changed), settle)
        home = f"{_family(target.machine.arn, 'execution')}:{name}"
        return self._start(replace(target, revision=own), request, name, text, home, origin)

    def explore(self, request: dict[str, Any]) -> dict[str, Any]:
        """Run a state machine in many worlds, other faults in each. Called on any thread but the clock's.

        Args:
            request: `stateMachineArn`, `input` (JSON text), `seeds`: how many worlds; `kinds` of faults (all of
                `worlds.KINDS` when left out); `answers`: what callbacks bring, by state; `limits`: as of
                `worlds.Limits`.

        Returns:
            `worlds`, how many were run; `calm`, the status where nothing goes wrong; `found`: for each problem `kind`,
            `state`, `error`, `seed`, `faults` (the fewest that bring it about) and the `executionArn` of that world.
        """
        target, text = self._target(request["stateMachineArn"]), _checked_input(request)
        written: list[str] = []

        def execution(environment: Environment, is_written: bool) -> StateMachineExecution:
            name = f"world-{self._count(target.machine)}" if is_written else "world"
            arn = f"{_family(target.machine.arn, 'execution')}:{name}"
            if is_written:
                written.append(arn)
            return self._cloud.clock.call(self._made, target, name, text, arn, environment, is_written)

        answers, kinds = request.get("answers") or {}, request.get("kinds") or KINDS
        if unknown := set(kinds) - set(KINDS):
            raise errors.validation(f"There is no fault {sorted(unknown)[0]!r}. There are: {', '.join(KINDS)}.")
        memory = Memory(self.environment, answers, self.turned_away)
        explorer = Explorer(memory, execution, kinds, Limits(**request.get("limits") or {}))
        calm, found = explorer.calm.execution.status, []
        for each in explorer.explore(request["seeds"]) if calm == "SUCCEEDED" else ():
            explorer.run(each.faults, written=True)
            faults = [[fault.state, fault.call, fault.kind] for fault in sorted(each.faults)]
            problem = {"kind": each.problem.kind, "state": each.problem.state, "error": each.problem.error}
            found.append({**problem, "seed": each.seed, "faults": faults, "executionArn": written[-1]})
        return {"worlds": request["seeds"], "calm": calm, "error": explorer.calm.execution.error, "found": found}

    def _made(
        self, target: _Target, name: str, text: str, arn: str, environment: Environment, is_written: bool
    ) -> StateMachineExecution:
        """An execution in a world; one that is written down is kept like any other."""
        execution = StateMachineExecution(
            target.revision.compiled,
            arn=arn,
            name=name,
            input=text,
            role_arn=target.revision.role_arn,
            state_machine_arn=target.machine.arn,
            state_machine_name=target.machine.name,
            environment=environment,
            reports=self._reports if is_written else Reports(),
            history=None if is_written else Sketch(environment.max_events),
        )
        if is_written:
            self._keep(target, execution, {})
        return execution

    # ---- inside

    def _publish(self, arn: str) -> None:
        """Tell EventBridge the status of a Standard execution; those that a Map Run started send no events."""
        record = self._records.get(arn)
        if self._cloud.on_event is None or record is None or record.is_express or record.map_run_arn is not None:
            return
        status_events.publish(self._cloud, self.describe_execution({"executionArn": arn}))

    def _target(self, arn: str) -> _Target:
        parts = arns.machine(arn)
        if parts.label is not None:
            raise errors.validation(f"State machine ARN must not refer to a Map state: '{arn}'")
        machine = self.machines.get(parts.base)
        if machine is None:
            raise errors.machine_does_not_exist(arn)
        if machine.deleting:
            raise errors.machine_deleting(arn)
        if parts.qualifier is None:
            return _Target(machine, self.machines.revision(machine), None, None)
        alias = None
        number = parts.version
        if number is None:
            alias = machine.aliases.get(parts.qualifier)
            number = alias.choose(machine.created) if alias is not None else None
        version = machine.versions.get(number) if number is not None else None
        if version is None:
            raise errors.machine_does_not_exist(arn)
        return _Target(machine, version.revision, version.arn, alias.arn if alias is not None else None)

    def _new_name(self, machine: StateMachine) -> str:
        return derived_uuid("execution", machine.arn, machine.created, self._count(machine))

    def _express_arn(self, machine: StateMachine, name: str) -> str:
        identity = derived_uuid("express", machine.arn, machine.created, name, self._count(machine))
        return f"{_family(machine.arn, 'express')}:{name}:{identity}"

    def _count(self, machine: StateMachine) -> int:
        self._starts[machine.arn] = self._starts.get(machine.arn, 0) + 1
        return self._starts[machine.arn]

    def _start(
        self,
        target: _Target,
        request: dict[str, Any],
        name: str,
        text: str,
        arn: str,
        origin: Origin | None = None,
    ) -> Record:
        machine, revision = target.machine, target.revision
        execution = StateMachineExecution(
            revision.compiled,
            arn=arn,
            name=name,
            input=text,
            role_arn=revision.role_arn,
            state_machine_arn=machine.arn,
            state_machine_name=machine.name,
            environment=self.environment,
            is_express=machine.type == "EXPRESS",
            reports=self._reports,
            origin=origin,
        )
        record = self._keep(target, execution, request)
        execution.start()
        return record

    def _keep(self, target: _Target, execution: StateMachineExecution, request: dict[str, Any]) -> Record:
        machine, revision = target.machine, target.revision
        record = Record(
            arn=execution.arn,
            name=execution.name,
            machine_arn=machine.arn,
            order=self._records.next_order(),
            revision=revision,
            log=ExecutionLog(self._cloud, revision.settings["loggingConfiguration"], machine.name, execution.arn),
            run=execution,
            version_arn=target.version_arn,
            alias_arn=target.alias_arn,
            trace_header=request.get("traceHeader"),
        )
        self._records.add(record)
        return record

    def _start_sync(self, request: dict[str, Any], ended: threading.Event) -> Record:
        target = self._target(request["stateMachineArn"])
        if target.machine.type != "EXPRESS":
            raise errors.machine_type_not_supported()
        text = _checked_input(request)
        name = arns.check_name(request["name"]) if "name" in request else self._new_name(target.machine)
        arn = self._express_arn(target.machine, name)
        self._waiting[arn] = ended
        return self._start(target, request, name, text, arn)

    def _sync_answer(self, record: Record, included: str | None) -> dict[str, Any]:
        self._records.drop(record)
        whole = included != "METADATA_ONLY"
        status = record.run.status if record.run.status in ("SUCCEEDED", "TIMED_OUT") else "FAILED"
        milliseconds = ((record.run.stop_date or 0.0) - record.run.start_date) * 1000
        answer: dict[str, Any] = {
            "executionArn": record.arn,
            "stateMachineArn": record.machine_arn,
            "name": record.name,
            "startDate": record.run.start_date,
            "stopDate": record.run.stop_date,
            "status": status,
            "error": record.run.error,
            "cause": record.run.cause,
            **_data("input", record.run.input, whole),
            "traceHeader": record.trace_header,
            "billingDetails": {
                "billedMemoryUsedInMB": _BILLED_MB,
                "billedDurationInMilliseconds": max(1, math.ceil(milliseconds / _BILLED_MILLISECONDS))
                * _BILLED_MILLISECONDS,
            },
        }
        return answer | (_data("output", record.run.output, whole) if record.run.output is not None else {})

    def _execution_arn(self, arn: str) -> str:
        """Also an Express execution's, when a Map Run started it."""
        record = self._records.get(arn)
        return arn if record is not None and record.map_run_arn is not None else arns.execution(arn)

    def _owner(self, request: dict[str, Any]) -> str:
        machine_arn, map_run_arn = request.get("stateMachineArn"), request.get("mapRunArn")
        if machine_arn is None and map_run_arn is None:
            raise errors.validation("1 validation error detected: Must provide a StateMachine ARN or MapRun ARN")
        if machine_arn is not None and map_run_arn is not None:
            raise errors.validation(
                "1 validation error detected: You can specify either a mapRunArn or a stateMachineArn, but not both"
            )
        if machine_arn is None:
            return arns.map_run(map_run_arn or "")
        parts = arns.machine(machine_arn)
        machine = self.machines.find(parts.base)
        if machine.type == "EXPRESS":
            raise errors.machine_type_not_supported()
        if parts.qualifier is not None and not (
            parts.version in machine.versions or parts.qualifier in machine.aliases
        ):
            raise errors.resource_not_found(machine_arn)
        return str(machine_arn)

    def _adopt(self, execution: StateMachineExecution) -> None:
        """A child that a Map Run started: it is found by its own ARN and by the Map Run's."""
        run = execution.map_run
        parent = self._records.get(run.execution_arn) if run is not None else None
        if run is None or parent is None:
            return
        logging = parent.revision.settings["loggingConfiguration"]
        self._records.add(
            Record(
                arn=execution.arn,
                name=execution.name,
                machine_arn=execution.state_machine_arn,
                order=self._records.next_order(),
                revision=parent.revision,
                log=ExecutionLog(self._cloud, logging, execution.state_machine_name, execution.arn),
                run=execution,
                map_run_arn=run.arn,
                item_count=run.inputs[len(run.children) - 1][1],
            )
        )

    def _redrive_candidate(self, record: Record) -> redrive.Candidate:
        base = record.machine_arn.partition("/")[0]
        machine = self.machines.get(base)
        events = 0 if isinstance(record.run, Ended) else len(record.run.history.events)
        return redrive.Candidate(record, self._cloud.clock.now(), machine is None or machine.deleting, events)

    def _finish_deletion(self, machine_arn: str) -> None:
        machine = self.machines.get(machine_arn)
        if machine is not None and machine.deleting and not self.is_running(machine_arn):
            self._forget(machine_arn)
            self.machines.forget(machine_arn)

    def _forget(self, machine_arn: str) -> None:
        self._records.drop_all_of(machine_arn)
        self._starts.pop(machine_arn, None)


def _family(machine_arn: str, kind: str) -> str:
    return machine_arn.replace(":stateMachine:", f":{kind}:", 1)


def _checked_input(request: dict[str, Any]) -> str:
    text: str = request.get("input", "{}")
    try:
        json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as problem:
        raise errors.invalid_input(text, problem) from None
    return text


def _refuse(constant: str) -> Any:
    raise ValueError(f"Unrecognized token '{constant}'")


def _data(member: str, text: str, whole: bool) -> dict[str, Any]:
    return ({member: text} if whole else {}) | {f"{member}Details": {"included": whole}}


def _item(record: Record) -> dict[str, Any]:
    item = {
        "executionArn": record.arn,
        "stateMachineArn": record.machine_arn,
        "name": record.name,
        "status": record.run.status,
        "startDate": record.run.start_date,
        "stopDate": record.run.stop_date,
        "mapRunArn": record.map_run_arn,
        "itemCount": record.item_count,
        "stateMachineVersionArn": record.version_arn,
        "stateMachineAliasArn": record.alias_arn,
        "redriveCount": record.run.redrive_count,
        "redriveDate": record.run.redrive_date,
    }
    return {key: value for key, value in item.items() if value is not None}
