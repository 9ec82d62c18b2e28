"""What a definition lets happen that nobody wants, found without running it: each with the reason and the mend."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from draw import page, words
from helpers import costs, permissions, policies
from helpers.permissions import Call, call_of

Json = dict[str, Any]

_DOCS = "https://docs.aws.amazon.com"
_GUIDE = f"{_DOCS}/step-functions/latest/dg"
_PRACTICES, _ERRORS = f"{_GUIDE}/sfn-best-practices.html", f"{_GUIDE}/concepts-error-handling.html"
_IDEMPOTENT = f"{_DOCS}/wellarchitected/latest/reliability-pillar/rel_prevent_interaction_failure_idempotent.html"

#: In a mend, a field that goes.
REMOVED = ...
#: Items that a Map is taken to have, where its cost is said.
ITEMS = 10

#: How a service turns callers away, as Retry names it: by the service's name in a Resource.
THROTTLED = {
    "bedrock": "Bedrock.ThrottlingException",
    "bedrockruntime": "BedrockRuntime.ThrottlingException",
    "comprehend": "Comprehend.TooManyRequestsException",
    "lambda": "Lambda.TooManyRequestsException",
    "polly": "Polly.ThrottlingException",
    "rekognition": "Rekognition.ThrottlingException",
    "sagemakerruntime": "SageMakerRuntime.ThrottlingException",
    "textract": "Textract.ThrottlingException",
    "transcribe": "Transcribe.LimitExceededException",
    "translate": "Translate.TooManyRequestsException",
}
#: The same of those that act on what they are given: after this error they have not.
_REFUSED = {
    "dynamodb": "DynamoDB.ProvisionedThroughputExceededException",
    "events": "EventBridge.ThrottlingException",
    "eventbridge": "EventBridge.ThrottlingException",
    "ses": "Ses.ThrottlingException",
    "sesv2": "SesV2.TooManyRequestsException",
    "sns": "SNS.ThrottledException",
    "sqs": "SQS.RequestThrottledException",
}
_RARE = {"lambda"}  # turns callers away in thousands only: an inline Map of 40 never gets there

#: Calls whose whole answer may be large, and what is mostly wanted of it: in JSONPath, in JSONata.
_LARGE = {
    "textract:detectDocumentText": ("$.Blocks[?(@.BlockType=='LINE')].Text", "Blocks[BlockType='LINE'].Text"),
    "textract:analyzeDocument": ("$.Blocks[?(@.BlockType=='LINE')].Text", "Blocks[BlockType='LINE'].Text"),
    "textract:analyzeExpense": ("$.ExpenseDocuments[*].SummaryFields", "ExpenseDocuments.SummaryFields"),
    "rekognition:detectText": ("$.TextDetections[*].DetectedText", "TextDetections.DetectedText"),
    "athena:getQueryResults": ("$.ResultSet.Rows[0:100]", "ResultSet.Rows[[0..99]]"),
    "s3:getObject": ("$.ContentLength", "ContentLength"),
}
_LOOKS = re.compile(r"(get|describe|list|head|batchGet|invoke)")


@dataclass(frozen=True, slots=True)
class Place:
    """A state where it stands.

    Args:
        name, state: the state and its definition.
        siblings: the states that it can lead to, itself included.
        holders: the Parallel and Map states around it, the innermost first.
        jsonata: whether its query language is JSONata.
    """

    name: str
    state: Json
    siblings: Mapping[str, Json]
    holders: tuple[Place, ...]
    jsonata: bool

    @property
    def call(self) -> Call | None:
        """What a Task calls; None for other states."""
        return call_of(str(self.state["Resource"])) if self.state.get("Type") == "Task" else None

    @property
    def arguments(self) -> Json:
        """What a Task hands to what it calls."""
        found = self.state.get("Arguments" if self.jsonata else "Parameters")
        return found if isinstance(found, dict) else {}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend.

    Args:
        state: where.
        what: in a few words.
        why: what can happen.
        page: AWS's, on that.
        mend: by state, the fields to set; REMOVED for one that goes.
    """

    state: str
    what: str
    why: str
    page: str
    mend: Mapping[str, Json]

    @property
    def code(self) -> str:
        """The mend, as the definition has it."""
        lines = []
        for name, fields in self.mend.items():
            kept = {field: value for field, value in fields.items() if value is not REMOVED}
            lines += [f'"{name}": {json.dumps(kept, indent=2)}']
            lines += [f"without {field}" for field, value in fields.items() if value is REMOVED]
        return "\n".join(lines)


