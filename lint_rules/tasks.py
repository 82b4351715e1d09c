"""What a run of the command line does with each file: by the command line, and by the configuration files that are nearest
to the file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lint_rules.baseline import read_baseline
from lint_rules.choices import Choices, read_choices
from lint_rules.configfiles import ConfigFiles
from lint_rules.discovery import Discovered, common_directory, discover
from lint_rules.portions import by_task
from lint_rules.settings import load_settings
from lint_rules.worker import Task

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lint_rules.command import Command


class Tasks:
    """Works out the task of each file of one run.  Its methods raise ``SettingsError`` and ``BaselineError``."""

    def __init__(self, command: Command) -> None:
        self._command = command
        self._files = ConfigFiles()
        baseline = command.baseline
        self.accepted = read_baseline(baseline) if baseline is not None else None
        self._tasks: dict[object, Task] = {}
        #: For what ``-v`` tells of settings the first directory that has these.
        self._told: dict[tuple[str, ...], Path] = {}

    def parts(self) -> list[tuple[Discovered, Task]]:
        """The files that were asked for, those with the same task together."""
        command = self._command
        start = common_directory(command.paths)
        exclude = (*command.exclude, *self._choices(start).exclude)
        found = discover(command.paths, exclude)
        return by_task(found, self.at) or [(found, self.at(start))]

    def at(self, start: Path) -> Task:
        """What is to be done with a file in a directory; the same object where the same configuration files count."""
        command = self._command
        apart = command.config is None and not command.isolated
        places = self._files.places(start) if apart else None
        if places not in self._tasks:
            self._tasks[places] = self._worked_out(start)
        return self._tasks[places]

    def _worked_out(self, start: Path) -> Task:
        command, choices = self._command, self._choices(start)
        loaded = load_settings(
            start, config=command.config, isolated=command.isolated,
            overrides=command.overrides, files=self._files,
        )  # fmt: skip
        self._told.setdefault((*loaded.told(), *choices.told), start)
        return Task(
            loaded.settings, choices.selection, repair=not (command.check or command.lists),
            accepted=self.accepted, lists_subjects=command.lists,
            cache=not command.no_cache, cache_dir=command.cache_dir,
            per_file_ignores=choices.per_file_ignores, time_limit=command.time_limit or None,
        )  # fmt: skip

    def told(self) -> Iterator[str]:
        """The settings in force, a line each; under the directory where they begin, if not all files have the same."""
        for lines, directory in self._told.items():
            if len(self._told) > 1:
                yield f"{directory}:"
            yield from lines

    def _choices(self, start: Path) -> Choices:
        """What is wanted: by the command line, and by what the project has told flake8."""
        command = self._command
        return read_choices(
            start, config=command.config, isolated=command.isolated, files=self._files,
            select=tuple(code.upper() for code in command.select),
            ignore=tuple(code.upper() for code in command.ignore),
        )  # fmt: skip
