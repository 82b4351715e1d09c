"""The format of ``tests/fixtures``: code with its expectations in comments, its repair beside it.

* ``# expect: CCL101 end_user_id, end_user_max_budget`` stands on the reported line and names the code
  and the exact fields; several codes are separated by ``;``.  A file without any must be silent.
* ``name.fixed.py`` is the exact text after the repair of ``name.py`` without its expectations.  Where
  it is missing, no repair may be offered, and each finding must say why.
* A folder below the folder of a rule is a project of many files.
* ``# settings: per-request-fields=Auth.tenant,session_*; cache-objects=pool`` in the first line sets
  options.
* ``probe()`` plays two end users and returns what the second one sees of the first: something true
  before the repair, something false after it.  In a file without expectations it must return
  something false.

The expectations are taken out of the text before anything reads it, so that no test depends on a
comment being there.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from lint_rules.findings import Finding
from lint_rules.settings import OPTIONS, Settings
from lint_rules.textfile import decode

FIXTURES = Path(__file__).parent / "fixtures"
_EXPECT = re.compile(r"[ \t]*# expect:[ \t]*([^\r\n]*)")
_SETTINGS = re.compile(r"\A# settings:[ \t]*([^\r\n]*)")
_LINE = re.compile(r"\r\n|\r|\n")
_PROBE = re.compile(r"^def probe\(", re.MULTILINE)

Expected = tuple[int, str, tuple[str, ...]]
"""Line, code, fields in declaration order."""


@dataclass(frozen=True)
class Source:
    """One file of a fixture: its place in the case, its text, and what must be found in it."""

    relative: Path
    text: str
    expected: tuple[Expected, ...]
    fixed: str | None
    bom: bool = False

    @property
    def suppressed(self) -> str:
        """The text with a ``noqa`` on every expected line."""
        parts = re.split(r"(\r\n|\r|\n)", self.text)
        for line in {line for line, _, _ in self.expected}:
            codes = sorted({code for at, code, _ in self.expected if at == line})
            parts[2 * (line - 1)] += f"  # noqa: {','.join(codes)}"
        return "".join(parts)

    @property
    def has_probe(self) -> bool:
        """True when the file plays two end users."""
        return _PROBE.search(self.text) is not None


@dataclass(frozen=True)
class Fixture:
    """A file, or a folder of files that belong together."""

    path: Path
    sources: tuple[Source, ...]
    settings: Settings = field(default_factory=Settings)

    @property
    def name(self) -> str:
        """``CCL101/name``: what the test is called."""
        return self.path.relative_to(FIXTURES).with_suffix("").as_posix()

    @property
    def leaks(self) -> bool:
        """True when something must be found."""
        return any(source.expected for source in self.sources)

    @property
    def is_fixed(self) -> bool:
        """True when some file has its repair beside it."""
        return any(source.fixed is not None for source in self.sources)

    @property
    def probes(self) -> tuple[Source, ...]:
        """The files that play two end users."""
        return tuple(source for source in self.sources if source.has_probe)

    def write(self, directory: Path, *, suppressed: bool = False, fixed: bool = False) -> Path:
        """Lay the case out below ``directory``, where it is a project of its own."""
        root = directory / "case"
        for source in self.sources:
            text = source.suppressed if suppressed else source.text
            if fixed and source.fixed is not None:
                text = source.fixed
            target = root / source.relative
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((b"\xef\xbb\xbf" if source.bom else b"") + text.encode())
        return root


def read(path: Path) -> Fixture:
    """Read a fixture: a file or a folder."""
    if path.is_dir():
        files = [p for p in sorted(path.rglob("*.py")) if not _is_fixed(p)]
        sources = tuple(_source(file, path) for file in files)
    else:
        sources = (_source(path, path.parent),)
    settings = Settings()
    for source in sources:
        settings = _settings(source.text) or settings
    return Fixture(path, sources, settings)


def _source(path: Path, base: Path) -> Source:
    found = decode(path.read_bytes())
    expected: list[Expected] = []
    for number, line in enumerate(_LINE.split(found.text), 1):
        match = _EXPECT.search(line)
        for item in match[1].split(";") if match else ():
            code, _, names = item.strip().partition(" ")
            fields = tuple(name.strip() for name in names.split(",") if name.strip())
            expected.append((number, code, fields))
    beside = path.with_name(f"{path.stem}.fixed.py")
    fixed = decode(beside.read_bytes()).text if beside.is_file() else None
    return Source(
        path.relative_to(base), _EXPECT.sub("", found.text), tuple(expected), fixed, found.bom
    )


def _settings(text: str) -> Settings | None:
    match = _SETTINGS.match(text)
    if match is None:
        return None
    names = {option.name: option.attribute for option in OPTIONS}
    values: dict[str, tuple[str, ...]] = {}
    for item in match[1].split(";"):
        name, _, value = item.strip().partition("=")
        values[names[name]] = tuple(part.strip() for part in value.split(","))
    return Settings(**values)


def _is_fixed(path: Path) -> bool:
    return path.name.endswith(".fixed.py")


def collect() -> list[Fixture]:
    """Every fixture, in a stable order."""
    found: list[Fixture] = []
    for group in sorted(p for p in FIXTURES.iterdir() if p.is_dir()):
        for path in sorted(group.iterdir()):
            if path.is_dir() and path.name != "__pycache__":
                found.append(read(path))
            elif path.suffix == ".py" and not _is_fixed(path):
                found.append(read(path))
    return found


def shown(findings: tuple[Finding, ...]) -> list[Expected]:
    """Findings as expectations are written."""
    return sorted((f.line, f.code, f.field_names) for f in findings)


# --------------------------------------------------------------------------- running a case


@contextmanager
def imported(root: Path, source: Source) -> Iterator[ModuleType]:
    """Import a file of a case that was laid out at ``root``, and forget it and its like after."""
    name = ".".join(source.relative.with_suffix("").parts)
    before = set(sys.modules)
    packages = {part.split(".")[0] for part in (name,)}
    sys.path.insert(0, str(root))
    importlib.invalidate_caches()
    kept = {key: sys.modules.pop(key) for key in list(sys.modules) if key in packages}
    written, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        yield importlib.import_module(name)
    finally:
        sys.dont_write_bytecode = written
        sys.path.remove(str(root))
        for key in set(sys.modules) - before:
            if str(getattr(sys.modules[key], "__file__", None) or "").startswith(str(root)):
                del sys.modules[key]
        sys.modules.update(kept)


def probe(root: Path, source: Source) -> object:
    """What the second end user sees of the first one."""
    with imported(root, source) as module:
        return module.probe()