class Review(page.Page):
    """What `show.review` gives.

    Attributes:
        findings: what to mend, in the order of the states.
        rights: what the workflow's role must be allowed, as a policy.
        unknown: services that it calls, and whose permissions are not known here.
        cost: of one execution, in dollars, by service.
    """

    def __init__(self, definition: Json, name: str) -> None:
        places = list(walk(definition))
        limited = "TimeoutSeconds" in definition
        self.findings = [found for place in places for rule in _RULES for found in rule(place, limited)]
        needed = permissions.of_definition(json.dumps(definition), name or "*")
        self.rights = policies.document(needed.states, policies.filler("aws", "*", "*"))
        self.unknown = needed.unknown
        self.cost = _cost(definition)
        super().__init__(*_page_of(self, name))


def walk(machine: Json, holders: tuple[Place, ...] = (), jsonata: bool = False) -> Iterator[Place]:
    """Every state of a machine at every depth, in document order."""
    jsonata = machine["QueryLanguage"] == "JSONata" if "QueryLanguage" in machine else jsonata
    for name, state in machine["States"].items():
        own = state["QueryLanguage"] == "JSONata" if "QueryLanguage" in state else jsonata
        place = Place(name, state, machine["States"], holders, own)
        yield place
        for inner in _inside(state):
            yield from walk(inner, (place, *holders), jsonata)


def catches(entries: Iterable[Mapping[str, Any]], error: str) -> bool:
    """Whether an entry of Retry or Catch names this error."""
    names = {name for entry in entries for name in entry["ErrorEquals"]}
    return bool(names & {error, "States.ALL", "States.TaskFailed"})


def retries_of(place: Place, error: str) -> int:
    """How often a state, or one around it, is tried again after an error."""
    tries = [entry for each in (place, *place.holders) for entry in each.state.get("Retry", [])]
    return max((entry.get("MaxAttempts", 3) for entry in tries if catches([entry], error)), default=0)


def retry_on(error: str, state: Mapping[str, Any]) -> list[Json]:
    """The state's Retry with an entry before all others for an error that passes."""
    entry = {"ErrorEquals": [error], "IntervalSeconds": 1, "BackoffRate": 2, "MaxAttempts": 6}
    return [entry | {"JitterStrategy": "FULL"}, *state.get("Retry", [])]


# ---- the rules


def _no_limit(place: Place, limited: bool) -> Iterator[Finding]:
    call = place.call
    has = any(f"{kind}Seconds{end}" in place.state for kind in ("Timeout", "Heartbeat") for end in ("", "Path"))
    if call is None or has:
        return
    if call.pattern == "waitForTaskToken":
        why, seconds = "If nobody answers, it waits for a year, and the execution with it.", 86_400
    elif call.pattern and not limited:
        why, seconds = "A job that hangs holds the execution for as long as a year.", 86_400
    elif call.service == "lambda" and not limited:
        why, seconds = "It waits for 99,999,999 seconds, should the answer be lost.", 900
    else:
        return
    yield Finding(place.name, "no limit", why, _PRACTICES, {place.name: {"TimeoutSeconds": seconds}})


