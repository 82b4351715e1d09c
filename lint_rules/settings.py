"""One table of options, from which every face and every configuration file is read.

``OPTIONS`` is the only list: the command line's options, flake8's options (with ``PREFIX``) and the
keys of the configuration files all derive from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lint_rules.configfiles import ConfigFiles

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


Layer = tuple[str, Mapping[str, tuple[str, ...]]]
"""What one place says: how the place is called, and for each option it names the values."""


class SettingsError(ValueError):
    """A configuration that cannot be used: one line with the place, the reason and the remedy."""


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    """The settings in force, and for every option the place that decided it."""

    settings: Settings
    origins: Mapping[str, str]

    def told(self) -> Iterator[str]:
        """One line for each setting: its name, its values, and the place that decided it."""
        for option in OPTIONS:
            values = getattr(self.settings, option.attribute)
            yield f"{option.name} = {', '.join(values) or '(none)'}  [{self.origins[option.name]}]"


def split_list(value: str) -> tuple[str, ...]:
    """The items of a list that is written with commas, blanks or lines between them."""
    return tuple(item for item in re.split(r"[,\s]+", value) if item)


def load_settings(
    start: Path,
    *,
    config: Path | None = None,
    isolated: bool = False,
    overrides: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
    files: ConfigFiles | None = None,
) -> LoadedSettings:
    """Read the settings for files below ``start`` (a directory, or a file in it).

    The nearest ``pyproject.toml`` with ``[tool.cache-leak]`` counts, and the nearest of
    ``setup.cfg``, ``tox.ini`` and ``.flake8`` with a ``[flake8]`` section, which wins where both
    say something.  ``config`` names the only file to read; ``isolated`` reads none.  ``overrides``
    (option name to values) win over every file.  ``files`` are those that the run has read before.
    Raises ``SettingsError``.
    """
    layers: list[Layer] = []
    if not isolated:
        # Configuration files are read by their own module: a run without any needs no parser.
        from lint_rules.configfiles import ConfigFiles

        layers += (files or ConfigFiles()).layers(start, config)
    return _merge([*layers, _command_line(overrides, "--")])


def load_flake8_settings(
    start: Path,
    given: Mapping[str, tuple[str, ...]],
    *,
    config: Path | None = None,
    append: Sequence[Path] = (),
    isolated: bool = False,
    files: ConfigFiles | None = None,
) -> LoadedSettings:
    """The settings under flake8, for files below ``start``.

    ``given`` (option name to values) is what flake8 itself has read, from its files and its command
    line.  Its files are looked at once more, since it passes over keys that it does not know and
    does not say where a value stands: ``config``, ``append`` and ``isolated`` are its own options
    for them.  ``pyproject.toml`` counts as for ``load_settings``.  Raises ``SettingsError``.
    """
    layers: list[Layer] = []
    if not isolated:
        from lint_rules.configfiles import ConfigFiles

        files = files or ConfigFiles()
        pyproject, sections = files.pyproject(start), files.flake8_layers(config, append)
        layers += sections if pyproject is None else [pyproject, *sections]
        written = {name: values for _, section in sections for name, values in section.items()}
        given = {
            name: values
            for name, values in given.items()
            if written.get(name) != tuple(dict.fromkeys(values))
        }
    return _merge([*layers, _command_line(given, f"--{PREFIX}")])


def _command_line(given: Mapping[str, tuple[str, ...]], prefix: str) -> Layer:
    origin = "command line"
    return origin, {
        name: checked_values(option_named(name, origin, prefix), values, origin, prefix)
        for name, values in given.items()
    }


def _merge(layers: Iterable[Layer]) -> LoadedSettings:
    values: dict[str, tuple[str, ...]] = {}
    origins = {option.name: "default" for option in OPTIONS}
    for origin, layer in layers:
        for name, items in layer.items():
            values[BY_NAME[name].attribute] = items
            origins[name] = origin
    return LoadedSettings(Settings(**values), MappingProxyType(origins))


def option_named(name: str, where: str, prefix: str = "") -> Option:
    """The option of a name as users write it; ``SettingsError`` with the nearest one if none.

    ``prefix`` is what stands before each name at that place.
    """
    option = BY_NAME.get(name)
    if option is not None:
        return option
    from difflib import get_close_matches

    close = get_close_matches(name, BY_NAME, n=1)
    names = ", ".join(prefix + known for known in BY_NAME)
    remedy = f"did you mean '{prefix}{close[0]}'?" if close else f"the options are {names}"
    raise SettingsError(f"{where}: unknown option '{prefix}{name}'; {remedy}")


def checked_values(option: Option, value: Any, where: str, prefix: str = "") -> tuple[str, ...]:
    """The values of one option, every one of them a usable pattern; ``SettingsError`` otherwise."""
    where = f"{where}: {prefix}{option.name}"
    if isinstance(value, str):
        raise SettingsError(f'{where} must be a list; write ["{value}"]')
    if not isinstance(value, list | tuple):
        kind = type(value).__name__
        raise SettingsError(f'{where} must be a list, not {kind}; write ["name"]')
    for item in value:
        problem = _problem(option, item)
        if problem:
            raise SettingsError(f"{where}: {item!r} {problem}")
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
