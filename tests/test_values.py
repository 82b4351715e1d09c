"""Values that are made once and shared: they are the same as those that are made anew."""

from __future__ import annotations

import ast
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lint_rules.flow.values import (
    NO_READS,
    Const,
    Init,
    Value,
    constant,
    in_any,
    initial,
    literal,
    reads_of,
    ref,
)

WRITTEN = (
    "''",
    '""',
    "''''''",
    '"a"',
    "'a'",
    "'''a\n\"'''",
    "b'x'",
    "rb'\\x'",
    "u'a'",
    "'\\n'",
    "'\\\n'",
)


@pytest.mark.parametrize("token", WRITTEN)
def test_a_string_is_what_python_says(token: str) -> None:
    assert literal(token) == constant(ast.literal_eval(token))


@given(st.text() | st.binary())
def test_any_string_is_what_python_says(value: str | bytes) -> None:
    token = repr(value)
    assert literal(token) == constant(value)
    if isinstance(value, str) and not set(value) & set("\\'\"\n\r\0"):
        assert literal(f'"{value}"') == constant(value)


@given(st.lists(st.frozensets(st.integers(0, 6)), max_size=5))
def test_a_union_is_one_of_the_sets_where_that_has_all(sets: list[frozenset[int]]) -> None:
    union = in_any(sets)
    assert union == frozenset().union(*sets)
    for one, other in pairwise(sets):
        if (one <= other or other <= one) and (one or other):
            assert any(in_any((one, other)) is either for either in (one, other))


def test_a_value_that_holds_another_is_its_union_with_that() -> None:
    some = Value(frozenset({Init(1, "f"), Const("none")}), frozenset({3, 4}))
    assert some | Value(frozenset({Const("none")}), frozenset({4})) is some
    more = some | Value(frozenset({Init(2, "f")}))
    assert more.atoms == {Init(1, "f"), Const("none"), Init(2, "f")}
    assert more.blame == {3, 4}
    assert some | Value(frozenset(), frozenset({5})) == Value(some.atoms, frozenset({3, 4, 5}))


def test_what_is_asked_for_again_is_the_same() -> None:
    assert ref(7) is ref(7)
    assert initial(1, "f") is initial(1, "f")
    assert initial(1, "f") != initial(2, "f")
    assert reads_of(constant(3)) is NO_READS
    assert literal("'1'") != constant(1)
