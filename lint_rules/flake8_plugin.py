"""The flake8 plugin ``CCL``: the same findings, said in one line each.

flake8 ends its whole run when a plugin raises, so nothing here does: a problem is one ``CCL901``.
What flake8 does itself stays with it: ``# noqa``, ``--select``, syntax errors (``E999``).
"""

from __future__ import annotations

import ast
import re
import sys
from argparse import ArgumentError, ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from logging import INFO, Logger, getLogger
from multiprocessing import parent_process
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from lint_rules import __version__
from lint_rules.contain import Contained
from lint_rules.discovery import common_directory
from lint_rules.settings import (
    OPTIONS,
    PREFIX,
    LoadedSettings,
    Settings,
    SettingsError,
    load_flake8_settings,
)
from lint_rules.store import default_directory

if TYPE_CHECKING:
    from lint_rules.configfiles import ConfigFiles
    from lint_rules.engine import Engine
    from lint_rules.findings import Finding

Problem = tuple[int, int, str, type["CacheLeakPlugin"]]
PROBLEM_CODE = "CCL901"
"""The code of a file that could not be analysed, and of a configuration that cannot be used."""


@dataclass(frozen=True, slots=True)
class _Told:
    """What flake8 was told that matters here; hashable, so that it can be worked out once."""

    given: tuple[tuple[str, tuple[str, ...]], ...] = ()
    start: Path = Path()
    config: Path | None = None
    append: tuple[Path, ...] = ()
    isolated: bool = False

    @classmethod
    def by(cls, options: Namespace) -> _Told:
        """Picked out of flake8's options."""
        given = []
        for option in OPTIONS:
            value = getattr(options, f"{PREFIX}{option.name}".replace("-", "_"), None)
            if value is not None:
                given.append((option.name, tuple(value)))
        files = _files_asked_for(sys.argv)
        return cls(
            tuple(given), _start_of(options), files.config, tuple(files.append), files.isolated
        )


_PROGRAM = re.compile(r"(?:^|[/\\\\])flake8(?:\.exe|[/\\\\]__main__\.py|-script\.pyw?)?$")


def _files_asked_for(argv: Sequence[str]) -> Namespace:
    """Which configuration files flake8 was told to read: it keeps that to itself.

    The words of another program that runs flake8 in its own process mean nothing here.
    """
    parser = ArgumentParser(add_help=False, exit_on_error=False)
    parser.add_argument("--config", type=Path)
    parser.add_argument("--append-config", dest="append", action="append", type=Path, default=[])
    parser.add_argument("--isolated", action="store_true")
    ours = _PROGRAM.search(argv[0]) if argv else None
    try:
        return parser.parse_known_args(argv[1:] if ours else [])[0]
    except ArgumentError:
        # flake8 has accepted its own words by now, so these were not its.
        return parser.parse_known_args([])[0]


def _start_of(options: Namespace) -> Path:
    """Where the search for ``pyproject.toml`` begins: as for the command line."""
    names = getattr(options, "filenames", None) or ()
    # An editor sends the text on standard input and says whose it is.
    shown = getattr(options, "stdin_display_name", "stdin")
    alone = [] if shown == "stdin" else [shown]
    return common_directory([name for name in names if name != "-"] or (alone if names else []))


class CacheLeakPlugin:
    """One file, as flake8 hands it over."""

    name = "flake8-cache-leak"
    version = __version__

    _told: ClassVar[_Told] = _Told()

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
        cls._told = _Told.by(options)
        # An editor may keep one process for many runs, and files have changed since the last one.
        forget()
        # Only who asks for it pays for reading the files at once, and only one process says it.
        log = getLogger("flake8.cache_leak")
        if log.isEnabledFor(INFO) and parent_process() is None:
            _say_where_from(cls._told, log)

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
            settings = _loaded(self._told, Path(self._filename).absolute().parent).settings
        except SettingsError as error:
            return [self._problem(str(error))]
        text = "".join(self._lines)
        # What a plugin reports is filtered by flake8 itself, --disable-noqa included.
        engine = _engine(settings)
        report = engine.check(Path(self._filename), text, display=self._filename, noqa=False)
        engine.keep()  # flake8 does not say which file is the last one
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


@lru_cache(maxsize=256)
def _loaded(told: _Told, directory: Path) -> LoadedSettings:
    """The settings of the files in a directory: flake8's own section and command line over ``pyproject.toml``."""
    return load_flake8_settings(
        directory, dict(told.given), config=told.config, append=told.append, isolated=told.isolated,
        files=_config_files(),
    )  # fmt: skip


@lru_cache(maxsize=1)
def _config_files() -> ConfigFiles:
    """What this run has read of configuration files."""
    from lint_rules.configfiles import ConfigFiles

    return ConfigFiles()


def forget() -> None:
    """Read configuration files and projects anew."""
    for remembered in (_loaded, _config_files, _engine):
        remembered.cache_clear()


def _say_where_from(told: _Told, log: Logger) -> None:
    """What ``flake8 -v`` says of our options, beside what it says of itself."""
    try:
        loaded = _loaded(told, told.start)
    except SettingsError as error:
        log.error("%s", error)
        return
    for line in loaded.told():
        log.info("%s%s", PREFIX, line)


@lru_cache(maxsize=8)
def _engine(settings: Settings) -> Engine:
    """One engine for all files of this process, so that they share what it learns."""
    from lint_rules.engine import Engine

    engine = Engine(settings)
    engine.cache_dir, engine.lists_subjects = default_directory(), False
    return engine
