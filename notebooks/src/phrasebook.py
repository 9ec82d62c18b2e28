"""Notebook 09: what is said in JSONPath with intrinsic functions, and in JSONata; and expressions that only it has."""

import json
from textwrap import shorten

from helpers import steps as newer

DATA = {
    "shop": "Fern Field",
    "day": "2026-01-05",
    "total": 1234.5,
    "open": True,
    "opened": "2026-01-05T08:00:00Z",
    "tags": ["new", "sale", "new"],
    "ratings": [5, 3, 4],
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
    "$filter($states.input.orders, function($o, $i) { $i > 0 and $o.count <= 10 }).item",
    "$single($states.input.orders, function($o) { $o.item = 'cake' }).price",
    "$sift($states.input.orders[0], function($value, $key) { $key != 'count' })",
    "$states.input.orders#$i.($string($i + 1) & '. ' & item)",
    "$states.input.orders.price.(%.item & ' for ' & $)[0]",
    "$states.input.orders@$o.$states.input.tags[$ = 'sale'].($o.item & ' on ' & $)",
    "$states.input ~> |orders[item = 'tea']|{'price': 2}, ['count']| ~> $lookup('orders') ~> $string()",
    "$count($states.input.**.price) & ' prices, ' & $count($states.input.orders.*) & ' values'",
    "$states.input.orders{item: price * count}",
    "$sort($states.input.orders, function($a, $b) { $a.price < $b.price }).item",
    "$reverse([1..3]) ~> $append(0) ~> $shuffle() ~> $sum()",
    "$abs(-5) + $floor(2.7) + $ceil(2.1) + $power(2, 3) + $sqrt(9) + 7 % 4",
    "$number('0x1F') & ' ' & $number('7') & ' ' & $boolean('') & ' ' & (1 = 1 or false)",
    "$parseInteger('MMXXVI', 'I') & ' ' & $formatInteger(21, 'w') & ' ' & $formatInteger(3, '001')",
    "$formatNumber(-0.256, '#0.0%') & ' ' & $formatNumber(1234567, '0.00e0')",
    "$toMillis('5 January 2026', '[D] [MNn] [Y]') ~> $fromMillis('[Y0001]-[M01]-[D01] week [W], day [d]')",
    "$fromMillis(0, '[H01]:[m01] [P] [z]', '+0200')",
    "$split('a-b_c', /[-_]/) ~> $join('+')",
    "$replace('2026-01-05', /([0-9]+)-([0-9]+)-([0-9]+)/, '$3.$2.$1')",
    "$replace('tea', /e/, function($m) { $uppercase($m.match) })",
    "$substring('receipt', -3) & $substringAfter('a=b', '=') & $length('été')",
    "$encodeUrlComponent('a b&c') & ' ' & $decodeUrlComponent('a%20b')",
    "$encodeUrl('https://x.y/a b') & ' ' & $decodeUrl('https://x.y/a%20b')",
    "$type($states.input.orders) & ' ' & $type($string) & ' ' & $type(null) & ' ' & $type(1)",
    "$each({'a': 1, 'b': 2}, function($value, $key) { $key & $value }) ~> $join(',')",
    "($twice := function($f) { function($x) { $f($f($x)) } }; $twice($uppercase ~> $trim)(' a '))",
    "($add := function($a, $b) { $a + $b }; $add(?, 10)(5))",
    "$states.input.orders[-1].item & $states.input.orders[[0..1]].item[1]",
    "$states.input.`shop` & ' ' & $exists($states.input.owner) & ' ' & [1, 2, [3]][2][0]",
    "$length($uuid()) & ' ' & $type($millis()) & ' ' & ($random() < 1)",
]
#: What a JSONPath picks.
PATHS = [
    "$.orders[*].item",
    "$.orders[0:2].price",
    "$.orders[-1:].item",
    "$.orders[0, 2].item",
    "$['shop', 'day']",
    "$..price",
    "$.orders[?(@.price > 2)].item",
    "$.orders[?(@.price < 2 || @.count == 1)].item",
    "$.orders[?(@.item == 'tea' && !(@.count > 9))].count",
    "$.orders[?(@.item =~ /^M.*/i)].price",
    "$.orders[?(@.item in ['tea', 'milk'])].price",
    "$.orders[?(@.item nin ['tea'])].item",
    "$.orders[?(@.count >= $.orders[0].count)].item",
    "$.orders[?(@.discount)].item",
    "$.ratings.max()",
    "$.ratings.avg()",
    "$.ratings.length()",
]
#: Rules of a Choice that are true.
RULES = [
    {"Variable": "$.shop", "StringMatches": "F*d"},
    {"Variable": "$.shop", "StringGreaterThan": "Apple Tree"},
    {"Variable": "$.total", "NumericLessThanEquals": 1234.5},
    {"Variable": "$.orders[0].price", "NumericLessThanPath": "$.total"},
    {"Variable": "$.day", "StringEqualsPath": "$.day"},
    {"Variable": "$.owner", "IsPresent": False},
    {"Variable": "$.total", "IsNumeric": True},
    {"Variable": "$.opened", "TimestampLessThan": "2026-01-05T09:00:00Z"},
    {"Variable": "$.opened", "IsTimestamp": True},
    {"Variable": "$.open", "BooleanEquals": True},
    {
        "And": [
            {"Variable": "$.shop", "IsString": True},
            {"Not": {"Variable": "$.total", "NumericEquals": 0}},
            {"Or": [{"Variable": "$.day", "IsNull": True}, {"Variable": "$.open", "IsBoolean": True}]},
        ]
    },
]
#: What goes wrong, and how it is said.
WRONG = {
    "States.ArrayGetItem($.tags, 9)": "JSONPath",
    "States.StringToJson($.shop)": "JSONPath",
    "States.ArrayRange(1, 9, 0)": "JSONPath",
    "States.MathAdd($.shop, 1)": "JSONPath",
    "$.owner": "JSONPath",
    "$number('seven')": "JSONata",
    "$states.input.total & 1 > 'a' + 1": "JSONata",
    "$sum($states.input.tags)": "JSONata",
    "$states.input.owner": "JSONata",
    "$error('not today')": "JSONata",
    "$assert($states.input.total < 100, 'too much')": "JSONata",
    "$single($states.input.tags, function($tag) { $tag = 'new' })": "JSONata",
    "$toMillis('tomorrow')": "JSONata",
    "$states.input.total()": "JSONata",
}


