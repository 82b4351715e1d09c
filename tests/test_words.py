"""Words in texts, and what they say."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lint_rules.naming import is_plain_type
from lint_rules.project.words import FEW, places_of, word_before
from lint_rules.screen.wrappers import mentioned

TEXTS = st.lists(
    st.sampled_from(["a", "b", "Ab", "_c", "d1", "é", " ", ".", "(", "\n", "get", "store", "A"]),
    max_size=40,
).map("".join)


@given(TEXTS, st.sets(st.from_regex(r"[a-d_]{1,2}[0-9]?", fullmatch=True), max_size=3 * FEW))
def test_the_places_of_names_are_those_of_words(text: str, names: set[str]) -> None:
    every = [hit.span() for hit in re.finditer(r"\w+", text) if hit.group() in names]
    assert [hit.span() for hit in places_of(names, text)] == every
    many = names | {f"x{number}" for number in range(FEW + 1)}
    assert [hit.span() for hit in places_of(many, text)] == every


@given(TEXTS)
def test_the_word_before_a_place_is_what_ends_there(text: str) -> None:
    for at in range(len(text) + 1):
        found = re.search(r"\w*\Z", text[:at])
        assert found is not None
        assert word_before(text, at) == found.group()


@given(TEXTS)
def test_what_is_mentioned_is_classes_and_calls_of_common_methods(text: str) -> None:
    found = set(mentioned(text, frozenset({"_c"})))
    assert {word for word in re.findall(r"\w+", text) if re.match(r"_*[A-Z]", word)} <= found
    assert ("_c" in re.findall(r"\w+", text)) is ("_c" in found)
    assert set(re.findall(r"\b\w+\.(?:get|store)\b", text)) <= found
    assert all(re.fullmatch(r"\w*[A-Z]\w*|_c|\w+\.(?:get|store)", word) for word in found)


@pytest.mark.parametrize(
    ("annotation", "plain"),
    [
        ("str", True), ("int | None", True), ("Optional[List[str]]", True), ("list[str]", True), ("tuple[int, ...]", True),
        ("list", False), ("Optional[List]", False), ("tuple", False), ("Iterable | None", False), ("Auth", False),
        ("list[Auth]", False), ("", False), (None, False),
    ],
)  # fmt: skip
def test_what_holds_no_fields(annotation: str | None, plain: bool) -> None:
    assert is_plain_type(annotation) is plain
