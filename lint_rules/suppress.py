"""``# noqa``, on flake8's own rules, so that a comment means the same in every face.

flake8's own classes do the work: what they decide is what ``flake8`` decides for the same file,
whatever version is installed.  They are imported only for a text that contains "noqa" at all.
"""

from __future__ import annotations

import io
import re
from importlib import import_module
from logging import getLogger
from pathlib import Path
from typing import Any

PerFile = tuple[tuple[str, tuple[str, ...]], ...]
"""Patterns of files and the codes that are ignored in them."""


def parse_per_file_ignores(written: str, parent: Path) -> PerFile:
    """flake8's ``per-file-ignores``, patterns told from ``parent``; what cannot be ours is left out.

    Raises ValueError where flake8 would not take it either.
    """
    utils = _flake8("utils")
    try:
        entries = utils.parse_files_to_codes_mapping(written)
    except Exception as error:  # flake8's own class moved between versions
        raise ValueError(" ".join(str(error).split())) from error
    found = []
    for pattern, codes in entries:
        ours = tuple(code for code in codes if code.startswith("CCL") or "CCL".startswith(code))
        if ours:
            found.append((utils.normalize_path(pattern, str(parent)), ours))
    return tuple(found)


def ignored_in(path: Path, entries: PerFile) -> tuple[str, ...]:
    """The codes that ``per-file-ignores`` ignores in one file."""
    matches = _flake8("utils").matches_filename
    log = getLogger(__name__)
    shown = str(path)
    return tuple(
        code for pattern, codes in entries if matches(shown, [pattern], "", log) for code in codes
    )


class Suppressions:
    """The ``# noqa`` and ``# flake8: noqa`` comments of one file."""

    def __init__(self, text: str) -> None:
        self._text = text if "noqa" in text.lower() else None
        self._lines: list[str] = []
        self._processor: Any = None
        self._file_hidden: bool | None = None

    @property
    def file_hidden(self) -> bool:
        """True when ``# flake8: noqa`` on a line of its own hides the whole file."""
        if self._text is None:
            return False
        if self._file_hidden is None:
            self._file_hidden = bool(self._processed().should_ignore_file())
        return self._file_hidden

    def hides(self, code: str, line: int) -> bool:
        """True when a finding of ``code`` reported at ``line`` (from 1) is suppressed."""
        if self._text is None:
            return False
        if self.file_hidden:
            return True
        violation = _flake8("violation").Violation(code, "", line, 1, "", self._physical(line))
        return bool(violation.is_inline_ignored(disable_noqa=False))

    def touches(self, lines: range) -> bool:
        """True when any of ``lines`` carries a noqa that can mean one of our codes.

        A fixer must leave such lines alone.
        """
        if self._text is None:
            return False
        return self.file_hidden or any(self._concerns_us(line) for line in lines)

    def _concerns_us(self, line: int) -> bool:
        match = _inline_pattern().search(self._physical(line))
        if match is None:
            return False
        codes = match.groupdict().get("codes")
        if codes is None:
            return True
        named = codes.upper().replace(",", " ").split()
        return any(code.startswith("CCL") or "CCL".startswith(code) for code in named)

    def _physical(self, line: int) -> str:
        """The text that flake8 searches for a finding at ``line``.

        That is the line itself, or all lines of a string or continuation that goes over several.
        """
        joined: str | None = self._processed().noqa_line_for(line)
        if joined is not None:
            return joined
        # flake8 takes the bare line where a file cannot be tokenized.
        return self._lines[line - 1] if 0 < line <= len(self._lines) else ""

    def _processed(self) -> Any:
        if self._processor is None:
            from argparse import Namespace

            assert self._text is not None
            self._lines = io.StringIO(self._text, newline=None).readlines()
            options = Namespace(
                disable_noqa=False, hang_closing=False, indent_size=4, max_line_length=79,
                max_doc_length=None, verbose=0,
            )  # fmt: skip
            self._processor = _flake8("processor").FileProcessor("", options, lines=self._lines)
        return self._processor


def _flake8(module: str) -> Any:
    # flake8 carries no types, hence ``Any``; and it is not cheap to import, hence late.
    return import_module(f"flake8.{module}")


def _inline_pattern() -> re.Pattern[str]:
    defaults = _flake8("defaults")
    # The name of flake8's own expression is not the same in all its releases.
    for name in ("NOQA_INLINE_REGEX", "NOQA_INLINE_REGEXP"):
        pattern = getattr(defaults, name, None)
        if isinstance(pattern, re.Pattern):
            return pattern
    raise RuntimeError("this flake8 has no expression for '# noqa'; use another release of it")
