"""The regression test, written: a pytest module for the helpers and merge functions of a run."""

from __future__ import annotations

import keyword
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lint_rules.output.plain import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lint_rules.findings import Call, Named, Role, Subject

_HEADER = "# Written by fix-cache-leak --write-tests; write it anew with the same command.\n"
_PASSED: dict[Role, str] = {
    "carrier": "shared", "source": "source", "cache": "cache", "text": '"text"', "number": "1",
}  # fmt: skip


class TestModuleError(Exception):
    """The module cannot be written; the message says why and what to do."""

    __test__ = False


@dataclass(frozen=True, slots=True)
class TestModule:
    """The text of the module, how many tests it has, and what is left out with the reasons."""

    __test__ = False

    text: str
    count: int
    left_out: tuple[str, ...]


def render(subjects: Iterable[Subject]) -> TestModule:
    """The tests of every subject that a test can call; the others stand in it with the reason."""
    imports = _Imports()
    tests: list[str] = []
    left_out: list[str] = []
    taken: set[str] = set()
    for subject in sorted(subjects, key=lambda s: (s.path, s.line, s.kind, s.model)):
        call = subject.call
        reason = call if isinstance(call, str) else _unimportable(call)
        fields = [field.name for field, mark in subject.marks if mark]
        if reason is None and not fields:
            continue
        if reason is not None:
            place = f"{printable(subject.path)}:{subject.line}"
            left_out.append(f"{place} {printable(subject.function)}: {printable(reason)}")
        elif not isinstance(call, str):
            tests.append(_test(subject, call, fields, imports, taken))
    parts = [
        '"""Two end users share one key: neither may get what belongs to the other."""\n',
        _HEADER,
        "#\n# Left out, since a test cannot call them:\n" if left_out else "",
        *(f"# * {line}\n" for line in left_out),
        "\nfrom __future__ import annotations\n\n",
        *imports.lines(),
        *tests,
    ]
    return TestModule("".join(parts), len(tests), tuple(left_out))


def write(path: Path, module: TestModule) -> None:
    """Write the module; a file that is not one of ours is never overwritten.

    Raises ``TestModuleError``.
    """
    try:
        if path.exists() and _HEADER not in path.read_text(encoding="utf-8", errors="replace"):
            raise TestModuleError(
                f"{path}: not written: it exists and was not written by --write-tests; "
                f"give another name"
            )
        path.write_text(module.text, encoding="utf-8")
    except OSError as error:
        raise TestModuleError(f"{path}: not written: {error.strerror or error}") from error


class _Imports:
    """The names that the module imports; a name from two modules gets a number."""

    def __init__(self) -> None:
        self._names: dict[tuple[str, str], str] = {}
        self._own = {
            "assert_overwrites",
            "assert_reset_for_cache",
            "RecordingCache",
            "SimpleNamespace",
        }
        self._used: set[str] = set()
        self._namespace = False

    def own(self, name: str) -> str:
        """A name of ``lint_rules.testing``."""
        self._used.add(name)
        return name

    def expression(self, named: Named) -> str:
        """How the module writes a class or function."""
        top, *inner = named.name.split(".")
        key = (named.module, top)
        if key not in self._names:
            taken = {*self._names.values(), *self._own}
            name, number = top, 2
            while name in taken:
                name, number = f"{top}_{number}", number + 1
            self._names[key] = name
        return ".".join([self._names[key], *inner])

    def lines(self) -> list[str]:
        """The import statements."""
        found = [
            f"from {module} import {top}{f' as {name}' if name != top else ''}\n"
            for (module, top), name in self._names.items()
        ]
        if self._namespace:
            found.append("from types import SimpleNamespace\n")
        if self._used:
            found.append(f"from lint_rules.testing import {', '.join(sorted(self._used))}\n")
        return sorted(found)

    def namespace(self) -> str:
        """``SimpleNamespace``, imported."""
        self._namespace = True
        return "SimpleNamespace"


def _unimportable(call: Call) -> str | None:
    for named in (call.function, call.model, call.source):
        if named is not None:
            parts = [*named.module.split("."), *named.name.split(".")]
            if not all(part.isidentifier() and not keyword.iskeyword(part) for part in parts):
                return f"{named.module}.{named.name} cannot be imported by name"
    return None


def _test(
    subject: Subject, call: Call, fields: list[str], imports: _Imports, taken: set[str]
) -> str:
    helper = subject.kind == "cache-copy helper"
    name = _free(f"test_{call.function.name.replace('.', '_')}".replace("__", "_"), helper, taken)
    cache = "cache" in dict(call.arguments).values()
    lines = [f"\n\ndef {name}() -> None:"]
    if cache:
        lines.append(f"    cache = {imports.own('RecordingCache')}()")
    assertion = imports.own("assert_reset_for_cache" if helper else "assert_overwrites")
    lines += [f"    {assertion}(", f"        {_callable(call, helper, imports)},"]
    lines.append(f"        {imports.expression(call.model) if call.model else 'dict'},")
    if helper:
        lines += ["        [", *(f"            {field!r}," for field in fields), "        ],"]
        if cache:
            lines.append("        stored_in=cache,")
    else:
        lines.append(f"        {_source(call, imports)},")
        called = dict(call.taken)
        lines.append("        {")
        lines += [f"            {field!r}: {called.get(field)!r}," for field in fields]
        lines.append("        },")
        if call.may_be_none:
            lines.append("        source_may_be_none=True,")
    return "\n".join([*lines, "    )", ""]).replace("'", '"')


def _free(stem: str, helper: bool, taken: set[str]) -> str:
    stem += "_resets" if helper else "_overwrites"
    name, number = stem, 2
    while name in taken:
        name, number = f"{stem}_{number}", number + 1
    taken.add(name)
    return name


def _source(call: Call, imports: _Imports) -> str:
    if call.untyped:
        return imports.namespace()
    return imports.expression(call.source) if call.source else "dict"


def _callable(call: Call, helper: bool, imports: _Imports) -> str:
    """The function itself where it takes just what the assertion passes, else a call of it."""
    function = imports.expression(call.function)
    if call.on_new:
        owner, _, method = function.rpartition(".")
        function = f"{owner}().{method}"
    roles = [role for _, role in call.arguments]
    if roles == (["carrier"] if helper else ["carrier", "source"]):
        return function
    passed = [
        value if name == "self" else f"{name}={value}"
        for name, role in call.arguments
        for value in (f'source["{name}"]' if role == "item" else _PASSED[role],)
    ]
    return f"lambda {'shared' if helper else 'shared, source'}: {function}({', '.join(passed)})"
