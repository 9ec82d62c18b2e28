"""The intrinsic functions, as the developer guide describes each."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.asl import intrinsics
from localcloud.asl.data import Data, EvaluationError, ExpressionSyntaxError
from localcloud.asl.randomness import JavaRandom

CONTEXT = {"Execution": {"Name": "run-7"}, "StateMachine": {"Id": "arn", "Name": "m"}}


def call(text: str, document: Any = None, *, seed: int = 1, **variables: Any) -> Any:
    return intrinsics.parse(text)(Data(document, CONTEXT, variables, random.Random(seed)))


def failure(text: str, document: Any = None) -> EvaluationError:
    with pytest.raises(EvaluationError) as caught:
        call(text, document)
    return caught.value


@pytest.mark.parametrize(
    ("text", "document", "expected"),
    [
        ("States.Array()", None, []),
        ("States.Array('a', 1, -1.5e3, true, null, $.x)", {"x": [2]}, ["a", 1, -1500.0, True, None, [2]]),
        ("States.ArrayPartition($, 4)", [1, 2, 3, 4, 5, 6, 7, 8, 9], [[1, 2, 3, 4], [5, 6, 7, 8], [9]]),
        ("States.ArrayPartition($, 1.5)", [1, 2, 3], [[1, 2], [3]]),
        ("States.ArrayContains($, 5)", [1, 5], True),
        ("States.ArrayContains($, 1)", [True, "1"], False),
        ("States.ArrayContains($.l, $.v)", {"l": [{"a": [1]}], "v": {"a": [1]}}, True),
        ("States.ArrayRange(1, 9, 2)", None, [1, 3, 5, 7, 9]),
        ("States.ArrayRange(3, 1, -1)", None, [3, 2, 1]),
        ("States.ArrayRange(5, 1, 2)", None, []),
        ("States.ArrayGetItem($, 5)", [1, 2, 3, 4, 5, 6], 6),
        ("States.ArrayLength($)", [1, None], 2),
        (
            "States.ArrayUnique($)",
            [3, 1, 3, "3", {"a": 1, "b": 2}, {"b": 2, "a": 1}, True, 1.0],
            [3, 1, "3", {"a": 1, "b": 2}, True],
        ),
        ("States.Base64Encode('Data to encode')", None, "RGF0YSB0byBlbmNvZGU="),
        ("States.Base64Decode('RGF0YSB0byBkZWNvZGU=')", None, "Data to decode"),
        ("States.Hash('input data', 'SHA-1')", None, "aaff4a450a104cd177d28d18d74485e8cae074b7"),
        ("States.Hash('', 'MD5')", None, "d41d8cd98f00b204e9800998ecf8427e"),
        (
            "States.JsonMerge($.a, $.b, false)",
            {"a": {"x": {"p": 1}, "y": 1}, "b": {"x": {"q": 2}}},
            {"x": {"q": 2}, "y": 1},
        ),
        ("States.StringToJson($)", '{"a":[1,-0,"b"]}', {"a": [1, 0, "b"]}),
        ("States.StringToJson('  ')", None, None),
        ("States.JsonToString($)", {"a": "\u00e9", "b": [1.0, None]}, '{"a":"\u00e9","b":[1.0,null]}'),
        ("States.MathAdd(111, -1)", None, 110),
        ("States.StringSplit('1,2+3+,4', '+,')", None, ["1", "2", "3", "4"]),
        ("States.StringSplit('', ',')", None, []),
    ],
)
def test_each_function_does_what_the_guide_says(text: str, document: Any, expected: Any) -> None:
    assert call(text, document) == expected


def test_all_eighteen_functions_are_there() -> None:
    from localcloud.asl.intrinsic_functions import BY_NAME

    assert len(BY_NAME) == 18


@pytest.mark.parametrize(("first", "second", "total"), [(1.5, 0, 2), (-1.5, 0, -1), (-0.5, 0.5, 1), (2.5, -2.5, 1)])
def test_numbers_with_a_fraction_are_rounded_half_up_as_java_does(first: float, second: float, total: int) -> None:
    assert call("States.MathAdd($.a, $.b)", {"a": first, "b": second}) == total


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("States.Format('no holes')", "no holes"),
        ("States.Format('{} and {}', 'a', $.n)", "a and 1"),
        ("States.Format('{}', $.null)", "null"),
        ("States.Format('{} {}', $.yes, $.f)", "true 1.5"),
        ("States.Format('{}', $.o)", "{Arg1=1, Arg2=[x, null]}"),
        ("States.Format($.template, 'you')", "Hi {you}"),
        (r"States.Format('\{{}\} it\'s a \\', 1)", "{1} it's a \\"),
        ("States.Format('{}', $$.Execution.Name)", "run-7"),
        ("States.Format('{}', $who.name)", "Ann"),
    ],
)
def test_format_fills_the_holes_in_its_template(text: str, expected: str) -> None:
    document = {
        "n": 1,
        "null": None,
        "yes": True,
        "f": 1.5,
        "o": {"Arg1": 1, "Arg2": ["x", None]},
        "template": "Hi \\{{}\\}",
    }
    assert call(text, document, who={"name": "Ann"}) == expected


def test_calls_nest() -> None:
    text = "States.ArrayGetItem(States.StringSplit($.s, '-'), States.MathAdd(States.ArrayLength($.l), -1))"
    assert call(text, {"s": "a-b-c", "l": [0, 0]}) == "b"


def test_random_values_come_from_the_execution_s_own_generator() -> None:
    text = "States.Array(States.UUID(), States.MathRandom(1, 1000), States.UUID())"
    assert call(text, seed=3) == call(text, seed=3)
    assert call(text, seed=3) != call(text, seed=4)
    first, _, last = call(text)
    assert first != last
    assert first[14] == "4"


def test_a_given_seed_gives_the_same_number_in_every_execution() -> None:
    text = "States.MathRandom(10, 20, 42)"
    assert call(text, seed=1) == call(text, seed=2) == 10 + JavaRandom(42).next_int(10)


def test_the_seeded_generator_is_java_s() -> None:
    """The first values of `new java.util.Random(42)`."""
    source = JavaRandom(42)
    assert [source.next_int(10) for _ in range(5)] == [0, 3, 8, 4, 0]
    assert JavaRandom(42).next_double() == 0.7275636800328681
    assert JavaRandom(42).next_int(16) == 11


@pytest.mark.parametrize(
    ("text", "document"),
    [
        ("States.ArrayPartition('a', 1)", None),
        ("States.ArrayPartition($, 0)", [1]),
        ("States.ArrayContains('a', 1)", None),
        ("States.ArrayRange(1, 2, 0)", None),
        ("States.ArrayRange(0, 1000, 1)", None),
        ("States.ArrayRange('a', 2, 1)", None),
        ("States.ArrayGetItem($, -1)", [1]),
        ("States.ArrayGetItem($, 1)", [1]),
        ("States.ArrayLength($)", {"a": 1}),
        ("States.ArrayUnique('aa')", None),
        ("States.Base64Encode(1)", None),
        ("States.Base64Encode($)", "x" * 10_001),
        ("States.Base64Decode('!')", None),
        ("States.Hash('a', 'SHA-3')", None),
        ("States.JsonMerge($, $, true)", {}),
        ("States.JsonMerge($, 1, false)", {}),
        ("States.StringToJson('{')", None),
        ("States.StringToJson('NaN')", None),
        ("States.StringToJson(1)", None),
        ("States.MathAdd(true, 1)", None),
        ("States.MathAdd(2147483647, 1)", None),
        ("States.MathAdd(2147483648, 1)", None),
        ("States.MathRandom(2, 2)", None),
        ("States.StringSplit(1, ',')", None),
        ("States.Format($, 1)", "no hole"),
        ("States.Format($)", 5),
    ],
)
def test_arguments_that_do_not_fit_fail_the_intrinsic(text: str, document: Any) -> None:
    error = failure(text, document)
    assert error.error == "States.IntrinsicFailure"
    assert error.message.startswith(f"The function '{text}' had the following error: ")


def test_a_path_that_finds_nothing_is_a_runtime_error() -> None:
    error = failure("States.Format('{}', $.who)", {"x": 1})
    assert error.error == "States.Runtime"
    assert error.message == (
        "The function 'States.Format('{}', $.who)' had the following error: "
        "The JsonPath argument for the field '$.who' could not be found in the input '{\"x\":1}'"
    )


@pytest.mark.parametrize(
    "text",
    [
        "States.Nope()",
        "Format('a')",
        "States.Format",
        "States.Format(",
        "States.Format()",
        "States.Format('a'",
        "States.Format('a') ",
        "States.Format('a' 'b')",
        "States.Format('{}')",
        "States.Format('a', 1)",
        "States.Format('open)",
        r"States.Format('\n')",
        "States.Format('{\"a\": {}}', 1)",
        "States.UUID(1)",
        "States.MathAdd(1)",
        "States.MathAdd(1, x)",
        "States.ArrayLength($.)",
        "States.Hash('a')",
        "States.Array(" * 11 + ")" * 11,
    ],
)
def test_what_is_no_call_is_refused(text: str) -> None:
    with pytest.raises(ExpressionSyntaxError):
        intrinsics.parse(text)


def test_ten_calls_may_nest_in_a_field() -> None:
    assert call("States.Array(" * 10 + ")" * 10) == [[[[[[[[[[]]]]]]]]]]


def test_the_variables_of_a_call_are_known() -> None:
    assert intrinsics.variables_in("States.Format('{}{}', $a.b, States.MathAdd($c, $.d))") == {"a", "c"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_a_value_survives_becoming_text_and_back(value: Any) -> None:
    assert call("States.StringToJson(States.JsonToString($))", value) == value


@given(st.lists(st.integers()), st.integers(1, 5))
def test_the_parts_of_a_partition_make_the_whole(items: list[int], size: int) -> None:
    parts = call(f"States.ArrayPartition($, {size})", items)
    assert [item for part in parts for item in part] == items
    assert all(len(part) == size for part in parts[:-1])


@given(st.text("States.Format('{}\\\\', $.a)1 ", max_size=20))
def test_any_text_is_a_call_or_a_syntax_error(text: str) -> None:
    position = 0
    try:
        intrinsics.parse("States." + text)
    except ExpressionSyntaxError as error:
        position = error.position
    assert 0 <= position <= len(text) + 7