def _repeats(place: Place, limited: bool) -> Iterator[Finding]:
    call = place.call
    broad = {"States.ALL", "States.TaskFailed", "States.Timeout"}
    entries = place.state.get("Retry", [])
    again = _done_twice(place) if call and catches(entries, "States.Timeout") else None
    if call is None or again is None:
        return
    if call.service in ("states", "sfn"):
        own = {"Name": "{% $states.context.Execution.Name %}"} if place.jsonata else {"Name.$": "$$.Execution.Name"}
        mend: Json = {"Arguments" if place.jsonata else "Parameters": {**place.arguments, **own}}
    else:
        passing = _REFUSED[call.service]
        narrow = [name for entry in entries for name in entry["ErrorEquals"] if name not in broad]
        mend = {"Retry": retry_on(passing, {"Retry": [{"ErrorEquals": narrow}] if narrow else []})}
    why = f"After an answer that was lost, a retry {again}."
    yield Finding(place.name, "retries what is not idempotent", why, _IDEMPOTENT, {place.name: mend})


def _done_twice(place: Place) -> str | None:
    """What happens if the call is made twice; None where that does no harm, or nobody can tell (a function)."""
    call, arguments = place.call, {key.removesuffix(".$"): value for key, value in place.arguments.items()}
    assert call is not None
    if (call.service, call.action) in (("sns", "publish"), ("sqs", "sendMessage")):
        return None if "MessageDeduplicationId" in arguments else "sends the message twice"
    if call.action == "putEvents":
        return "sends the events twice"
    if call.service in ("ses", "sesv2") and call.action.startswith("send"):
        return "sends the mail twice"
    if call.service in ("states", "sfn") and call.action == "startExecution":
        return None if "Name" in arguments else "starts the workflow twice"
    if call.action == "updateItem" and "ConditionExpression" not in arguments:
        adds = re.search(r"\bADD\b|\+|list_append", str(arguments.get("UpdateExpression", "")))
        return "adds twice" if adds else None
    return None


def _loses(place: Place, limited: bool) -> Iterator[Finding]:
    entries: list[Json] = place.state.get("Catch", [])
    for at, entry in enumerate(entries):
        target = place.siblings.get(entry["Next"], {})
        kept = {"Output": "{% $merge([$states.input, {'error': $states.errorOutput}]) %}"}
        into = kept if place.jsonata else {"ResultPath": "$.error"}
        mend: dict[str, Json] = {place.name: {"Catch": [*entries[:at], entry | into, *entries[at + 1 :]]}}
        names = words.errors(entry["ErrorEquals"])
        if target.get("Type") == "Fail" and not _tells(target):
            what, why = "Catch loses the error", f'"{entry["Next"]}" always says the same, whatever {names} was.'
            said: Json = {"Error": "{% $states.input.error.Error %}", "Cause": "{% $states.input.error.Cause %}"}
            if not place.jsonata:
                said = {"ErrorPath": "$.error.Error", "CausePath": "$.error.Cause", "Error": REMOVED, "Cause": REMOVED}
            mend[entry["Next"]] = said
        elif catches([entry], "any") and _drops(entry, place.jsonata):  # one error by name may be what is expected
            what, why = "Catch loses the error", f'"{entry["Next"]}" does not learn that it was {names}, nor why.'
        elif target.get("Type") != "Fail" and _overwrites(entry, place.jsonata):
            what, why = "Catch loses the input", f'"{entry["Next"]}" gets the error in place of what there was.'
        else:
            continue
        yield Finding(place.name, what, why, _ERRORS, mend)
        return  # the next one shows once this is mended: each mend sets the whole list


def _tells(fail: Json) -> bool:
    """Whether a Fail state says what happened."""
    return any(path in fail for path in ("ErrorPath", "CausePath")) or "{%" in f"{fail.get('Error')}{fail.get('Cause')}"


def _drops(entry: Json, jsonata: bool) -> bool:
    if not jsonata:
        return "ResultPath" in entry and entry["ResultPath"] is None
    said = json.dumps([entry.get("Output"), entry.get("Assign")])
    return "Output" in entry and "errorOutput" not in said


def _overwrites(entry: Json, jsonata: bool) -> bool:
    return "Output" not in entry if jsonata else entry.get("ResultPath", "$") == "$"


