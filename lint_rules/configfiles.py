"""Where settings are written down: ``pyproject.toml`` and the files that flake8 reads.

The parsers are imported only when a file mentions what they are needed for.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from lint_rules.regularfile import read_regular_text
from lint_rules.settings import (
    PREFIX,
    Layer,
    SettingsError,
    checked_values,
    option_named,
    split_list,
)

_LIKE_OURS = re.compile(r"(?:flake8[-_]?|fix[-_]?)?cache[-_]?leaks?")
"""What somebody calls our table who does not remember its name."""
FLAKE8_FILES = ("setup.cfg", "tox.ini", ".flake8")
"""In the order in which flake8 looks at them."""


_Found = TypeVar("_Found")
_Section = tuple[Path, Mapping[str, str]]
"""A file with a ``[flake8]`` section, and the keys of that."""


class ConfigFiles:
    """The configuration files of one run: each is read once, for whatever files it counts."""

    def __init__(self) -> None:
        self._tables: dict[str, Layer | None] = {}
        self._sections: dict[str, _Section | None] = {}
        self._given = cache(_read_given)
        self._section_of = cache(_section_of)

    def layers(self, start: Path, config: Path | None = None) -> list[Layer]:
        """What the files say for ``start``, the weakest first; ``config`` names the only file to look at."""
        if config is not None:
            return [self._given(config)]
        found = (self.pyproject(start), _layer_of(self._nearest_section(start)))
        return [layer for layer in found if layer is not None]

    def places(self, start: Path) -> tuple[str | None, Path | None]:
        """The files that count for ``start``: where these are the same, so is all that they say."""
        table, section = self.pyproject(start), self._nearest_section(start)
        return table and table[0], section and section[0]

    def pyproject(self, start: Path) -> Layer | None:
        """The nearest ``[tool.cache-leak]`` at or above ``start``."""
        return _nearest(_directory(start), _table_in, self._tables, stop="")

    def flake8_layers(self, config: Path | None, append: Iterable[Path]) -> list[Layer]:
        """What the files that flake8 reads say of our options, the weakest first.

        ``config`` and ``append`` are flake8's ``--config`` and ``--append-config``; without the former
        flake8 looks from the working directory upward.
        """
        first = self._nearest_section(Path.cwd()) if config is None else self._section_of(config)
        found = map(_layer_of, (first, *map(self._section_of, append)))
        return [layer for layer in found if layer is not None]

    def flake8_section(
        self, start: Path, config: Path | None = None
    ) -> tuple[Path, str, Mapping[str, str]] | None:
        """The ``[flake8]`` section for ``start``: its file, how reports call that, and its keys.

        ``config`` names the only file to look at.  None when there is no such section.
        """
        if config is None:
            found = self._nearest_section(start)
        else:
            found = self._section_of(config) if config.suffix != ".toml" else None
        if found is None:
            return None
        return Path(os.path.abspath(found[0])), _shown(found[0]), found[1]

    def _nearest_section(self, start: Path) -> _Section | None:
        """The nearest file with a ``[flake8]`` section at or above ``start``, as flake8 finds it."""
        # flake8 looks at the home directory only when it is started there.
        home = os.path.expanduser("~")
        return _nearest(_directory(start), _section_in, self._sections, stop=home)


def _table_in(directory: str) -> Layer | None:
    """``[tool.cache-leak]`` of the ``pyproject.toml`` in a directory."""
    place = os.path.join(directory, "pyproject.toml")
    if not os.path.lexists(place):
        return None
    path = Path(place)
    text = _text_of(path)
    # Without the name in it, the file cannot have the table, and need not be parsed.
    return _toml_table(path, text) if text is not None and _LIKE_OURS.search(text) else None


def _section_in(directory: str) -> _Section | None:
    """The first file in a directory that has a ``[flake8]`` section, and the section."""
    for place in (os.path.join(directory, name) for name in FLAKE8_FILES):
        if not os.path.lexists(place):
            continue
        path = Path(place)
        text = _text_of(path)
        if text is not None and "flake8" in text:
            section = _flake8_section(path, text, strict="cache" in text)
            if section is not None:
                return path, section
    return None


def _section_of(path: Path) -> _Section | None:
    """The ``[flake8]`` section of a file that was given by name."""
    text = _text_of(path)
    section = None if text is None else _flake8_section(path, text, strict=True)
    return None if section is None else (path, section)


def _layer_of(found: _Section | None) -> Layer | None:
    return None if found is None else _flake8_layer(*found)


def _directory(start: Path) -> str:
    """The directory of files at ``start``, which is one itself, or a file in it."""
    place = os.path.abspath(start)
    return place if os.path.isdir(place) else os.path.dirname(place)


def _nearest(
    directory: str, look: Callable[[str], _Found | None], known: dict[str, _Found | None], stop: str
) -> _Found | None:
    """What stands in a directory, or in the nearest above it; ``stop`` is not looked at from below."""
    if directory not in known:
        above = os.path.dirname(directory)
        found = look(directory)
        if found is None and above not in (directory, stop):
            found = _nearest(above, look, known, stop)
        known[directory] = found
    return known[directory]


def _text_of(path: Path) -> str | None:
    """The text of a file that may not exist; one that cannot be read does not count."""
    try:
        return read_regular_text(path, "utf-8-sig")
    except OSError:
        return None


def _read_given(path: Path) -> Layer:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        reason = error.strerror or str(error)
        raise SettingsError(f"{path}: cannot be read: {reason}; check --config") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: is not UTF-8; save it as UTF-8") from error
    if path.suffix == ".toml":
        layer = _toml_table(path, text)
    else:
        section = _flake8_section(path, text, strict=True)
        layer = None if section is None else _flake8_layer(path, section)
    if layer is None:
        name = "[tool.cache-leak]" if path.suffix == ".toml" else "[flake8]"
        raise SettingsError(f"{path}: has no {name}; write it, or leave out --config")
    return layer


def _toml_table(path: Path, text: str) -> Layer | None:
    """``[tool.cache-leak]`` of one file; None when it has no such table."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        document: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(
            f"{_shown(path)}: is not valid TOML: {_one_line(error)}; correct it"
        ) from error
    tool = document.get("tool")
    if not isinstance(tool, dict):
        return None
    for name in tool:
        if _LIKE_OURS.fullmatch(name) and name != "cache-leak":
            raise SettingsError(
                f"{_shown(path)}: [tool.{name}] is read by nothing; did you mean [tool.cache-leak]?"
            )
    if "cache-leak" not in tool:
        return None
    table = tool["cache-leak"]
    where = f"{_shown(path)}: [tool.cache-leak]"
    if not isinstance(table, dict):
        raise SettingsError(f"{where} must be a table; write it on a line of its own")
    values = {}
    for key, value in table.items():
        option = option_named(key, where)
        values[option.name] = checked_values(option, value, where)
    return _shown(path), values


