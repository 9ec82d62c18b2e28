"""The broken workflows of notebook 10, as Amazon States Language. Find what is wrong without this file."""

INVOKE = "arn:aws:states:::lambda:invoke"


def task(world, payload, **fields):
    """A call of the desk; its answer is at $.Payload of the result."""
    desk = fields.pop("desk", world["desk"])
    return {"Type": "Task", "Resource": INVOKE, "Parameters": {"FunctionName": desk, "Payload": payload}, **fields}


def chain(*states):
    """A definition of states that follow one another; each is a pair of name and fields."""
    names = [name for name, _ in states]
    following = [{"Next": name} for name in names[1:]] + [{"End": True}]
    bound = {
        name: fields if {"Next", "End", "Choices"} & set(fields) or fields["Type"] == "Fail" else {**fields, **then}
        for (name, fields), then in zip(states, following, strict=True)
    }
    return {"StartAt": names[0], "States": bound}


def greeting(world):
    return chain(("Greet", {"Type": "Pass", "Result": {"text": "States.Format('Dear {}', $.name)"}}))


def lost_order(world):
    payload = {"do": "price", "quantity.$": "$.quantity", "price.$": "$.price"}
    item = {"id": {"S.$": "States.Format('order/{}', $.order)"}, "total": {"N.$": "States.JsonToString($.total)"}}
    store = {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:putItem"}
    return chain(
        ("Price", task(world, payload, ResultSelector={"total.$": "$.Payload.total"})),
        ("Store", {**store, "Parameters": {"TableName": world["table"], "Item": item}, "ResultPath": None}),
    )


CHARGE = {"do": "charge", "order.$": "$.order", "card.$": "$.card", "accounts": {"good": "A-1", "busy": "A-2"}}


def busy_bank(world):
    again = {"ErrorEquals": ["Lambda.TooManyRequestsException"], "IntervalSeconds": 2, "MaxAttempts": 4}
    return chain(("Charge", task(world, CHARGE, Retry=[again], ResultPath="$.charged")))


def woken_person(world):
    caught = [
        {"ErrorEquals": ["States.TaskFailed"], "Next": "Wake a person", "ResultPath": "$.problem"},
        {"ErrorEquals": ["CardDeclined"], "Next": "Ask for another card", "ResultPath": "$.problem"},
    ]
    said = {"Type": "Pass", "ResultPath": "$.decision", "End": True}
    return chain(
        ("Charge", task(world, CHARGE, Catch=caught, ResultPath="$.charged", Next="Thank the customer")),
        ("Thank the customer", {**said, "Result": "thanked"}),
        ("Ask for another card", {**said, "Result": "another card"}),
        ("Wake a person", {**said, "Result": "person"}),
    )


def foreign_label(world):
    abroad = {"to.$": "States.Format('{}, {}', $.address.city, $.adress.country)"}
    rule = {"Variable": "$.address.country", "StringEquals": world["home"], "Next": "Label for here"}
    return chain(
        ("Where to?", {"Type": "Choice", "Choices": [rule], "Default": "Label for abroad"}),
        ("Label for here", {"Type": "Pass", "Parameters": {"to.$": "$.address.city"}, "End": True}),
        ("Label for abroad", {"Type": "Pass", "Parameters": abroad, "End": True}),
    )


def round_sum(world):
    rules = [
        {"Variable": "$.total", "NumericLessThan": 100, "Next": "Parcel"},
        {"Variable": "$.total", "NumericGreaterThan": 100, "Next": "Courier"},
    ]
    sent = {"Type": "Pass", "ResultPath": "$.by", "End": True}
    return chain(
        ("How to send?", {"Type": "Choice", "Choices": rules}),
        ("Parcel", {**sent, "Result": "parcel"}),
        ("Courier", {**sent, "Result": "courier"}),
    )


def endless_print(world):
    payload = {"do": "look", "job.$": "$.job", "kind.$": "$.kind"}
    done = {"Variable": "$.look.status", "StringEquals": "DONE", "Next": "Deliver"}
    failed = {"Variable": "$.look.status", "StringEquals": "ERROR", "Next": "Tell the customer"}
    looked = {"ResultSelector": {"status.$": "$.Payload.status"}, "ResultPath": "$.look"}
    return {"TimeoutSeconds": 3600} | chain(
        ("Wait", {"Type": "Wait", "Seconds": 30}),
        ("Look", task(world, payload, **looked)),
        ("Printed?", {"Type": "Choice", "Choices": [done, failed], "Default": "Wait"}),
        ("Deliver", {"Type": "Pass", "End": True}),
        ("Tell the customer", {"Type": "Fail", "Error": "PrintFailed", "Cause": "The printer gave up."}),
    )


def silent_warehouse(world):
    ask = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "TimeoutSeconds": 3600}
    body = {"order.$": "$.order", "token": "$$.Task.Token"}
    return chain(
        ("Ask the warehouse", {**ask, "Parameters": {"QueueUrl": world["queue"], "MessageBody": body}}),
        ("Send", {"Type": "Pass"}),
    )


