"""Folders and what they are called: which hold no source of a project, so that neither a run nor a project looks
into them by itself, and what a path says as text."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from contextlib import suppress

SKIPPED = frozenset(
    {
        "__pycache__",
        "__pypackages__",
        "build",
        "dist",
        "node_modules",
        "site-packages",
        "venv",
    }
)
"""Names of folders that hold what was built or installed."""
_TEST = re.compile(r"test_.*\.py|.*_test\.py|conftest\.py")
"""Names of files that hold tests; so does what lies in a folder ``tests``."""
_ENVIRONMENT = frozenset({"pyvenv.cfg", "conda-meta"})
"""What makes a folder an environment that packages are installed in, whatever it is called."""


def in_utf8(path: str) -> str:
    """The text of a path, read as UTF-8 in every locale."""
    # What the locale's encoding lacks is no name of the system's: it is read so already.
    with suppress(UnicodeEncodeError):
        return path if path.isascii() else os.fsencode(path).decode("utf-8", "surrogateescape")
    return path


def is_skipped(name: str) -> bool:
    """True for a folder whose name says that it holds no source; hidden ones are among them."""
    return name in SKIPPED or name.startswith(".") or name.endswith(".egg-info")


def is_environment(names: Iterable[str]) -> bool:
    """True where the names of what is in a folder show that packages are installed there."""
    return not _ENVIRONMENT.isdisjoint(names)


def is_left_out(folder: str) -> bool:
    """True for a folder that no search enters by itself; links are not followed."""
    if is_skipped(os.path.basename(folder)) or os.path.islink(folder):
        return True
    return any(os.path.exists(os.path.join(folder, name)) for name in _ENVIRONMENT)


def folders_between(root: str, path: str) -> list[str]:
    """The folders below ``root`` that lead to a file in it, the outermost first."""
    inner = os.path.dirname(path)[len(root) :].strip(os.sep)
    found, at = [], root.rstrip(os.sep)
    for name in inner.split(os.sep) if inner else ():
        at = f"{at}{os.sep}{name}"
        found.append(at)
    return found


def is_outside(root: str, path: str) -> bool:
    """True where the names alone say that a file is none of those that a project finds by itself."""
    inner = os.path.dirname(path)[len(root) :]
    return not path.endswith(".py") or any(map(is_skipped, filter(None, inner.split(os.sep))))


def is_of_tests(root: str, path: str) -> bool:
    """True where the name of a file, or of a folder below ``root`` that it lies in, says that it belongs to tests."""
    folders = os.path.dirname(path)[len(root) :].split(os.sep)
    return "tests" in folders or _TEST.fullmatch(os.path.basename(path)) is not None
