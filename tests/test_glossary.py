"""What the tool says is plain, or explained in docs/glossary.md."""

from __future__ import annotations

import re
from pathlib import Path

from message_words import messages, words

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
PLAIN = set((Path(__file__).parent / "plain_words.txt").read_text(encoding="utf-8").split())
"""Words that a Python programmer knows who has never seen this tool; look twice before adding one."""


def terms() -> list[str]:
    """The terms of the glossary, each form of a word by itself."""
    headings = re.findall(r"^### (.*)$", PAGE, re.MULTILINE)
    return [form.strip() for heading in headings for form in re.split(r"[(),]", heading.lower())]


def explained() -> set[str]:
    """The words of the terms, and the same with an s."""
    single = {word for term in terms() for word in term.split()}
    return single | {f"{word}s" for word in single}


def test_every_word_of_a_message_is_plain_or_explained() -> None:
    known = PLAIN | explained()
    unknown = {
        word: f"{place}: {text}"
        for place, text in messages()
        for word in sorted(words(text) - known)
    }
    assert unknown == {}, "explain the word in docs/glossary.md, or use a plain one"


def test_no_word_is_both() -> None:
    # Parts of terms that mean nothing special by themselves.
    parts = {"copy", "field", "fields", "function", "functions", "value", "values", "up"}
    assert PLAIN & explained() - parts == set()


def test_no_term_is_left_over() -> None:
    pages = [path for path in (ROOT / "docs").rglob("*.md") if path.name != "glossary.md"]
    said = " ".join(
        [*(text for _, text in messages()), *(path.read_text("utf-8") for path in pages)]
    ).lower()
    assert [term for term in terms() if term and term not in said] == []


def test_terms_are_in_order_and_each_is_explained() -> None:
    headings = re.findall(r"^### (.*)$", PAGE, re.MULTILINE)
    assert headings == sorted(headings, key=str.lower)
    bodies = re.split(r"^### .*$", PAGE, flags=re.MULTILINE)[1:]
    assert all(len(body.split()) > 10 for body in bodies)


def test_the_words_are_found_where_they_stand() -> None:
    found = dict(messages())
    assert any("copies for the cache but never resets" in text for text in found.values())
    assert any("this tool cannot extend" in text for text in found.values())
    assert words("CCL101 f(): 'quoted' --an-option a/path.py Reset on the cache-copy") == {
        "f", "reset", "on", "the", "cache-copy",
    }  # fmt: skip
