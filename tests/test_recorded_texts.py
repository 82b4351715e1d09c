"""What is kept as a text for each file says what it was told, whatever stands in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from lint_rules.project.piecelists import PieceLists, as_told
from lint_rules.project.pieces import form_in
from lint_rules.project.settled import Settled, read, text_of

WORDS = st.text(alphabet='ab #"\\\n\x1e\x1f{}:,é\ud800', max_size=6)
NAMES = st.sampled_from(["f", "C.f", "C.f.<locals>.g"])
FORMS = st.builds(form_in, WORDS, NAMES, st.integers(0, 2))
PIECES = st.dictionaries(WORDS | FORMS, st.text("0123456789abcdef", max_size=4), min_size=1)
SAID = st.lists(WORDS, min_size=1) | st.dictionaries(WORDS, st.integers(), min_size=1)
CONTRIBUTED = st.dictionaries(WORDS, SAID)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from("abc").map(Path), PIECES), st.integers(0, 5))
def test_pieces_are_read_as_they_were_told(pieces: dict[Path, dict[str, str]], first: int) -> None:
    texts = {str(path): "digest" for path in pieces}
    lists = PieceLists(json.loads(json.dumps({"texts": texts, **as_told(pieces)})), first)
    assert [path for _, path, _ in lists.texts] == list(pieces)
    told = [row for number, _, _ in lists.texts for row in lists.digests(number)]
    assert [row[0] for row in told] == list(range(first, lists.end))
    assert [row[1:] for row in told] == [one for names in pieces.values() for one in names.items()]
    for path, names in pieces.items():
        places = lists.of(path)
        assert [*places] == [*names]
        assert [lists.at(place) for place in places.values()] == [(path, name) for name in names]
    assert lists.of(Path("elsewhere")) == {}


@settings(deadline=None)
@given(CONTRIBUTED, CONTRIBUTED)
def test_what_files_contribute_is_the_same_text_however_it_came_about(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    settled = Settled("digest", {}, {}, text_of(before))
    again = read("name", settled.told("name"))
    assert again is not None
    assert again.said == before
    changed = again.changed((name, after.get(name)) for name in sorted({*before, *after}))
    assert set(changed) == {n for n in {*before, *after} if before.get(n) != after.get(n)}
    assert again.text_with(changed) == text_of(after)
    assert read("another", settled.told("name")) is None
