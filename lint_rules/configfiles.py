"""Where settings are written down: ``pyproject.toml`` and the files that flake8 reads.

The parsers are imported only when a file mentions what they are needed for.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

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


class ConfigFiles:
    """The configuration files of one run: what stands in a directory is read once, for whatever files it counts."""

    def __init__(self) -> None:
        self._table_in = cache(_table_in)
        self._section_in = cache(_section_in)

    def layers(self, start: Path, config: Path | None = None) -> list[Layer]:
        """What the files say for ``start``, the weakest first; ``config`` names the only file to look at."""
        if config is not None:
            return [_read_given(config)]
        section = self._nearest_section(start)
        found = (self.pyproject(start), None if section is None else _flake8_layer(*section))
        return [layer for layer in found if layer is not None]

    def pyproject(self, start: Path) -> Layer | None:
        """The nearest ``[tool.cache-leak]`` at or above ``start``."""
        return next(filter(None, map(self._table_in, _upwards(start))), None)

    def flake8_layers(self, config: Path | None, append: Iterable[Path]) -> list[Layer]:
        """What the files that flake8 reads say of our options, the weakest first.

        ``config`` and ``append`` are flake8's ``--config`` and ``--append-config``; without the former
        flake8 looks from the working directory upward.
        """
        nearest = self._nearest_section(Path.cwd()) if config is None else None
        first = _section_of(config) if config is not None else None
        first = _flake8_layer(*nearest) if nearest is not None else first
        return [layer for layer in (first, *map(_section_of, append)) if layer is not None]

    def flake8_section(
        self, start: Path, config: Path | None = None
    ) -> tuple[Path, str, Mapping[str, str]] | None:
        """The ``[flake8]`` section for ``start``: its file, how reports call that, and its keys.

        ``config`` names the only file to look at.  None when there is no such section.
        """
        if config is None:
            found = self._nearest_section(start)
        else:
            text = None if config.suffix == ".toml" else _text_of(config)
            section = None if text is None else _flake8_section(config, text, strict=True)
            found = None if section is None else (config, section)
        if found is None:
            return None
        return Path(os.path.abspath(found[0])), _shown(found[0]), found[1]

    def _nearest_section(self, start: Path) -> tuple[Path, Mapping[str, str]] | None:
        """The nearest file with a ``[flake8]`` section at or above ``start``, as flake8 finds it."""
        upwards = _upwards(start, stop_at_home=True)
        return next(filter(None, map(self._section_in, upwards)), None)


def _table_in(directory: Path) -> Layer | None:
    """``[tool.cache-leak]`` of the ``pyproject.toml`` in a directory."""
    path = directory / "pyproject.toml"
    text = _text_of(path)
    # Without the name in it, the file cannot have the table, and need not be parsed.
    return _toml_table(path, text) if text is not None and _LIKE_OURS.search(text) else None


def _section_in(directory: Path) -> tuple[Path, Mapping[str, str]] | None:
    """The first file in a directory that has a ``[flake8]`` section, and the section."""
    for name in FLAKE8_FILES:
        path = directory / name
        text = _text_of(path)
        if text is not None and "flake8" in text:
            section = _flake8_section(path, text, strict="cache" in text)
            if section is not None:
                return path, section
    return None


def _section_of(path: Path) -> Layer | None:
    text = _text_of(path)
    section = None if text is None else _flake8_section(path, text, strict=True)
    return None if section is None else _flake8_layer(path, section)


def _upwards(start: Path, *, stop_at_home: bool = False) -> Iterator[Path]:
    first = Path(os.path.abspath(start))
    if not first.is_dir():
        first = first.parent
    home = Path(os.path.expanduser("~"))
    for directory in (first, *first.parents):
        # flake8 looks at the home directory only when it is started there.
        if stop_at_home and directory == home and directory != first:
            return
        yield directory


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
