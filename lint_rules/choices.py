"""Which findings are wanted and which files are searched: flake8's own options, for the command.

What a project has told flake8 about our codes holds for ``fix-cache-leak``, too, so that both show
the same findings.  What it says of other plugins' codes means nothing here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lint_rules.configfiles import ConfigFiles
from lint_rules.settings import SettingsError, split_list
from lint_rules.worker import Selection

if TYPE_CHECKING:
    from lint_rules.suppress import PerFile

_OURS = re.compile(r"C(C(L\d{0,3})?)?")
_CODES = ("select", "extend-select", "ignore", "extend-ignore")
_EXCLUDES = ("exclude", "extend-exclude")


@dataclass(frozen=True, slots=True)
class Choices:
    """What is wanted.

    ``exclude`` holds globs for names, and for absolute paths where they have a slash.  ``told`` has
    one line for each option that was given, with the place.
    """

    selection: Selection
    per_file_ignores: PerFile = ()
    exclude: tuple[str, ...] = ()
    told: tuple[str, ...] = ()


def read_choices(
    start: Path,
    *,
    config: Path | None,
    isolated: bool,
    select: tuple[str, ...] = (),
    ignore: tuple[str, ...] = (),
    files: ConfigFiles | None = None,
) -> Choices:
    """Join the ``--select`` and ``--ignore`` of the command line with the ``[flake8]`` section.

    The files are found as for ``load_settings``.  As in flake8, the command line replaces
    ``select`` and ``ignore`` and leaves ``extend-select``, ``extend-ignore`` and
    ``per-file-ignores`` in force.  Raises ``SettingsError``.
    """
    given = {"select": select, "ignore": ignore}
    codes = {name: values for name, values in given.items() if values}
    told = [_line(name, values, "command line") for name, values in codes.items()]
    found = None if isolated else (files or ConfigFiles()).flake8_section(start, config)
    if found is None:
        return Choices(_selection(codes), told=tuple(told))
    path, shown, section = found
    selects = "select" not in codes and bool(split_list(_value(section, "select") or ""))
    for name in _CODES:
        ours = _codes(section, name, shown)
        if ours and name not in codes:
            codes[name] = ours
            told.append(_line(name, ours, shown))
    per_file, exclude = _per_file(section, path, shown), tuple(_excluded(section, path))
    others = (*(("per-file-ignores",) if per_file else ()), *_EXCLUDES)
    written = {name: " ".join((_value(section, name) or "").split()) for name in others}
    told += [_line(name, (text,), shown) for name, text in written.items() if text]
    if selects and "select" not in codes and "extend-select" in codes:
        codes["select"] = codes["extend-select"]  # of ours it is all that the two of them name
    return Choices(_selection(codes), per_file, exclude, tuple(told))


def _selection(codes: Mapping[str, tuple[str, ...]]) -> Selection:
    return Selection(
        codes.get("select", ()),
        (*codes.get("ignore", ()), *codes.get("extend-ignore", ())),
        codes.get("extend-select", ()),
    )


def _value(section: Mapping[str, str], name: str) -> str | None:
    return section.get(name, section.get(name.replace("-", "_")))


def _codes(section: Mapping[str, str], name: str, shown: str) -> tuple[str, ...]:
    """The codes of one key that can mean one of ours."""
    found = []
    for code in split_list(_value(section, name) or ""):
        if _OURS.fullmatch(code):
            found.append(code)
        elif code.upper().startswith("CCL"):
            raise SettingsError(
                f"{shown}: [flake8]: {name}: {code!r} is no code or prefix of one; "
                "write for example CCL2, CCL101"
            )
    return tuple(found)


def _per_file(section: Mapping[str, str], path: Path, shown: str) -> PerFile:
    written = _value(section, "per-file-ignores")
    if written is None:
        return ()
    # flake8's own parser reads it; nobody else pays for the import.
    from lint_rules.suppress import parse_per_file_ignores

    try:
        return parse_per_file_ignores(written, path.parent)
    except ValueError as problem:
        raise SettingsError(f"{shown}: [flake8]: per-file-ignores: {problem}") from problem


def _excluded(section: Mapping[str, str], path: Path) -> Iterator[str]:
    """The globs, those with a slash told from the file's directory, as flake8 reads them."""
    for name in _EXCLUDES:
        for glob in split_list(_value(section, name) or ""):
            inside = "/" in glob or os.sep in glob
            yield os.path.abspath(path.parent / glob) if inside else glob


def _line(name: str, values: tuple[str, ...], origin: str) -> str:
    return f"{name} = {', '.join(values)}  [{origin}]"
