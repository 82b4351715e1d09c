"""What the statement around a line assigns, as far as indentation tells.

A list of ten thousand names is one statement: each line is walked over once, however many of the
lines below it are asked about.
"""

from __future__ import annotations

import re

#: Each is asked for where a line begins.
_ASSIGNED = re.compile(r"^(\w+)[ \t]*(?::[^=\n]*)?=", re.MULTILINE)
_CONSTANT = re.compile(r"^[ \t]+(\w+)[ \t]*(?::[^=\n]*)?=[ \t]*[\w.]*[(\[{]", re.MULTILINE)


class Statements:
    """The statements of one text; lines are known by where they start (characters from 0)."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._margins: dict[int, int] = {}
        self._heads: dict[tuple[int, int], int] = {}
        self._assigned: dict[tuple[re.Pattern[str], int], str | None] = {}

    def collection_at_margin(self, start: int) -> str | None:
        """What the nearest line at or above this one that begins at the margin with a word assigns."""
        return self._name(_ASSIGNED, self._margin(start))

    def collection_around(self, start: int) -> str | None:
        """What the indented line assigns on which the bracket opened that this line is inside of."""
        return self._name(_CONSTANT, self._head(start))

    def _name(self, form: re.Pattern[str], start: int) -> str | None:
        if (form, start) not in self._assigned:
            hit = form.match(self.text, start)
            self._assigned[form, start] = hit.group(1) if hit else None
        return self._assigned[form, start]

    def _margin(self, start: int) -> int:
        text, walked = self.text, []
        while start > 0 and start not in self._margins and text[start : start + 1] in _NO_MARGIN:
            walked.append(start)
            start = self._above(start)
        found = self._margins.get(start, start)
        self._margins.update(dict.fromkeys(walked, found))
        return found

    def _head(self, start: int) -> int:
        indent, walked = _indent(self.text, start), []
        while start > 0 and (start, indent) not in self._heads:
            above = self._above(start)
            line = self.text[above : start - 1]
            if not line.strip():
                break
            if _indent(self.text, above) < indent and not line.lstrip().startswith(")"):
                start = above if line.rstrip().endswith(("(", "[", "{")) else start
                break
            walked.append((start, indent))
            start = above
        found = self._heads.get((start, indent), start)
        self._heads.update(dict.fromkeys(walked, found))
        return found

    def _above(self, start: int) -> int:
        return self.text.rfind("\n", 0, start - 1) + 1


_NO_MARGIN = ("", *" \t\r\n#)]}'\"")


def _indent(text: str, start: int) -> int:
    end = start
    while end < len(text) and text[end] in " \t":
        end += 1
    return end - start