def _large(place: Place, limited: bool) -> Iterator[Finding]:
    state, call = place.state, place.call
    limit = "More than 256 KB fails the state with States.DataLimitExceeded"
    if call and f"{call.service}:{call.action}" in _LARGE:
        wanted, in_jsonata = _LARGE[f"{call.service}:{call.action}"]
        whole = "Output" not in state if place.jsonata else "ResultSelector" not in state
        if whole and not ("ResultPath" in state and state["ResultPath"] is None):
            mend: Json = {"ResultSelector": {"found.$": wanted}}
            if place.jsonata:
                mend = {"Output": f"{{% {{'found': $states.result.{in_jsonata}}} %}}"}
            why = f"{limit}, and the whole answer of {call.action} goes on from here."
            yield Finding(place.name, "a payload that can pass 256 KB", why, _PRACTICES, {place.name: mend})
    if words.is_distributed(state) and "ResultWriter" not in state:
        into = {"Bucket": "YOUR-BUCKET", "Prefix": "results"}
        writer = {"Resource": "arn:aws:states:::s3:putObject", "Arguments" if place.jsonata else "Parameters": into}
        why = f"{limit}, and the outputs of all items come together here."
        mend = {place.name: {"ResultWriter": writer}}
        yield Finding(
            place.name, "a payload that can pass 256 KB", why, f"{_GUIDE}/input-output-resultwriter.html", mend
        )


def _crowds(place: Place, limited: bool) -> Iterator[Finding]:
    state = place.state
    if state.get("Type") != "Map" or state.get("MaxConcurrency") or "MaxConcurrencyPath" in state:
        return
    distributed = words.is_distributed(state)
    for inner in [inner for machine in _inside(state) for inner in walk(machine, (), place.jsonata)]:
        call = inner.call
        if call and call.service in THROTTLED and (distributed or call.service not in _RARE):
            many = "10,000 items" if distributed else "40 items"
            why = f'Up to {many} at once call {call.service} in "{inner.name}", which turns callers away by the second.'
            quotas = f"{_DOCS}/general/latest/gr/{call.service.removesuffix('runtime')}.html"
            mend = {place.name: {"MaxConcurrency": 5}}
            yield Finding(place.name, "a Map without a limit over a service that has one", why, quotas, mend)
            return


def _throttled(place: Place, limited: bool) -> Iterator[Finding]:
    call = place.call
    error = THROTTLED.get(call.service) if call else None
    if error is not None and not retries_of(place, error):
        mend = {place.name: {"Retry": retry_on(error, place.state)}}
        why = "The error passes by itself within seconds, and ends the work."
        yield Finding(place.name, f"no Retry on {error}", why, _ERRORS, mend)


def _polls(place: Place, limited: bool) -> Iterator[Finding]:
    seconds = place.state.get("Seconds")
    if place.state.get("Type") != "Wait" or not isinstance(seconds, int) or seconds == 0:
        return
    turn = _turn(place)
    looks = [name for name in turn if place.siblings[name].get("Type") == "Task"]
    if not any(_LOOKS.match(call_of(str(place.siblings[name]["Resource"])).action) for name in looks):
        return
    hour = costs.TRANSITION * len(turn) * 3600 / seconds * 1000
    said = {"QueueUrl": "YOUR-QUEUE", "MessageBody": "{% $states.context.Task.Token %}"}
    task: Json = {"Arguments": said, "Output": "{% $states.input %}"}
    if not place.jsonata:
        task = {"Parameters": {"QueueUrl": "YOUR-QUEUE", "MessageBody.$": "$$.Task.Token"}, "ResultPath": None}
    waits = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "TimeoutSeconds": 86_400}
    why = (
        f"Each look takes {len(turn)} transitions. Where the work takes an hour, that is ${hour:.2f} for a thousand "
        f"executions; a callback, which comes when the work has ended, takes one: ${costs.TRANSITION * 1000:.3f}."
    )
    mend = {place.name: waits | task | {"Seconds": REMOVED}}
    yield Finding(place.name, "waits that cost more than a callback", why, f"{_GUIDE}/connect-to-resource.html", mend)