def crowded_packers(world):
    pack = task(world, {"do": "pack", "item.$": "$"}, desk=world["packers"], OutputPath="$.Payload.packed")
    each = {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": chain(("Pack", pack))}
    return chain(("Pack each item", each))


def long_recording(world):
    write = {"do": "write_up", "minutes.$": "$.minutes"}
    count = {"do": "count_words", "written.$": "$"}
    return chain(
        ("Write up", task(world, write, OutputPath="$.Payload")),
        ("Count words", task(world, count, OutputPath="$.Payload")),
    )


def charged_twice(world):
    payload = {"do": "book", "order.$": "$.order", "total.$": "$.total", "line.$": "$.line"}
    again = {"ErrorEquals": ["BankSilent"], "IntervalSeconds": 5, "MaxAttempts": 3}
    return chain(("Book", task(world, payload, Retry=[again], ResultPath="$.booked")))


def slow_carrier(world):
    ask = {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:getItem", "ResultPath": "$.carrier"}
    again = {"ErrorEquals": ["States.Timeout"], "IntervalSeconds": 10, "MaxAttempts": 3, "BackoffRate": 1}
    caught = {"ErrorEquals": ["States.ALL"], "Next": "Give to a person", "ResultPath": "$.problem"}
    question = {"TableName": world["table"], "Key": {"id": {"S.$": "$.order"}}}
    by = {"Type": "Pass", "ResultPath": "$.by", "End": True}
    asked = {**ask, "Parameters": question, "TimeoutSeconds": 30, "Retry": [again], "Catch": [caught]}
    return chain(
        ("Ask the carrier", {**asked, "Next": "Send"}),
        ("Send", {**by, "Result": "carrier"}),
        ("Give to a person", {**by, "Result": "person"}),
    )


def unread_child(world):
    start = {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution", "ResultPath": "$.child"}
    child = {"StateMachineArn": world["child"], "Input": {"part.$": "$.part"}}
    done = {"book.$": "$.book", "state": "done", "child.$": "$.child"}
    return chain(
        ("Print the part", {**start, "Parameters": child}),
        ("Report", {"Type": "Pass", "Parameters": done}),
    )


def printing(world):
    """The child of the last one: a part takes a minute, or is broken."""
    rule = {"Variable": "$.part", "StringMatches": "broken*", "Next": "Give up"}
    return chain(
        ("Fit to print?", {"Type": "Choice", "Choices": [rule], "Default": "Print"}),
        ("Print", {"Type": "Wait", "Seconds": 60, "Next": "Count pages"}),
        ("Count pages", {"Type": "Pass", "Result": {"pages": 12}, "End": True}),
        ("Give up", {"Type": "Fail", "Error": "PartBroken", "Cause": "The part has no pages."}),
    )


#: What makes each, and the points that it is worth.
INCIDENTS = (
    (greeting, 0),
    (lost_order, 10),
    (busy_bank, 10),
    (woken_person, 10),
    (foreign_label, 10),
    (round_sum, 10),
    (endless_print, 20),
    (silent_warehouse, 20),
    (crowded_packers, 20),
    (long_recording, 30),
    (charged_twice, 30),
    (slow_carrier, 30),
    (unread_child, 20),
)