def _flake8_section(path: Path, text: str, *, strict: bool) -> Mapping[str, str] | None:
    """The keys of ``[flake8]``; None when the file has no such section."""
    import configparser

    parser = configparser.RawConfigParser()
    try:
        parser.read_string(text, source=str(path))
    except configparser.Error as error:
        if strict:
            reason = _one_line(error)
            raise SettingsError(
                f"{_shown(path)}: is not a valid INI file: {reason}; correct it"
            ) from error
        # flake8 passes over a file that it cannot parse, and nothing in this one is meant for us.
        return None
    if "flake8" not in parser:
        return {} if "flake8:local-plugins" in parser else None
    return parser["flake8"]


def _flake8_layer(path: Path, section: Mapping[str, str]) -> Layer:
    """The ``cache-leak-*`` keys of a section."""
    where = f"{_shown(path)}: [flake8]"
    values = {}
    for key, value in section.items():
        name = key.replace("_", "-")
        if name.startswith(PREFIX):
            option = option_named(name[len(PREFIX) :], where, PREFIX)
            values[option.name] = checked_values(option, split_list(value), where, PREFIX)
    return _shown(path), values


def _shown(path: Path) -> str:
    """A path as a reader wants it: below the working directory when it is."""
    try:
        return Path(os.path.abspath(path)).relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
