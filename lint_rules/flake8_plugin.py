"""The flake8 plugin ``CCL``: the same findings, said in one line each.

flake8 ends its whole run when a plugin raises, so nothing here does: a problem is one ``CCL901``.
What flake8 does itself stays with it: ``# noqa``, ``--select``, syntax errors (``E999``).
"""

from __future__ import annotations

import ast
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from lint_rules import __version__
from lint_rules.contain import Contained
from lint_rules.discovery import common_directory
from lint_rules.settings import OPTIONS, PREFIX, Settings, SettingsError, load_settings
from lint_rules.store import default_directory

if TYPE_CHECKING:
    from lint_rules.engine import Engine
    from lint_rules.findings import Finding

Problem = tuple[int, int, str, type["CacheLeakPlugin"]]
PROBLEM_CODE = "CCL901"
"""The code of a file that could not be analysed, and of a configuration that cannot be used."""


class CacheLeakPlugin:
    """One file, as flake8 hands it over."""

    name = "flake8-cache-leak"
    version = __version__

    _given: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    _start: ClassVar[Path] = Path()

    def __init__(self, tree: ast.AST, filename: str, lines: Sequence[str]) -> None:
        # flake8 runs plugins with this parameter once per file that parses.
        self._tree = tree
        self._filename = filename
        self._lines = lines

    @classmethod
    def add_options(cls, manager: Any) -> None:
        """Tell flake8 about every option of the table, on its command line and in its files."""
        for option in OPTIONS:
            manager.add_option(
                f"--{PREFIX}{option.name}",
                parse_from_config=True,
                comma_separated_list=True,
                default=None,
                metavar="LIST",
                help=option.help,
            )

    @classmethod
    def parse_options(cls, options: Namespace) -> None:
        """Remember what flake8 was told; the rest waits for the first file.

        This runs again in every worker process, so it must cost nothing.
        """
        given = {}
        for option in OPTIONS:
            value = getattr(options, f"{PREFIX}{option.name}".replace("-", "_"), None)
            if value is not None:
                given[option.name] = tuple(value)
        cls._given = given
        cls._start = _start_of(getattr(options, "filenames", None) or ())

    def run(self) -> Iterator[Problem]:
        """The findings of the file, and at most one problem."""
        found: list[Problem] = []
        with Contained() as contained:
            found = self._findings()
        if contained.out_of_time:
            # What the engine was in the middle of is not to be relied on.
            _engine.cache_clear()
        if contained.problem is not None:
            found = [self._problem(contained.problem)]
        yield from found

    def _findings(self) -> list[Problem]:
        try:
            settings = _settings(self._start, tuple(self._given.items()))
        except SettingsError as error:
            return [self._problem(str(error))]
        text = "".join(self._lines)
        # What a plugin reports is filtered by flake8 itself, --disable-noqa included.
        report = _engine(settings).check(
            Path(self._filename), text, display=self._filename, noqa=False
        )
        found = [
            # flake8 counts columns from 0 here and prints them from 1, as we do.
            (finding.line, finding.column - 1, _message(finding), type(self))
            for finding in report.findings
        ]
        if report.errors:
            found.append(self._problem("; ".join(error.message for error in report.errors)))
        return found

    def _problem(self, message: str) -> Problem:
        return (1, 0, f"{PROBLEM_CODE} {' '.join(message.split())}", type(self))


def _message(finding: Finding) -> str:
    fields = ", ".join(finding.field_names)
    return f"{finding.code} {finding.function}: {fields or finding.name}"


def _start_of(filenames: Sequence[str]) -> Path:
    """Where the search for ``pyproject.toml`` begins: as for the command line."""
    return common_directory([name for name in filenames if name != "-"])


@lru_cache(maxsize=8)
def _settings(start: Path, given: tuple[tuple[str, tuple[str, ...]], ...]) -> Settings:
    """The settings in force: flake8's own section and command line over ``pyproject.toml``."""
    return load_settings(
        start, pyproject_only=True, overrides=dict(given), override_origin="flake8"
    ).settings


@lru_cache(maxsize=8)
def _engine(settings: Settings) -> Engine:
    """One engine for all files of this process, so that they share what it learns."""
    from lint_rules.engine import Engine

    return Engine(settings, cache_dir=default_directory())
