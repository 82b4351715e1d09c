"""One table of options, from which every face and every configuration file is read.

``OPTIONS`` is the only list: the command line's options, flake8's options (with ``PREFIX``) and the
keys of the configuration files all derive from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

PREFIX = "cache-leak-"
"""What flake8's options and the keys of its section begin with."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a user can say about a code base; the defaults are those of the contract."""

    per_request_fields: tuple[str, ...] = ("end_user_*",)
    shared_fields: tuple[str, ...] = ()
    cache_copy_helpers: tuple[str, ...] = ()
    merge_functions: tuple[str, ...] = ()
    cache_objects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Option:
    """One setting: its name for users, its attribute of ``Settings``, and what it is for."""

    name: str
    help: str
    dotted: bool = False

    @property
    def attribute(self) -> str:
        """The attribute of ``Settings``."""
        return self.name.replace("-", "_")

    @property
    def default(self) -> tuple[str, ...]:
        """The value when nobody says anything."""
        value: tuple[str, ...] = getattr(Settings(), self.attribute)
        return value


OPTIONS: tuple[Option, ...] = (
    Option(
        "per-request-fields",
        "Fields that belong to one request: name globs, or Model.field; replaces the default.",
        dotted=True,
    ),
    Option(
        "shared-fields",
        "Fields that are never per-request: name globs, or Model.field.",
        dotted=True,
    ),
    Option(
        "cache-copy-helpers",
        "Functions that copy an object for a cache: name globs, added to the built-in ones.",
    ),
    Option(
        "merge-functions",
        "Functions that merge request values onto an object: name globs, added likewise.",
    ),
    Option(
        "cache-objects",
        "Names that count as a cache, besides those that contain 'cache': globs.",
    ),
)

BY_NAME: Mapping[str, Option] = MappingProxyType({option.name: option for option in OPTIONS})


class SettingsError(ValueError):
    """A configuration that cannot be used: one line with the place, the reason and the remedy."""


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    """The settings in force, and for every option the place that decided it."""

    settings: Settings
    origins: Mapping[str, str]


def split_list(value: str) -> tuple[str, ...]:
    """The items of a list that is written with commas, blanks or lines between them."""
    return tuple(item for item in re.split(r"[,\s]+", value) if item)


def load_settings(
    start: Path,
    *,
    config: Path | None = None,
    isolated: bool = False,
    pyproject_only: bool = False,
    overrides: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
    override_origin: str = "command line",
) -> LoadedSettings:
    """Read the settings for files below ``start`` (a directory, or a file in it).

    The nearest ``pyproject.toml`` with ``[tool.cache-leak]`` counts, and the nearest of
    ``setup.cfg``, ``tox.ini`` and ``.flake8`` with a ``[flake8]`` section, which wins where both
    say something.  ``config`` names the only file to read; ``isolated`` reads none, and
    ``pyproject_only`` leaves flake8's files to flake8.  ``overrides`` (option name to values) win
    over every file.  Raises ``SettingsError``.
    """
    layers: list[tuple[str, Mapping[str, tuple[str, ...]]]] = []
    if not isolated:
        # Configuration files are read by their own module: a run without any needs no parser.
        from lint_rules.configfiles import read_layers

        layers += read_layers(start, config, pyproject_only=pyproject_only)
    checked = {
        name: checked_values(option_named(name, override_origin), values, override_origin)
        for name, values in overrides.items()
    }
    return _merge([*layers, (override_origin, checked)])


def _merge(layers: Iterable[tuple[str, Mapping[str, tuple[str, ...]]]]) -> LoadedSettings:
    values: dict[str, tuple[str, ...]] = {}
    origins = {option.name: "default" for option in OPTIONS}
    for origin, layer in layers:
        for name, items in layer.items():
            values[BY_NAME[name].attribute] = items
            origins[name] = origin
    return LoadedSettings(Settings(**values), MappingProxyType(origins))


def option_named(name: str, where: str) -> Option:
    """The option of a name as users write it; ``SettingsError`` with the nearest one if none."""
    option = BY_NAME.get(name)
    if option is not None:
        return option
    from difflib import get_close_matches

    close = get_close_matches(name, BY_NAME, n=1)
    remedy = f"did you mean {close[0]!r}?" if close else f"the options are {', '.join(BY_NAME)}"
    raise SettingsError(f"{where}: unknown option {name!r}; {remedy}")


def checked_values(option: Option, value: Any, where: str) -> tuple[str, ...]:
    """The values of one option, every one of them a usable pattern."""
    if isinstance(value, str):
        raise SettingsError(f'{where}: {option.name} must be a list; write ["{value}"]')
    if not isinstance(value, list | tuple):
        kind = type(value).__name__
        raise SettingsError(f'{where}: {option.name} must be a list, not {kind}; write ["name"]')
    for item in value:
        problem = _problem(option, item)
        if problem:
            raise SettingsError(f"{where}: {option.name}: {item!r} {problem}")
    return tuple(dict.fromkeys(value))


_SET = r"\[!?\]?[\w\-]+\]"
_GLOB = re.compile(rf"(?:[\w*?]|{_SET})+")


def _problem(option: Option, item: Any) -> str | None:
    """Why ``item`` can match no name; None for a good pattern."""
    if not isinstance(item, str):
        return 'is not a string; write it in quotes, as in ["name"]'
    parts = item.split(".")
    if len(parts) > (2 if option.dotted else 1):
        form = "use a name glob or Model.field" if option.dotted else "use the bare name"
        return f"has too many dots; {form}"
    if not all(_GLOB.fullmatch(part) for part in parts):
        return "is not a name pattern; use letters, digits, _ and the wildcards * ? [...]"
    return None
