"""JSONata as Step Functions evaluates it: the language, its own functions, its limits and the wording of failures."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.asl import jsonata
from localcloud.asl.data import EvaluationError, ExpressionSyntaxError

ORDERS = [
    {"id": 1, "lines": [{"sku": "a", "n": 2, "price": 3}, {"sku": "b", "n": 1, "price": 10.5}], "paid": True},
    {"id": 2, "lines": [{"sku": "a", "n": 5, "price": 3}], "paid": False, "note": None},
]
CONTEXT = {"Execution": {"Id": "e-1"}, "State": {"Name": "s", "EnteredTime": "2026-01-05T09:00:00.000Z"}}
STATES = {"input": {"orders": ORDERS, "empty": [], "one": [7], "null": None, "name": "Ann"}, "context": CONTEXT}
VARIABLES = {"limit": 4, "nothing": None, "list": [3, 1, 2], "of_null": [1, None]}


def evaluate(expression: str, *, seed: int = 1, **more: Any) -> Any:
    compiled = jsonata.compile_expression("{% " + expression + " %}", "Output/v")
    return compiled({**STATES, **more}, VARIABLES, random.Random(seed))


def failure(expression: str) -> EvaluationError:
    with pytest.raises(EvaluationError) as caught:
        evaluate(expression)
    assert caught.value.error == "States.QueryEvaluationError"
    assert caught.value.field == "Output/v"
    return caught.value


def ending(expression: str) -> str:
    """What a failure says after naming the expression and its field."""
    subject = f"The JSONata expression '{expression}' specified for the field 'Output/v' "
    message = failure(expression).message
    assert message.startswith(subject)
    return message.removeprefix(subject)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # paths
        ("$states.input.name", "Ann"),
        ("$states.input.orders.id", [1, 2]),
        ("$states.input.orders.lines.sku", ["a", "b", "a"]),
        ("$states.input.orders[0].lines[-1].sku", "b"),
        ("$states.input.orders[paid].id", 1),
        ("$states.input.orders[paid].id[]", [1]),
        ("$states.input.orders.lines[n > 1].(n * price)", [6, 15]),
        ("$states.input.orders.note", None),
        ("$states.input.one", [7]),
        ("$states.input.one[0]", 7),
        ("$states.input.empty", []),
        ("$states.context.Execution.Id", "e-1"),
        ("$states.input.**.sku", ["a", "b", "a"]),
        ("$states.input.orders[0].*[0]", 1),
        ("$states.input.orders.lines^(>price, sku).price", [10.5, 3, 3]),
        (
            "$states.input.orders@$o.one@$n.{'id': $o.id, 'n': $n}",
            [{"id": 1, "n": 7}, {"id": 2, "n": 7}],
        ),
        ("$states.input.orders#$i.{'i': $i, 'id': id}", [{"i": 0, "id": 1}, {"i": 1, "id": 2}]),
        ("$states.input.orders.lines.(%.id)", [1, 1, 2]),
        ("$states.input.orders.lines{sku: $sum(n)}", {"a": 7, "b": 1}),
        # variables
        ("$limit + 1", 5),
        ("$nothing", None),
        ("$exists($nothing)", True),
        ("$exists($unassigned)", False),
        ("$of_null", [1, None]),
        ("$of_null[1]", None),
        ("($a := 2; $b := $a * 3; $a + $b)", 8),
        # operators
        ("7 % 4", 3),
        ("-5.5 % 2", -1.5),
        ("10 / 4", 2.5),
        ("10 / 5", 2),
        ("0.1 + 0.2", 0.30000000000000004),
        ("1 = 1.0", True),
        ("true = 1", False),
        ("1 in [true, '1']", False),
        ("'a' in ['a', 'b']", True),
        ("null = null", True),
        ("[1, {'a': [2]}] = [1, {'a': [2]}]", True),
        ("'a' < 'b' and 2 >= 2", True),
        ("'n: ' & 1.0 & null & true & [1, 'x']", 'n: 1nulltrue[1,"x"]'),
        ("[1..3]", [1, 2, 3]),
        ("[3..1]", []),
        # a range of one: an array of one where it is written, the element where it selects (sfnx, docs/design.md)
        ("[1..1]", [1]),
        ("$list[[1..1]]", 1),
        ("$list[[0..1]]", [3, 1]),
        ("$list[$ > 1]", [3, 2]),
        ("$states.input.missing ? 1 : 2", 2),
        ("{'a': $states.input.missing, 'b': null}", {"b": None}),
        ("[[1], [], [$states.input.missing]]", [[1], [], []]),
        # functions
        ("$sum($states.input.orders.lines.(n * price))", 31.5),
        ("$map($list, function($v, $i) { $v * $i })", [0, 1, 4]),
        ("$filter($list, function($v) { $v > 1 })", [3, 2]),
        ("$reduce($list, function($a, $b) { $a - $b })", 0),
        ("$sort($list)", [1, 2, 3]),
        ("$sort($states.input.orders.lines, function($l, $r) { $l.n > $r.n }).n", [1, 2, 5]),
        ("$list ~> $reverse() ~> $append(0)", [2, 1, 3, 0]),
        # jsonata-js 2.0.6: what was joined stays an array
        ("$append(1, [])", [1]),
        ("$spread([1])", [1]),
        ("$round(-1 / 0)", "-Infinity"),
        ("$keys($states.input.orders[1])", ["id", "lines", "paid", "note"]),
        ("$merge([{'a': 1}, {'b': 2, 'a': 3}])", {"a": 3, "b": 2}),
        ("$each({'a': 1, 'b': 2}, function($v, $k) { $k & $v })", ["a1", "b2"]),
        ("$sift({'a': 1, 'b': 2}, function($v) { $v > 1 })", {"b": 2}),
        ("$distinct([1, true, 1.0, '1', 1])", [1, True, "1"]),
        ("$zip([1, 2], ['a', 'b', 'c'])", [[1, "a"], [2, "b"]]),
        # AWS writes whole numbers with all their digits and in full below 1e21: floci, pull 2683
        ("$string(1e20)", "100000000000000000000"),
        ("$string(9223372036854775808)", "9223372036854776000"),
        ("$string(999999999999999868928)", "999999999999999900000"),
        ("$string(-1e21) & ' ' & 1e21 & ' ' & 1e-7 & ' ' & 1e-6", "-1e+21 1e+21 1e-7 0.000001"),
        ("$string([1e20, 2, 1/3])", "[100000000000000000000,2,0.333333333333333]"),
        ("$string(5890840712243076)", "5890840712243076"),
        ("$string(0.1 + 0.2)", "0.3"),
        ("$string({'a': [1.0, null]}, true)", '{\n  "a": [\n    1,\n    null\n  ]\n}'),
        ("$number('0x1F') + $number('-1.5e1')", 16),
        ("$round(2.5) & $round(3.5) & $round(-1.255, 2)", "24-1.26"),
        ("$split('a, b ,c', /\\s*,\\s*/)", ["a", "b", "c"]),
        ("$replace('2026-01-05', /(\\d+)-(\\d+)-(\\d+)/, '$3.$2.$1')", "05.01.2026"),
        ("$match('ab12cd3', /[0-9]+/).match", ["12", "3"]),
        ("$contains('hello$world', /^hello\\ /)", False),
        ("$formatNumber(12345.6, '#,##0.00')", "12,345.60"),
        ("$formatNumber(0.14, '01%')", "14%"),
        ("$formatBase(255, 16)", "ff"),
        ("$base64decode($base64encode('hi'))", "hi"),
        ("$decodeUrlComponent($encodeUrlComponent('a b/\u00fc'))", "a b/\u00fc"),
        # jsonata-js has characters as bytes; on AWS it is UTF-8, and padding may be missing (sfnx, docs/design.md)
        ("$base64encode('\u00fc')", "w7w="),
        ("$base64decode('w7w')", "\u00fc"),
        ("$decodeUrlComponent('a+b%E6')", "a b\ufffd"),
        ("$decodeUrl('a+b')", "a+b"),
        ("$split('a\u00a0b c', /\\s/)", ["a\u00a0b", "c"]),
        ("$formatInteger(1e46, 'w')", "ten billion trillion trillion trillion"),
        ("$toMillis('2026-01-05T09:00:00.250+01:00')", 1767600000250),
        ("$toMillis('2026-01-05T09:00:00.12345Z')", 1767603600123),
        # jsonata-js 2.2.2, function-tomillis/parseDateTime[46]: a fraction, however many digits it has
        ("$toMillis('2026-01-05T09:00:00.12345', '[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f1]')", 1767603600123),
        ("$toMillis('2026-01-05T09:00:00.5', '[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f1]')", 1767603600500),
        # what is larger than what the text says comes from $now(): five past nine on the fifth of January 2026
        ("$toMillis('10:30', '[H]:[m]')", 1767609000000),
        ("$toMillis('3 pm', '[h] [P]')", 1767625200000),
        ("$toMillis('02-01', '[M]-[D]')", 1769904000000),
        ("$toMillis('2026-36', '[Y]-[d]')", 1770249600000),
        # and what a month has too many days of runs into the next, as in JavaScript
        ("$toMillis('2026-02-30') = $toMillis('2026-03-02')", True),
        ("$toMillis('30.2.2026', '[D].[M].[Y]') = $toMillis('2026-03-02')", True),
        ("$exists($toMillis('2026-13-01')) or $exists($toMillis('2026-01-01T25:00:00'))", False),
        # the leading digits of a time zone count, as hhmm (ministack, issue 1519; `utc`: sfnx, docs/design.md)
        ("$fromMillis(0, '[H01]:[m01][Z]', '+05:30')", "00:05+00:05"),
        ("$fromMillis(0, '[H01]:[m01][Z]', '+0530')", "05:30+05:30"),
        ("$fromMillis(0, '[H01]:[m01][Z]', '+05')", "00:05+00:05"),
        ("$fromMillis(0, '[H01]:[m01][Z]', 'utc')", "00:00+00:00"),
        ("$fromMillis(1767603600000, '[Y]/[M01]')", "2026/01"),
        ("$now()", "2026-01-05T09:00:00.000Z"),
        ("$millis()", 1767603600000),
        ("$type(function($x) { $x })", "function"),
        ("($add := function($a, $b) { $a + $b }; $inc := $add(?, 1); $inc(2))", 3),
        ("($f := $uppercase ~> $trim; $f(' a '))", "A"),
        ("{'a': {'b': 1, 'c': 2}} ~> |a|{'b': 5}, 'c'|", {"a": {"b": 5}}),
        ("($f := function($n, $t) { $n = 0 ? $t : $f($n - 1, $t + $n) }; $f(1000, 0))", 500500),
        # Step Functions' own
        ("$partition([1, 2, 3, 4, 5], 2)", [[1, 2], [3, 4], [5]]),
        ("$partition([1, 2, 3], 2.9)", [[1, 2], [3]]),
        ("$range(0, 6, 2)", [0, 2, 4, 6]),
        ("$range(-1.7, 2, 1)", [-1, 0, 1, 2]),
        ("$range(3, 1, -1)", [3, 2, 1]),
        ("$hash('input', 'SHA-1')", "140f86aae51ab9e1cda9b4254fe98a74eb54c1a1"),
        # floci, pull 2676, and sfnx, tests/test_asl.py, measured these on AWS
        ("$partition([1, 2, 3])", [[1, 2, 3]]),
        ("$partition([], $unassigned)", [[]]),
        ("$exists($partition([], 2)) or $exists($partition([1], 0.5))", False),
        ("$range(3, 3, 1)", 3),
        ("[$range(3, 3, 1)]", [3]),
        ("[$range(3, 0, 1)]", []),
        ("$exists($range(1, 5)) or $exists($range($unassigned, 5, 1))", False),
        ("$exists($hash('a'))", False),
        ("$random(42)", 0.7275636800328681),
        ('$parse("{\\"a\\": [1, -0]}").a', [1, 0]),
        ("$parse('null')", None),
        ("$parse('1e2')", 100),
        ("$parse('9223372036854775807')", 9223372036854775807),
        ("$parse('9223372036854775808')", 9.223372036854776e18),
        ("$parse(\"{'a': 'it\\\\'s'}\").a", "it's"),
    ],
)
def test_an_expression_gives_plain_json(expression: str, expected: Any) -> None:
    value = evaluate(expression)
    assert value == expected
    assert_plain(value)


def assert_plain(value: Any) -> None:
    assert type(value) in (dict, list, str, int, float, bool, type(None))
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        assert_plain(item)


def test_an_integer_that_no_long_holds_is_a_double() -> None:
    """Source: sfnx, docs/design.md: an integer past 2**53 is rounded when an expression reads it."""
    value = evaluate("$states.input.big", input={"big": 10**25 + 1})
    assert (type(value), value) == (float, 1e25)
    assert evaluate("2 * $states.input.n", input={"n": 2**62}) == 2.0**63
    assert evaluate("$states.input.n", input={"n": 2**63 - 1}) == 2**63 - 1


def test_whole_results_stay_integers() -> None:
    for expression in ("1 + 1", "4 / 2", "$sum([1, 2])", "$floor(2.5)", "$count([1])", "1.0", "$round(2.4)"):
        assert type(evaluate(expression)) is int, expression


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("1 / 0", "Infinity"),
        ("-1 / 0", "-Infinity"),
        ("1e308 * 10", "Infinity"),
        ("$floor(-1 / 0)", "-Infinity"),
        ("0 / 0", "NaN"),
    ],
)
def test_what_json_has_no_number_for_becomes_text(expression: str, text: str) -> None:
    assert evaluate(expression) == text
    assert evaluate(f"[{expression}]") == [text]


@pytest.mark.parametrize(
    "expression",
    [
        "$states.input.missing",
        "$unassigned",
        "$states.result",
        "$states.input.empty[0]",
        "$filter($list, function($v) { $v > 9 })",
        "$limit > $unassigned",
        "1 + $unassigned",
        "$partition($unassigned, 1)",
        "$range(1, 3, 0)",
        "$range(5, 1, 1)",
        "$partition([], 2)",
        "()",
    ],
)
def test_an_expression_that_gives_nothing_fails_the_state(expression: str) -> None:
    assert ending(expression) == "returned nothing (undefined)."


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("1 + 'a'", 'T2002: The right side of the "+" operator must evaluate to a number'),
        ("'a' - 1", 'T2001: The left side of the "-" operator must evaluate to a number'),
        ("-'a'", 'D1002: Cannot negate a non-numeric value: "a"'),
        ("1 < 'a'", 'T2009: The values 1 and "a" either side of operator "<" must be of the same data type'),
        ("[] < 1", 'T2010: The expressions either side of operator "<" must evaluate to numeric or string values'),
        ("[1..'a']", "T2004: The right side of the range operator (..) must evaluate to an integer"),
        ("{1: 2}", "T1003: Key in object structure must evaluate to a string; got: 1"),
        ("{'a': 1, 'a': 2}", 'D1009: Multiple key definitions evaluate to same key: "a"'),
        ("$abs('x')", 'T0410: Argument 1 of function "abs" does not match function signature'),
        ("$sum(['a'])", 'T0412: Argument 1 of function "sum" must be an array of "numbers"'),
        ("$nope(1)", "T1006: Attempted to invoke a non-function"),
        ("$eval('1')", "T1006: Attempted to invoke a non-function"),
        ("1 ~> 2", "T2006: The right side of the function application operator ~> must be a function"),
        ("$number('x')", 'D3030: Unable to cast value to a number: "x"'),
        ("$sqrt(-1)", "D3060: The sqrt function cannot be applied to a negative number: -1"),
        (
            "$single([1, 2])",
            "D3138: The $single() function expected exactly 1 matching result.  Instead it matched more.",
        ),
        # what AWS's own functions say: floci, pull 2676; sfnx, tests/test_asl.py
        ("$partition([1], -1)", "D3137: Second argument must be zero or greater"),
        ("$partition(null, 2)", 'T0412: Argument 1 of function "partition" must be an array of undefined'),
        ("$partition([1], '2')", 'T0410: Argument 2 of function "partition" does not match function signature'),
        ("$range(1, 5, null)", 'T0410: Argument 3 of function "range" does not match function signature'),
        ("$hash('a', 'md5')", "D3137: Hash algorithm 'md5' must be one of SHA-1, SHA-384, SHA-256, SHA-512, MD5"),
        ("$parse('NaN')", "D3137: Invalid JSON"),
        ("$parse('')", "D3137: Invalid JSON"),
        ("$parse('1e400')", "D3137: Invalid JSON"),
        ('$parse(\'{"a": 1, "a": 2}\')', "D3137: Invalid JSON"),
        ("$decodeUrlComponent('%zz')", 'D3140: Malformed URL passed to $decodeUrlComponent(): "%zz"'),
        # in jsonata-js's words, as 2.0.6 gives them
        ("1 / (10e300 * 10e100)", "D1001: Number out of range: null"),
        ("$string(1 / 0)", "D3001: Attempting to invoke string function on Infinity or NaN"),
        (
            "$power(-2, 1/3)",
            "D3061: The power function has resulted in a value that cannot be represented as a JSON "
            "number: base=-2, exponent=0.3333333333333333",
        ),
        (
            "$formatNumber(1, '0,')",
            "D3088: The sub-picture must not contain a 'grouping-separator' at the end of the integer part",
        ),
        (
            "$formatInteger(1, '#')",
            'D3130: Formatting or parsing an integer as a sequence starting with "#" is not '
            "supported by this implementation",
        ),
        (
            "$fromMillis(0, '[YN]')",
            "D3133: The 'name' modifier can only be applied to months and days in the "
            'date/time picture string, not "Y"',
        ),
        ("$fromMillis(0, '[M')", "D3135: No matching closing bracket ']' in date/time picture string"),
        (
            "$toMillis('10 5', '[H] [s]')",
            "D3136: The date/time picture string is missing specifiers required to parse the timestamp",
        ),
        (
            "($f := function() { $min(2, 3) }; $f())",
            'T0410: Argument 2 of function "min" does not match function signature',
        ),
        ("function($n)<n>{ $n }('a')", "T0410: Argument 1 of function undefined does not match function signature"),
        ("$sort([1, 'a'])", None),
        ("$toMillis('x')", None),
        ("$formatNumber(1, 'x')", None),
        ("$error('no stock')", "D3137: no stock"),
        ("$assert(false, 'no stock')", "D3141: no stock"),
        (
            "$map([1], function($x) { $x & $abs('y') })",
            'T0410: Argument 1 of function "abs" does not match function signature',
        ),
    ],
)
def test_a_coded_error_is_quoted_with_its_code(expression: str, message: str | None) -> None:
    codes = {"$sort([1, 'a'])": "D3070", "$toMillis('x')": "D3110", "$formatNumber(1, 'x')": "D3086"}
    prefix = "threw an error during evaluation. "
    assert ending(expression).startswith(prefix + codes.get(expression, ""))
    assert message is None or ending(expression) == prefix + message


@pytest.mark.parametrize(
    ("expression", "limit"),
    [
        ("[1..873783]", "Expression evaluation memory limit exceeded: Check for excessive memory usage"),
        ("$range(1, 900000, 1)", "Expression evaluation memory limit exceeded: Check for excessive memory usage"),
        ("($p := function($s, $n) { $n = 0 ? $s : $p($s & $s, $n - 1) }; $p('x', 23))", "Expression evaluation memory"),
        ("($f := function($n) { 1 + $f($n + 1) }; $f(0))", "Stack overflow error: Check for non-terminating"),
        ("1" + " + 1" * 200, "Stack overflow error: Check for non-terminating recursive function."),
        ("($f := function($n) { $f($n + 1) }; $f(0))", "Expression evaluation timeout: Check for infinite loop"),
    ],
)
def test_depth_time_and_memory_are_bounded_as_on_aws(expression: str, limit: str) -> None:
    assert ending(expression).startswith("threw an error during evaluation: " + limit)


def test_within_the_bounds_an_expression_succeeds() -> None:
    assert evaluate("$count([1..873782])") == 873782
    assert evaluate("1" + " + 1" * 90) == 91


@pytest.mark.parametrize("expression", ["$uppercase", "function($x) { $x }", "{'f': $sum}", "/a/"])
def test_a_function_is_no_result(expression: str) -> None:
    assert ending(expression) == "returned an unsupported result type."


@pytest.mark.parametrize(
    ("expression", "code", "message"),
    [
        ("1 +", "S0207", "Unexpected end of expression"),
        ("$a[1,2)", "S0202", 'Expected "]", got ","'),
        ("'open", "S0101", "String literal must be terminated by a matching quote"),
        ('{"a":}', "S0211", 'The symbol "}" cannot be used as a unary operator'),
        ("$match('a', /abc", "S0302", "No terminating / in regular expression"),
        ("5 := 1", "S0212", None),
        # JSONata 2.1 has `?:` and `??`; AWS refuses them (sfnx, docs/design.md), as 2.0.6 does in these words
        ("[1,2,3][-1] ?: 42", "S0211", 'The symbol ":" cannot be used as a unary operator'),
        ("-5 ?: 99", "S0211", 'The symbol ":" cannot be used as a unary operator'),
        ("$a ?? 1", "S0211", 'The symbol "?" cannot be used as a unary operator'),
        (
            "function($a, b){ $a }(1)",
            "S0208",
            "Parameter 2 of function definition must be a variable name (start with $)",
        ),
        ("[1!2]", "S0204", 'Unknown operator: "!"'),
        ("1 /* open", "S0106", "Comment has no closing tag"),
        ("'\\y'", "S0103", 'Unsupported escape sequence: \\"y"'),
        ("10e1000", "S0102", 'Number out of range: "10e1000"'),
        ("$f := function($n)<n<n>>{ $n }", "S0401", "Type parameters can only be applied to functions and arrays"),
        ("$states.%", "S0217", "The object representing the 'parent' cannot be derived from this expression"),
        ("$contains('a', /+/)", None, None),
    ],
)
def test_a_syntax_error_has_jsonata_s_code_and_words(expression: str, code: str | None, message: str | None) -> None:
    with pytest.raises(ExpressionSyntaxError) as caught:
        jsonata.compile_expression("{% " + expression + " %}", "Output")
    assert caught.value.code == code
    assert message is None or caught.value.message == message
    assert 0 <= caught.value.position <= len(expression)


def test_random_values_come_from_the_execution_s_own_generator() -> None:
    expression = "[$uuid(), $random(), $shuffle([1..20])]"
    assert evaluate(expression, seed=3) == evaluate(expression, seed=3)
    assert evaluate(expression, seed=3) != evaluate(expression, seed=4)
    first, second = evaluate("[$uuid(), $uuid()]")
    assert first != second
    assert first[14] == "4"


def test_now_is_the_given_moment() -> None:
    compiled = jsonata.compile_expression("{% $now() %}", "Output")
    assert compiled(STATES, {}, None, 0.25) == "1970-01-01T00:00:00.250Z"


def test_expressions_do_not_meet_each_other() -> None:
    """Two expressions that bind the same name, evaluated in turns."""
    first = jsonata.compile_expression("{% ($x := $states.input.n; $x * 10) %}", "A")
    second = jsonata.compile_expression("{% $exists($x) %}", "B")
    results = []
    for n in (1, 2):
        results += [first({"input": {"n": n}}, {}), second({"input": {}}, {})]
    assert results == [10, False, 20, False]


def test_a_template_is_evaluated_at_every_depth_and_keeps_the_rest() -> None:
    template = {
        "plain": "text",
        "total": "{% $limit + 1 %}",
        "nested": [1, "{% $states.input.name %}", {"deep": "{%$states.input.one%}", "n": None}],
        "$key": "not {% an expression %}",
    }
    before = copy.deepcopy(template)
    compiled = jsonata.compile_template(template, "Output")
    assert compiled(STATES, VARIABLES) == {
        "plain": "text",
        "total": 5,
        "nested": [1, "Ann", {"deep": [7], "n": None}],
        "$key": "not {% an expression %}",
    }
    assert list(compiled(STATES, VARIABLES)) == list(template)
    assert template == before


@pytest.mark.parametrize(
    ("template", "field"),
    [
        ("{% $no %}", "Arguments"),
        ({"a": {"b": "{% $no %}"}}, "Arguments/a/b"),
        ([1, "{% $no %}"], "Arguments[1]"),
        ({"a": [[{"b": "{% $no %}"}]]}, "Arguments/a[0][0]/b"),
    ],
)
def test_a_template_names_the_field_that_failed(template: Any, field: str) -> None:
    with pytest.raises(EvaluationError) as caught:
        jsonata.compile_template(template, "Arguments")(STATES, VARIABLES)
    assert caught.value.field == field
    assert caught.value.message == (
        f"The JSONata expression '$no' specified for the field '{field}' returned nothing (undefined)."
    )


def test_a_template_without_expressions_is_its_own_value() -> None:
    template = {"a": [1, "$x"]}
    assert jsonata.compile_template(template, "Output")(STATES, {}) is template


def test_a_part_of_the_input_is_shared_not_copied() -> None:
    assert evaluate("$states.input.orders") is ORDERS
    assert evaluate("$list") is VARIABLES["list"]
    assert evaluate("{'o': $states.input.orders}")["o"] is ORDERS


@pytest.mark.parametrize(
    "expression",
    [
        "$states.input.empty{'k': 1}",
        "$states.input.orders ~> |lines|{'n': 0}, 'sku'|",
        "$append($states.input.empty, 1)",
        "$append($list, $list)",
        "$sort($list)",
        "$reverse($list)",
        "$shuffle($list)",
        "$states.input.orders^(>id)",
        "$merge($states.input.orders)",
        "$states.input.orders#$i[$i = 0].{'i': $i}",
        "$states.input.orders.lines{sku: $}",
        "($x := $states.input.orders; $x.lines[n > 1])",
        "[$states.input.one, 2]",
        "$spread($states.input.orders[0])",
        "$states.input.one[]",
    ],
)
def test_what_an_expression_reads_is_never_changed(expression: str) -> None:
    before = copy.deepcopy((STATES, VARIABLES))
    evaluate(expression)
    assert before == (STATES, VARIABLES)


def test_the_variables_of_an_expression_are_known() -> None:
    text = "{% ($own := 1; $own + $limit + $sum($list.($f := function($p) { $p + $q }; $f(1)))) & $states.input.x %}"
    assert jsonata.variables_in(text) == {"limit", "list", "q"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [("{% 1 %}", True), ("{%%}", True), (" {% 1 %}", False), ("{% 1", False), ("{%}", False), (1, False)],
)
def test_only_the_whole_string_is_an_expression(value: Any, expected: bool) -> None:
    assert jsonata.is_expression(value) is expected


def test_a_value_of_the_wrong_type_is_described_as_on_aws() -> None:
    assert jsonata.wrong_type("{% null %}", "Items", "array", None) == (
        "The JSONata expression 'null' specified for the field 'Items' returned an unexpected result type. "
        "Expected 'array', but was 'null' for value: null"
    )


@given(st.text("$states.input[]{}()'\"*+-/^~>|&1,:;?=function x%@#", max_size=24))
def test_any_text_gives_json_a_syntax_error_or_an_evaluation_error(text: str) -> None:
    try:
        value = jsonata.compile_expression("{% " + text + " %}", "Output")({"input": [1, {"x": "y"}]}, {})
    except (ExpressionSyntaxError, EvaluationError):
        value = None
    assert_plain(value)


NUMBERS = st.integers(-(2**40), 2**40)


@given(NUMBERS, NUMBERS, st.sampled_from("+-*"))
def test_arithmetic_is_that_of_doubles(left: int, right: int, operator: str) -> None:
    value = jsonata.compile_expression(f"{{% $a {operator} $b %}}", "Output")({}, {"a": left, "b": right})
    exact = {"+": left + right, "-": left - right, "*": left * right}[operator]
    assert value == exact if abs(exact) <= 2**53 else float(value) == float(exact)