def _turn(place: Place) -> list[str]:
    """The states of the shortest way from a state back to itself; empty if there is none."""
    ways = [[place.name]]
    seen: set[str] = set()
    for way in ways:
        for name in _following(place.siblings[way[-1]]):
            if name == place.name:
                return way
            if name in place.siblings and name not in seen:
                seen.add(name)
                ways.append([*way, name])
    return []


_RULES = (_no_limit, _repeats, _throttled, _loses, _large, _crowds, _polls)


# ---- what it needs, what it costs


def _cost(machine: Json) -> costs.Cost:
    """Of the dearest way through a machine, each loop taken once, each Map with ITEMS items."""
    known: dict[str, costs.Cost] = {}

    def of(name: str) -> costs.Cost:
        if name not in known:
            known[name] = Counter()  # a way back here is not taken
            state = machine["States"].get(name, {})
            ways = [of(each) for each in _following(state, caught=False)]
            known[name] = cost_of(state) + max(ways, key=lambda way: sum(way.values()), default=Counter())
        return known[name]

    return of(machine["StartAt"])


def cost_of(state: Json) -> costs.Cost:
    """What entering a state costs once, with all that is in it."""
    cost: costs.Cost = Counter({"Step Functions": costs.TRANSITION})
    if state.get("Type") == "Task":
        call = call_of(str(state["Resource"]))
        cost += costs.of_call(call.service, call.action[:1].upper() + call.action[1:], {})
    times = ITEMS if state.get("Type") == "Map" else 1
    for machine in _inside(state):
        cost += Counter({name: dollars * times for name, dollars in _cost(machine).items()})
    return cost


def _inside(state: Json) -> list[Json]:
    inner: Json | None = state.get("ItemProcessor") or state.get("Iterator")
    return [*state.get("Branches", []), *([inner] if inner else [])]


def _following(state: Json, caught: bool = True) -> list[str]:
    entries = [*state.get("Choices", []), *(state.get("Catch", []) if caught else [])]
    found = [each["Next"] for each in entries if "Next" in each]
    return found + [state[key] for key in ("Default", "Next") if key in state]


# ---- the page


def _page_of(review: Review, name: str) -> tuple[str, str]:
    count = len(review.findings)
    title = f"{name or 'workflow'}: {'nothing' if count == 0 else count} to mend"
    thousand = Counter({service: 1000 * dollars for service, dollars in review.cost.items()})
    assumed = f"prices of {costs.AS_OF}, each loop once, {ITEMS} items in each Map, no jobs, no seconds of Lambda"
    cost = f"a thousand executions: {costs.said(thousand)}"
    rights = json.dumps(review.rights, indent=1)
    beside = f", and those of {', '.join(review.unknown)}, which are not known here" if review.unknown else ""
    html = [page.title(title, "caught" if count else "succeeded")]
    lines = [title]
    for found in review.findings:
        link = f'<a href="{page.quoted(found.page)}">{page.said(found.page.partition("//")[2])}</a>'
        parts = page.part("Why", "", page.said(found.why)) + page.part("AWS says", "", link)
        parts += page.part("Mend", "in the definition", page.pre(page.said(found.code)))
        summary = f"<b>{page.said(found.state)}</b> {page.chip(found.what, page.GONE)}"
        html.append(page.folded(summary, parts, "caught"))
        lines += ["", f"{found.state}: {found.what}", f"  {found.why}", f"  {found.page}"]
        lines += [f"  {line}" for line in found.code.splitlines()]
    # Two amounts in one text are a formula to JupyterLab, unless MathJax is kept off.
    dollars = f'<span class="mathjax_ignore">{page.said(cost)}</span>'
    inside = page.part("Cost", assumed, dollars) + page.part(
        "Permissions", f"of its role{beside}", page.pre(page.said(rights))
    )
    html.append(page.folded("<b>What it costs and may do</b> " + dollars, inside, "succeeded"))
    lines += ["", f"{cost} ({assumed})", "its role must be allowed:"]
    for statement in review.rights["Statement"]:
        lines.append(f"  {', '.join(statement['Action'])} on {statement['Resource']}")
    return page.tagged("div", "".join(html), "max-width:1000px;font-size:13px"), "\n".join(lines)
