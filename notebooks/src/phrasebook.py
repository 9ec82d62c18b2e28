"""Notebook 09: what is said in JSONPath with intrinsic functions, and in JSONata; and expressions that only it has."""

import json

from helpers import steps as newer

DATA = {
    "shop": "Fern Field",
    "day": "2026-01-05",
    "total": 1234.5,
    "tags": ["new", "sale", "new"],
    "orders": [
        {"item": "tea", "price": 2.5, "count": 4},
        {"item": "cake", "price": 12, "count": 1},
        {"item": "milk", "price": 1.2, "count": 10},
    ],
}
#: The same in both.
BOTH = {
    "States.Format('{}, {}', $.shop, $.day)": "$states.input.shop & ', ' & $states.input.day",
    "States.StringSplit($.shop, ' ')": "$split($states.input.shop, ' ')",
    "States.ArrayUnique($.tags)": "$distinct($states.input.tags)",
    "States.ArrayLength($.tags)": "$count($states.input.tags)",
    "States.ArrayContains($.tags, 'sale')": "'sale' in $states.input.tags",
    "States.ArrayGetItem($.tags, 1)": "$states.input.tags[1]",
    "States.ArrayRange(1, 9, 2)": "$range(1, 9, 2)",
    "States.ArrayPartition($.tags, 2)": "$partition($states.input.tags, 2)",
    "States.MathAdd($.orders[0].count, 1)": "$states.input.orders[0].count + 1",
    "States.JsonToString($.tags)": "$string($states.input.tags)",
    "States.StringToJson('[1, 2]')": "$parse('[1, 2]')",
    "States.Base64Encode('tea')": "$base64encode('tea')",
    "States.Base64Decode('dGVh')": "$base64decode('dGVh')",
    "States.Hash('tea', 'MD5')": "$hash('tea', 'MD5')",
}
#: What JSONPath cannot say.
ONLY = [
    "$sum($states.input.orders.(price * count))",
    "$states.input.orders[price > 2].item",
    "$states.input.orders^(>price)[0].item",
    "$map($states.input.orders, function($o) { $uppercase($o.item) })",
    "$reduce($states.input.orders.count, function($sum, $n) { $sum + $n })",
    "$average($states.input.orders.price) ~> $round(2)",
    "$max($states.input.orders.price) > 10 ? 'dear' : 'cheap'",
    "$join($sort($keys($states.input)), ' ')",
    "$replace($states.input.shop, /[aeiou]/, '.')",
    "$match('order-42 of 7', /[0-9]+/).match",
    "$contains($states.input.shop, 'Field') and $not($exists($states.input.owner))",
    "$pad($substringBefore($states.input.shop, ' '), -8, '.')",
    "$trim('  to  be ') & $lowercase(' OR NOT')",
    "$formatNumber($states.input.total, '#,##0.00')",
    "$formatInteger(2026, 'I') & ', ' & $formatBase(2026, 16)",
    "$fromMillis($toMillis($states.input.day) + 86400000, '[FNn], [D1o] of [MNn] [Y]')",
    "$merge([{'a': 1}, {'b': 2}])",
    "$spread({'a': 1, 'b': 2}).$keys()",
    "$zip([1, 2], ['a', 'b'])",
    "($half := function($n) { $n < 2 ? 0 : 1 + $half($n / 2) }; $half(1024))",
]


def say(workshop, expression, language):
    """What an expression puts out, asked of one Pass state by TestState."""
    field = {"output": f"{{% {expression} %}}"} if language == "JSONata" else {"parameters": {"said.$": expression}}
    state = newer.Pass("Say", query_language=language, **field).to_json()
    answer = workshop.client("stepfunctions").test_state(definition=state, input=json.dumps(DATA))
    said = json.loads(answer["output"])
    return said if language == "JSONata" else said["said"]


def phrasebook(workshop):
    """Print both lists; the two languages must say the same."""
    for path, expression in BOTH.items():
        said = say(workshop, path, "JSONPath")
        assert said == say(workshop, expression, "JSONata"), expression
        print(f"{path:40} {expression:48} {json.dumps(said)}")
    for expression in ONLY:
        print(f"{expression:89} {json.dumps(say(workshop, expression, 'JSONata'))}")
