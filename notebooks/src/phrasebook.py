"""Notebook 09: what is said in JSONPath with intrinsic functions, and in JSONata; and expressions that only it has."""

import json
from textwrap import shorten

from helpers import steps as newer

from IPython.display import Markdown

DATA = {
    "shop": "Fern Field",
    "form": "{} is open \\{daily\\}",
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
    "States.JsonMerge($.orders[0], $.orders[1], false)": "$merge($states.input.orders[[0..1]])",
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
#: Finer points of JSONPath's functions, and of JSONata.
FINER = [
    "States.Format($.form, $.shop)",
    "States.ArrayUnique($.orders)",
    "States.MathRandom(1, 2)",
    "States.StringSplit('a', '')",
    "States.Format('\\{{}\\} {}', 1, $.tags)",
    "-$states.input.orders[0].price",
    "$exists($states.input.open ? $states.input.owner) & ' ' & $string($states.input.owner ? 1)",
    "$states.input.tags[$ = 'sale'][]",
    "$distinct([[1, 2], [1, 2], {'a': 1}, {'a': 1}])",
    "[1, [2]] = [1, [2]] and {'a': [1]} = {'a': [1]} and {'a': 1} != {'b': 1}",
    "$keys([{'a': 1}, {'b': 2}]) ~> $append($spread([{'a': 1}, {'b': 2}]))",
    "1e21 & ' ' & 0.00001 & ' ' & 1e-7 & ' ' & 0.1",
    "$substring('receipt', 2, 3) & ' ' & $substring('receipt', -4, 2)",
    "$split('a,b,c', ',', 2) ~> $append($match('a1b2c3', /[0-9]/, 2).match)",
    "$replace('tea tea', 'tea', 'milk', 1) & ' ' & $replace('a5', /([0-9])/, '$$$1')",
    "$toMillis('3:05 PM 5/1/2026', '[h]:[m01] [P] [D]/[M]/[Y]')",
    "$type($now('[Y]')) & ' ' & $type($states.input.open) & ' ' & $type('a') & ' ' & $type({})",
    "$formatNumber(-1234.5, '#,##0.00;(#,##0.00)') & ' ' & $formatNumber(0.256, '0.0‰')",
    "$boolean([0, 1]) & ' ' & $boolean({}) & ' ' & $boolean($states.input) & ' ' & $boolean([])",
    "$string({'a': [1, null, true], 'b': []}) & $string({'a': [1]}, true)",
    "$min($states.input.ratings) & ' ' & $round(-2.5) & ' ' & $round(1250, -2)",
    "$states.input.orders^(count, >price).item",
    "$states.input.orders#$i[$i > 0].item ~> $append($states.input.orders^(price)#$i.(item & $i))",
    "$lookup($states.input.orders, 'item')",
    "$states.input.orders.{item: price} ~> $merge()",
    "($double := function($n)<n:n> { $n * 2 }; $map([1, 2], $double))",
    "($sum_to := function($n, $sum) { $n = 0 ? $sum : $sum_to($n - 1, $sum + $n) }; $sum_to(90, 0))",
    "[[1, 2], [3]].$ ~> $append($append($states.input.owner, 4))",
    "$states.input.orders[0].(price + 0.5 - 1 / 4)",
    "[1, 2, 3][[0, 2]] ~> $append([1, 2, 3][1.9])",
    "$zip($states.input.tags, $states.input.ratings)[0]",
    "$states.input.orders@$o#$i.(($i + 1) & $o.item)",
    "1 / 0",
    "$toMillis('5 May', '[D] [MNn]') > $toMillis('2026')",
    "[$range(1, 2, 0)]",
]
#: Functions of JSONata that give nothing for nothing: with no more arguments, and with these.
ALONE = """
abs ceil floor round sqrt number boolean not uppercase lowercase length trim join keys spread merge sort
reverse shuffle distinct zip max min sum average base64encode base64decode encodeUrl encodeUrlComponent
decodeUrl decodeUrlComponent toMillis fromMillis formatBase parse type string single
"""
WITH = {
    "power": "2",
    "substring": "1",
    "substringBefore": "'-'",
    "substringAfter": "'-'",
    "split": "'-'",
    "match": "/a/",
    "replace": "'a', 'b'",
    "contains": "'a'",
    "pad": "3",
    "lookup": "'a'",
    "formatInteger": "'1'",
    "parseInteger": "'1'",
    "formatNumber": "'1'",
    "hash": "'MD5'",
    "partition": "2",
    "range": "2, 1",
    "filter": "$boolean",
    "map": "$string",
    "reduce": "function($a, $b) { $a }",
    "each": "$string",
    "sift": "$boolean",
}
#: What goes wrong.
WRONG = [
    "States.ArrayGetItem($.tags, 9)",
    "States.StringToJson($.shop)",
    "States.ArrayRange(1, 9, 0)",
    "States.MathAdd($.shop, 1)",
    "$.owner",
    "States.Base64Decode($.shop)",
    "States.Hash('tea', $.shop)",
    "States.JsonMerge($.tags, $.orders[0], false)",
    "States.JsonMerge($.orders[0], $.orders[1], true)",
    "States.ArrayPartition($.tags, 0)",
    "States.ArrayLength($.shop)",
    "States.StringSplit($.total, ' ')",
    "States.MathRandom(5, 1)",
    "States.Format($.shop, 1)",
    "States.StringToJson('NaN')",
    "States.ArrayRange(1, 2000, 1)",
    "States.MathAdd(2147483647, 1)",
    "$number('seven')",
    "$states.input.total & 1 > 'a' + 1",
    "$sum($states.input.tags)",
    "$states.input.owner",
    "$error('not today')",
    "$assert($states.input.total < 100, 'too much')",
    "$single($states.input.tags, function($tag) { $tag = 'new' })",
    "$toMillis('tomorrow')",
    "$states.input.total()",
    "-$states.input.shop",
    "$power(10, 1000)",
    "$sqrt(-1)",
    "$reduce([1, 2], function($a) { $a })",
    "$formatBase(5, 99)",
    "$formatNumber(1, 'x')",
    "$formatNumber(1, '0.0.0')",
    "$hash('tea', 'MD4')",
    "$parse('{')",
    "$partition($states.input.tags, -1)",
    "$split('a', ',', -1)",
    "$match('a', /a/, -1)",
    "$replace('a', '', 'b')",
    "$replace('a', 'a', 'b', -1)",
    "$replace('a', /a/, function($m) { 1 })",
    "$states.input ~> |orders|5|",
    "$states.input ~> |orders|{}, 5|",
    "$states.input.orders^($states.input.tags)",
    "$states.input.orders^(item = 'tea' ? 'a' : 1)",
    "{1: 2}",
    "$states.input.orders{'x': item, 'x': price}",
    "$string(1 / 0)",
    "$uppercase",
    "$decodeUrl('%')",
    "$length(5)",
    "$length($states.input.shop, 2)",
    "($f := function($n) { $f($n + 1) + 1 }; $f(0))",
    "[1..10000000]",
    "[1..'a']",
    "$map([1], 5)",
    "$sum('a')",
    "1 + 'a'",
    "1 < 'a'",
    "true < false",
    "$states.input.total.$sum",
    "$fromMillis(0, '[Q]')",
    "$formatInteger(1, 'x')",
    "$parseInteger('x', 'I')",
    "'a' ~> 5",
    "$single($states.input.ratings)",
    "$decodeUrlComponent('%E0%A4%A')",
    "$nothing()",
    "$toMillis('2026-13-45')",
    "$number('1e999')",
]


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
    """Print what paths of JSONPath pick, and rules of a Choice that hold."""
    for path in PATHS:
        print(f"{path:55} {json.dumps(say(workshop, path, 'JSONPath'))}")
    for rule in RULES:
        state = {"Type": "Choice", "Choices": [{**rule, "Next": "Yes"}], "Default": "No"}
        answer = workshop.client("stepfunctions").test_state(definition=json.dumps(state), input=json.dumps(DATA))
        assert answer["nextState"] == "Yes", rule
        print(json.dumps(rule))


def language_of(expression):
    """A path and an intrinsic function are JSONPath's; all else is JSONata."""
    return "JSONPath" if expression.startswith(("$.", "States.")) else "JSONata"


def finer_points(workshop):
    """Two tables to unfold: what surprises, and how each mistake is said."""
    points = [(expression, json.dumps(say(workshop, expression, language_of(expression)))) for expression in FINER]
    calls = [f"${name}($none)" for name in ALONE.split()] + [f"${name}($none, {rest})" for name, rest in WITH.items()]
    nothing = say(workshop, f"($none := $states.input.owner; [{', '.join(calls)}])", "JSONata")
    points.append((f"[{calls[0]}, … {len(calls)} functions of what is absent]", json.dumps(nothing)))
    mistakes = []
    for expression in WRONG:
        answer = said(workshop, expression, language_of(expression))
        cause = answer["cause"].splitlines()[0]
        for before in ("following error: ", "during evaluation. ", "during evaluation: "):
            cause = cause.rpartition(before)[2]
        mistakes.append((expression, shorten(cause, 110, placeholder=" …")))
    return Markdown(folded(f"{len(points)} finer points", points) + folded(f"{len(mistakes)} mistakes", mistakes))


def folded(title, rows):
    """A table of two columns behind its title."""
    cells = [(what.replace("|", "\\|"), answer.replace("|", "\\|")) for what, answer in rows]
    table = ["| say | answer |", "|---|---|", *(f"| `{what}` | {answer} |" for what, answer in cells)]
    return "\n".join([f"<details><summary>{title}</summary>", "", *table, "", "</details>", ""])
