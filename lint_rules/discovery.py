"""Which files a run is about: files as given, directories searched, each file once."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from pathlib import Path

from lint_rules.findings import Diagnostic
from lint_rules.folders import in_utf8, is_environment, is_skipped
from lint_rules.gitignore import Ignores


@dataclass(frozen=True, slots=True)
class Target:
    """One file to analyse: where it is, how reports call it, and whether the user named it."""

    path: Path
    display: str
    explicit: bool = False


@dataclass(slots=True)
class Discovered:
    """The files in the order of their display paths, and the paths that cannot be used."""

    targets: list[Target] = field(default_factory=list)
    errors: list[Diagnostic] = field(default_factory=list)
    roots: tuple[str, ...] = ()

    def may_write(self, path: Path) -> bool:
        """False when ``path`` leads, through a symbolic link, out of what the user gave."""
        real = os.path.realpath(path)
        return any(
            real == root or real.startswith(root.rstrip(os.sep) + os.sep) for root in self.roots
        )


def discover(paths: Sequence[str | Path], exclude: Sequence[str] = ()) -> Discovered:
    """Find the files that ``paths`` stand for.

    Files are always taken; directories are searched for ``*.py``, without those that hold no
    source (:mod:`lint_rules.folders`), what ``.gitignore`` or ``exclude`` (globs) names, and links that lead out.
    """
    names = [os.fspath(path) for path in paths]
    found = Discovered(roots=tuple(dict.fromkeys(filter(None, map(_root, names)))))
    by_file: dict[str, tuple[bool, Target]] = {}
    for given in names:
        shown = shown_path(given)
        if os.path.isdir(given):
            search = _Search(given, shown, tuple(exclude), found.errors)
            for key, is_link, target in search.files():
                _add(by_file, key, is_link, target)
        elif os.path.lexists(given):
            target = Target(Path(given), shown, explicit=True)
            _add(by_file, os.path.realpath(given), os.path.islink(given), target)
        else:
            found.errors.append(Diagnostic(shown, "no such file or directory; check the path"))
    found.targets = sorted((entry for _, entry in by_file.values()), key=lambda t: t.display)
    return found


def shown_path(path: str) -> str:
    """A path as reports have it: with ``/``, and read as UTF-8 in every locale."""
    return in_utf8(path).replace(os.sep, "/")


def common_directory(paths: Sequence[str | Path]) -> Path:
    """The directory from which the settings of ``paths`` are searched upward."""
    places = [os.path.abspath(path) for path in paths] or [os.getcwd()]
    try:
        common = Path(os.path.commonpath(places))
    except ValueError:
        # Windows: paths on several drives have nothing in common.
        return Path.cwd()
    return common if common.is_dir() else common.parent


def _add(by_file: dict[str, tuple[bool, Target]], key: str, is_link: bool, target: Target) -> None:
    known = by_file.get(key)
    # The first name counts, but a file under its own name before a link to it.
    if known is None or (known[0] and not is_link):
        by_file[key] = (is_link, target)
    elif target.explicit and not known[1].explicit:
        by_file[key] = (known[0], replace(known[1], explicit=True))


def _root(given: str) -> str | None:
    """The real place of a given path that may be written to; None for a link to a file."""
    if os.path.islink(given) and not os.path.isdir(given):
        return None
    return os.path.realpath(given)


class _Search:
    """The files below one directory.  A file costs no system call of its own."""

    def __init__(
        self, given: str, shown: str, exclude: tuple[str, ...], errors: list[Diagnostic]
    ) -> None:
        self._given = given
        self._prefix = "" if shown in (".", "./") else shown.rstrip("/") + "/"
        self._root = os.path.realpath(given)
        self._exclude = tuple(pattern.rstrip("/").removeprefix("./") for pattern in exclude)
        self._errors = errors

    def files(self) -> Iterator[tuple[str, bool, Target]]:
        """Each file with its real path, and whether it is a symbolic link."""
        return self._below("", Ignores.above(self._root))

    def _below(self, base: str, ignores: Ignores) -> Iterator[tuple[str, bool, Target]]:
        directory = os.path.join(self._given, base) if base else self._given
        try:
            with os.scandir(directory) as entries:
                inside = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            place = (self._prefix + base).rstrip("/") or "."
            reason = error.strerror or str(error)
            message = f"cannot be searched: {reason}; check its permissions"
            self._errors.append(Diagnostic(place, message))
            return
        if base and is_environment(entry.name for entry in inside):
            return
        if any(entry.name == ".gitignore" for entry in inside):
            ignores = ignores.below(os.path.join(directory, ".gitignore"), base)
        for entry in inside:
            inner = base + entry.name
            if entry.is_dir(follow_symlinks=False):
                if self._enters(entry.name, inner, ignores):
                    yield from self._below(f"{inner}/", ignores)
            elif entry.name.endswith(".py") and not self._passes_over(entry.name, inner, ignores):
                yield from self._file(entry, inner)

    def _enters(self, name: str, inner: str, ignores: Ignores) -> bool:
        if is_skipped(name):
            return False
        return not self._excluded(name, inner) and not ignores.hide(inner, is_directory=True)

    def _passes_over(self, name: str, inner: str, ignores: Ignores) -> bool:
        return self._excluded(name, inner) or ignores.hide(inner, is_directory=False)

    def _file(self, entry: os.DirEntry[str], inner: str) -> Iterator[tuple[str, bool, Target]]:
        key = os.path.join(self._root, inner)
        is_link = entry.is_symlink()
        if is_link:
            key = os.path.realpath(entry.path)
            if os.path.isdir(key) or not key.startswith(self._root.rstrip(os.sep) + os.sep):
                return
        yield key, is_link, Target(Path(entry.path), self._prefix + shown_path(inner))

    def _excluded(self, name: str, inner: str) -> bool:
        """True when a glob names the entry: by its name, its path below, as shown, or absolute."""
        if not self._exclude:
            return False
        absolute = os.path.join(os.path.abspath(self._given), inner)
        forms = (name, inner, (self._prefix + inner).removeprefix("./"), absolute)
        return any(fnmatch(form, pattern) for pattern in self._exclude for form in forms)