def ask(workshop, state):
    """What TestState says of one state."""
    return workshop.client("stepfunctions").test_state(definition=state.to_json(), input=json.dumps(DATA))


def said(workshop, expression, language):
    """What TestState says of a Pass state that puts an expression out."""
    field = {"output": f"{{% {expression} %}}"} if language == "JSONata" else {"parameters": {"said.$": expression}}
    return ask(workshop, newer.Pass("Say", query_language=language, **field))


def say(workshop, expression, language):
    """What an expression puts out."""
    output = json.loads(said(workshop, expression, language)["output"])
    return output if language == "JSONata" else output["said"]


def phrasebook(workshop):
    """Print both lists; the two languages must say the same."""
    for path, expression in BOTH.items():
        value = say(workshop, path, "JSONPath")
        assert value == say(workshop, expression, "JSONata"), expression
        print(f"{path:40} {expression:48} {json.dumps(value)}")
    for expression in ONLY:
        print(f"{expression}\n    {json.dumps(say(workshop, expression, 'JSONata'), ensure_ascii=False)}")


def older_words(workshop):
    """Print what paths of JSONPath pick, rules of a Choice that hold, and how what is wrong is said."""
    for path in PATHS:
        print(f"{path:55} {json.dumps(say(workshop, path, 'JSONPath'))}")
    for rule in RULES:
        state = {"Type": "Choice", "Choices": [{**rule, "Next": "Yes"}], "Default": "No"}
        answer = workshop.client("stepfunctions").test_state(definition=json.dumps(state), input=json.dumps(DATA))
        assert answer["nextState"] == "Yes", rule
        print(json.dumps(rule))
    for expression, language in WRONG.items():
        answer = said(workshop, expression, language)
        cause = answer["cause"].splitlines()[0]
        for before in ("following error: ", "during evaluation. "):
            cause = cause.rpartition(before)[2]
        print(f"{expression}\n    {answer['error']}: {shorten(cause, 100, placeholder=' …')}")
