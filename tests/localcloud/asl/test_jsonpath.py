"""Paths find what Jayway's library finds, and say what is missing in its words."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.asl import jsonpath
from localcloud.asl.data import Data, EvaluationError, ExpressionSyntaxError
from localcloud.asl.jsonpath import PathNotFound

STORE = {
    "book": [
        {"title": "Sayings", "price": 8, "tags": ["old"], "isbn": None},
        {"title": "Sword", "price": 12.5, "tags": []},
        {"title": "moby", "price": "8", "sold": False},
    ],
    "bike": {"price": 20},
}


def find(path: str, document: Any = STORE, **variables: Any) -> Any:
    return jsonpath.parse(path).evaluate(Data(document, {"Execution": {"Id": "e-1"}}, variables))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$", STORE),
        ("$.bike.price", 20),
        ("$['bike']['price']", 20),
        ('$["bike"].price', 20),
        ("$.book[0].title", "Sayings"),
        ("$.book[(@.length-1)].title", "moby"),
        ("$.book[( @.length - 3 )].title", "Sayings"),
        ("$.[ 'bike' ]", {"price": 20}),
        ("$.book[0].isbn", None),
    ],
)
def test_a_definite_path_gives_the_one_value(path: str, expected: Any) -> None:
    assert find(path) == expected
    assert jsonpath.parse(path).is_definite


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$.book[*].price", [8, 12.5, "8"]),
        ("$.book[0,2].title", ["Sayings", "moby"]),
        ("$.book[1:].title", ["Sword", "moby"]),
        ("$.book[:1].title", ["Sayings"]),
        ("$.book[-2:].title", ["Sword", "moby"]),
        ("$.book[0:1].title", ["Sayings"]),
        ("$.bike.*", [20]),
        ("$..price", [8, 12.5, "8", 20]),
        ("$..tags[*]", ["old"]),
        ("$..book[0].title", ["Sayings"]),
        ("$.book.*.sold", [False]),
    ],
)
def test_an_indefinite_path_gives_a_list_in_document_order(path: str, expected: Any) -> None:
    assert find(path) == expected
    assert not jsonpath.parse(path).is_definite


def test_several_names_at_the_end_pick_an_object() -> None:
    assert find("$.book[0]['title', 'price', 'no']") == {"title": "Sayings", "price": 8}


def test_several_names_on_the_way_give_a_list() -> None:
    assert find("$['bike', 'none']['price']") == [20]


@pytest.mark.parametrize(
    ("condition", "titles"),
    [
        ("@.sold", ["moby"]),
        ("@.isbn", ["Sayings"]),
        ("!(@.sold)", ["Sayings", "Sword"]),
        ("!@.sold", ["Sayings", "Sword"]),
        ("@.price > 10", ["Sword"]),
        ("@.price == 8", ["Sayings", "moby"]),
        ("@.price != 8", ["Sword"]),
        ("@.price == '8'", ["Sayings", "moby"]),
        ("@.title < 'T'", ["Sayings", "Sword"]),
        ("@.sold == false", ["moby"]),
        ("@.isbn == null", ["Sayings"]),
        ("@.title == 'Sword' || @.sold", ["Sword", "moby"]),
        ("@.price > 5 && (@.price < 10 || @.sold)", ["Sayings"]),
        ("@.title =~ /s.*/i", ["Sayings", "Sword"]),
        ("@.title =~ /S/", []),
        ("@.title in ['moby', 'Sword']", ["Sword", "moby"]),
        ("@.title nin ['moby', 'Sword']", ["Sayings"]),
        ("@.tags contains 'old'", ["Sayings"]),
        ("@.title contains 'o'", ["Sword", "moby"]),
        ("@.tags size 1", ["Sayings"]),
        ("@.tags empty true", ["Sword"]),
        ("@.tags subsetof ['old', 'new']", ["Sayings", "Sword"]),
        ("@.tags anyof ['old']", ["Sayings"]),
        ("@.tags noneof ['old']", ["Sword", "moby"]),
        ("@.price < $.bike.price", ["Sayings", "Sword"]),
        ("@.tags.length() == 0", ["Sword"]),
        ("@['price'] >= 12.5", ["Sword"]),
    ],
)
def test_a_filter_keeps_the_elements_for_which_it_is_true(condition: str, titles: list[str]) -> None:
    assert find(f"$.book[?({condition})].title") == titles


def test_a_filter_after_a_deep_scan_takes_every_object_once() -> None:
    assert find("$..[?(@.price > 15)]") == [{"price": 20}]


def test_functions_end_a_path() -> None:
    document = {"n": [1, 2, 6], "o": {"a": 1, "b": 2}}
    assert find("$.n.length()", document) == 3
    assert find("$.o.length()", document) == 2
    assert (find("$.n.min()", document), find("$.n.max()", document), find("$.n.avg()", document)) == (1, 6, 3)
    assert find("$.n.stddev()", document) == pytest.approx(2.160246899)


def test_a_function_that_aws_does_not_have_finds_nothing() -> None:
    with pytest.raises(PathNotFound):
        find("$.book.sum()")


def test_the_context_object_and_variables_are_roots() -> None:
    assert find("$$.Execution.Id") == "e-1"
    assert find("$$") == {"Execution": {"Id": "e-1"}}
    assert find("$total[1].n", total=[0, {"n": 5}]) == 5
    assert jsonpath.parse("$total[1]").variable == "total"
    assert jsonpath.parse("$.total").variable is None


def test_a_variable_that_was_never_assigned_is_an_error() -> None:
    with pytest.raises(EvaluationError, match=r"\$total") as caught:
        find("$total")
    assert caught.value.error == "States.Runtime"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("$.car", "No results for path: $['car']"),
        ("$.bike.wheels", "No results for path: $['bike']['wheels']"),
        ("$.car.wheels", "Missing property in path $['car']"),
        ("$.book[7]", "No results for path: $['book'][7]"),
        (
            "$.book[-1]",
            "No results for path: $['book'][-1]",
        ),  # seen on AWS: zenn.dev/sotaro8181/articles/9f265419e4fda9
        ("$.book[(@.length-4)]", "No results for path: $['book'][-4]"),
        ("$.book[7].title", "No results for path: $['book'][7]['title']"),
        ("$.book[0].isbn[0]", "The path $['book'][0]['isbn'] is null"),
        (
            "$.bike.price.currency",
            "Expected to find an object with property ['currency'] in path $['bike']['price'] but found "
            "'java.lang.Integer'. This is not a json object according to the JsonProvider: "
            "'com.jayway.jsonpath.spi.json.JacksonJsonProvider'.",
        ),
        ("$.bike[0]", "Filter: [0] can only be applied to arrays. Current context is: {price=20}"),
    ],
)
def test_a_definite_path_that_finds_nothing_says_where(path: str, reason: str) -> None:
    with pytest.raises(PathNotFound) as caught:
        find(path)
    assert caught.value.message == f"Invalid path '{path}' : {reason}"
    assert caught.value.error == "States.Runtime"
    assert caught.value.root is STORE


@pytest.mark.parametrize("path", ["$.car[*].wheels", "$.car.wheels[1:]", "$..car", "$.bike.price[*]", "$[?(@.x)]"])
def test_an_indefinite_path_that_finds_nothing_gives_an_empty_list(path: str) -> None:
    assert find(path) == []


@pytest.mark.parametrize(
    ("path", "position"),
    [
        ("", 0),
        ("book", 0),
        ("$.", 2),
        ("$..", 3),
        ("$x y", 2),
        ("$.a b", 3),
        ("$[", 2),
        ("$[x]", 2),
        ("$['a", 2),
        ("$['a'", 5),
        ("$.a]", 3),
        ("$[:]", 4),
        ("$[1,]", 4),
        ("$[?(@.a]", 7),
        ("$[?(@.a == )]", 11),
        ("$[?(1)]", 5),
        ("$[?(@.a =~ /(/)]", 12),
        ("$.a.length(1)", 11),
        ("$-", 1),
    ],
)
def test_what_is_no_path_is_refused_with_the_position(path: str, position: int) -> None:
    with pytest.raises(ExpressionSyntaxError) as caught:
        jsonpath.parse(path)
    assert (caught.value.text, caught.value.position) == (path, position)


@pytest.mark.parametrize("path", ["$", "$.a", "$.a[0]['b c']", "$$.Map.Item.Index", "$name.a"])
def test_names_and_indices_make_a_reference_path(path: str) -> None:
    assert jsonpath.is_reference(path)


@pytest.mark.parametrize(
    "path", ["$.a[*]", "$..a", "$.a[0,1]", "$.a[1:]", "$['a','b']", "$.a.length()", "$.a[-1]", "$.a[(@.length-1)]"]
)
def test_what_may_find_several_nodes_is_no_reference_path(path: str) -> None:
    assert not jsonpath.is_reference(path)


@pytest.mark.parametrize(
    ("path", "document", "expected"),
    [
        ("$", {"a": 1}, "new"),
        ("$.b", {"a": 1}, {"a": 1, "b": "new"}),
        ("$.a", {"a": 1, "z": 2}, {"a": "new", "z": 2}),
        ("$.a.b.c", {}, {"a": {"b": {"c": "new"}}}),
        ("$.l[1]", {"l": [1, 2, 3]}, {"l": [1, "new", 3]}),
        ("$.l[0].x", {"l": [{"y": 1}]}, {"l": [{"y": 1, "x": "new"}]}),
    ],
)
def test_a_value_is_placed_at_a_reference_path(path: str, document: Any, expected: Any) -> None:
    before = copy.deepcopy(document)
    assert jsonpath.parse(path).place(document, "new") == expected
    assert document == before


@pytest.mark.parametrize(
    ("path", "document", "shown"),
    [
        ("$.a", "text", '"text"'),
        ("$.a", None, "null"),
        ("$.a.b", {"a": 1}, '{"a":1}'),
        ("$.l[1]", {"l": []}, '{"l":[]}'),
        ("$.l[0]", {}, "{}"),
    ],
)
def test_a_value_that_cannot_be_placed_is_a_conflict(path: str, document: Any, shown: str) -> None:
    with pytest.raises(EvaluationError) as caught:
        jsonpath.parse(path).place(document, 1)
    assert caught.value.error == "States.ReferencePathConflict"
    assert caught.value.message == f"Unable to apply ReferencePath {path} to input {shown}"


def test_what_is_not_on_the_way_is_shared_not_copied() -> None:
    document = {"big": [1, 2, 3], "a": {"b": 1}}
    placed = jsonpath.parse("$.a.c").place(document, 2)
    assert placed["big"] is document["big"]


NAMES = st.text("abc _'\"\\.$", min_size=1, max_size=4)


@given(st.lists(NAMES, min_size=1, max_size=4), st.integers())
def test_what_is_placed_is_found_again_whatever_the_names(names: list[str], value: int) -> None:
    quoted = "".join("['" + name.replace("\\", "\\\\").replace("'", "\\'") + "']" for name in names)
    path = jsonpath.parse("$" + quoted)
    assert path.apply(path.place({}, value)) == value


@given(st.text("$.[]()?@*'\"ab01:,&|!=<>/ -", max_size=16))
def test_any_text_is_a_path_or_a_syntax_error(text: str) -> None:
    position = 0
    try:
        jsonpath.parse("$" + text)
    except ExpressionSyntaxError as error:
        position = error.position
    assert 0 <= position <= len(text) + 1


@given(st.sampled_from(["$.a", "$.a[1].b", "$..b", "$.a[*]", "$.a[?(@.b)]", "$.c.d", "$['a','b']", "$.a[5]"]))
def test_only_definite_paths_fail(text: str) -> None:
    path = jsonpath.parse(text)
    try:
        path.apply({"a": [1, {"b": "x"}], "b": None})
        failed = False
    except PathNotFound:
        failed = True
    assert path.is_definite or not failed


LABELS = [
    {"Name": "Receipt", "Seen": "2026-01-05", "n": 1},
    {"Name": "Till Roll", "Seen": "true-ish", "n": -1},
    {"Name": None, "Seen": True, "n": 2},
]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("@.Name==Receipt", [1]),  # aws-samples' textract-analyze-expense-tf: ?(@.Type.Text==VENDOR_NAME)
        ("@.Name == Receipt", [1]),
        ("@['Name'] != Receipt && @.n < 2", [-1]),
        ("@.Name==Till Roll", [-1]),
        ("@.n==2 || @.Name==Receipt", [1, 2]),
        ("Receipt==@.Name", [1]),
        ("@.Seen==2026-01-05", [1]),
        ("@.Seen==true-ish", [-1]),
        ("@.Seen==true", [2]),
        ("@.Name==null", [2]),
        ("@.n==-1", [-1]),
        ("@.Name in [Receipt, Till Roll]", [1, -1]),
        ("@.n in [1, 2]", [1, 2]),
        ("@.Seen in [true, 'true-ish']", [-1, 2]),
    ],
)
def test_a_string_in_a_filter_may_do_without_quotes(condition: str, expected: list[int]) -> None:
    assert find(f"$[?({condition})].n", LABELS) == expected


@pytest.mark.parametrize("path", ["$.a ", "$['a'] ", "$.a  ", "$.a\n", "$ ", "$.a.b[0] ", "$$.Execution.Name ", "$x "])
def test_blanks_at_the_end_of_a_path_do_not_count(path: str) -> None:
    """aws-samples' app-decompose-business-processes has `"$$.Execution.Name "`; Jayway's compiler trims a path."""
    assert jsonpath.parse(path).is_reference


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (r"$['it\'s']", "it's"),
        (r'$["say \"so\""]', 'say "so"'),
        (r"$['back\\slash']", "back\\slash"),
        (r"$['caf\u00e9']", "caf\u00e9"),
        (r"$['two\nlines\t']", "two\nlines\t"),
        (r"$['\@\.']", "@."),
    ],
)
def test_bracket_names_take_the_escapes_of_java(path: str, name: str) -> None:
    assert find(path, {name: 1}) == 1
    assert jsonpath.parse(path).place({}, 2) == {name: 2}
