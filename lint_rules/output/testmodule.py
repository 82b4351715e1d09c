"""The regression test, written: a pytest module for the helpers and merge functions of a run."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lint_rules.output.plain import printable
from lint_rules.output.testimports import Imports, unimportable
from lint_rules.output.testlayout import WIDTH, call, quoted, within

if TYPE_CHECKING:
    from lint_rules.findings import Argument, Call, Finding, Mark, Role, Source, Subject

MARKER = "# Written by fix-cache-leak --write-tests"
"""What the line begins with by which a module of ours is known."""

_RIGHT: frozenset[Mark] = frozenset({"reset", "overwritten"})
_STORES = ("CCL104", "CCL105")
_PASSED: dict[Role, str] = {
    "carrier": "shared", "source": "source", "cache": "cache", "text": '"text"', "number": "1",
    "none": "None",
}  # fmt: skip
_SUPPRESSED = "its finding is suppressed, not selected, or accepted in the baseline"


@dataclass(frozen=True, slots=True)
class TestModule:
    """The text of the module without its checksum, how many tests it has, and what it leaves out."""

    __test__ = False

    text: str
    count: int
    left_out: tuple[str, ...]


def render(
    subjects: Iterable[Subject], findings: Sequence[Finding] = (), command: str = ""
) -> TestModule:
    """The tests of every subject that a test can call; the others stand in it with the reason.

    ``findings`` are those that count: a wrong field that none of them names is left out, since somebody
    has decided that it may stay so.  ``command`` is how the module was asked for.
    """
    plan = _Plan(findings)
    for subject in sorted(subjects, key=lambda s: (s.path, s.line, s.kind, s.model)):
        plan.add(subject)
    imports = Imports()
    tests = [_Test(case, name, imports).text() for name, case in _named(list(plan.cases.values()))]
    left_out = tuple(dict.fromkeys([*plan.left_out, *plan.unseen()]))
    parts = [
        '"""Two end users share one key: neither may get what belongs to the other."""\n\n',
        *_comments(command, left_out),
        "\n",
        *imports.lines(),
        *tests,
    ]
    return TestModule("".join(parts), len(tests), left_out)


@dataclass(frozen=True, slots=True)
class _Case:
    """One test: the subject, how it is called, and the fields that are looked at."""

    subject: Subject
    call: Call
    fields: tuple[str, ...]

    @property
    def is_helper(self) -> bool:
        return self.subject.kind == "cache-copy helper"


class _Plan:
    """What is tested, and what is left out with the reason."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.cases: dict[tuple[str, Call], _Case] = {}
        self.left_out: list[str] = []
        self._findings = findings
        self._open = {
            (finding.path, finding.function, finding.code[:4], name)
            for finding in findings
            for name in finding.field_names
        }

    def add(self, subject: Subject) -> None:
        """Take a subject in, or say why not."""
        marked = [(field.name, mark) for field, mark in subject.marks if mark]
        if not marked:
            return
        call = subject.call
        reason = call if isinstance(call, str) else unimportable(call)
        if reason is not None or isinstance(call, str):
            self._leave_out(subject, reason or "")
            return
        unsure = dict(call.unsure) | {
            name: _SUPPRESSED for name, mark in marked if not self._counts(subject, name, mark)
        }
        for name, _ in marked:
            if name in unsure:
                self._leave_out(subject, f"{name}: {unsure[name]}")
        fields = tuple(name for name, _ in marked if name not in unsure)
        if fields:
            case = _Case(subject, replace(call, unsure=()), fields)
            known = self.cases.setdefault((subject.kind, case.call), case)
            both = dict.fromkeys(known.fields + fields)
            self.cases[subject.kind, case.call] = replace(known, fields=tuple(both))

    def _counts(self, subject: Subject, name: str, mark: Mark) -> bool:
        family = "CCL1" if subject.kind == "cache-copy helper" else "CCL2"
        return mark in _RIGHT or (subject.path, subject.function, family, name) in self._open

    def _leave_out(self, subject: Subject, reason: str) -> None:
        self.left_out.append(f"{subject.path}: {subject.function}: {reason}")

    def unseen(self) -> Iterator[str]:
        """Findings about stores that no test looks at."""
        seen = {
            (case.subject.path, case.subject.function)
            for case in self.cases.values()
            if case.call.stores
        }
        for finding in self._findings:
            if finding.code in _STORES and (finding.path, finding.function) not in seen:
                yield (
                    f"{finding.path}: {finding.function}: {finding.code} {finding.name}: what it "
                    f"stores is out of a test's reach"
                )


def _named(cases: list[_Case]) -> Iterator[tuple[str, _Case]]:
    """The cases with the names of their tests, each only once."""
    taken: set[str] = set()
    for case in cases:
        stem = "_".join(part.strip("_") for part in case.call.function.name.lower().split("."))
        stem = f"test_{stem[:48]}_{'resets' if case.is_helper else 'overwrites'}"
        name, number = stem, 2
        while name in taken:
            name, number = f"{stem}_{number}", number + 1
        taken.add(name)
        yield name, case


def _comments(command: str, left_out: tuple[str, ...]) -> Iterator[str]:
    """How the module came to be, and what it leaves out."""
    yield f"{MARKER}{'; to write it anew:' if command else '.'}\n"
    if command:
        yield from _wrapped(command, "#     ", "#         ")
    if left_out:
        yield "#\n# Left out:\n"
    for line in left_out:
        yield from _wrapped(printable(line), "# * ", "#   ")


def _wrapped(text: str, first: str, rest: str) -> Iterator[str]:
    for line in textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False,
        break_on_hyphens=False,
    ):  # fmt: skip
        yield f"{line}\n"


class _Test:
    """The text of one test."""

    def __init__(self, case: _Case, name: str, imports: Imports) -> None:
        self.case, self.name, self.imports = case, name, imports
        self.flags = [a.name for a in case.call.arguments if a.role == "flag"]
        self.needs_cache = case.call.has("cache") or bool(case.call.caches)

    def text(self) -> str:
        """The decorators, the header and the body."""
        body = [f'"""{self._title()}"""', *self._cache()]
        function, inner = self._callable()
        body += [*inner, *self._assertion(function)]
        decorators = [
            f"@{self.imports.pytest()}.mark.parametrize({quoted(flag)}, [False, True])"
            for flag in self.flags
        ]
        lines = [*decorators, *self._header(), *_indented(body)]
        return "\n\n" + within("\n".join(lines))

    def _title(self) -> str:
        function = f"``{self.case.call.function.name}``"
        title = f"{function} in {printable(self.case.subject.path)}."
        fits = len(title) < WIDTH - 10 and not {'"', "\\"} & set(title)
        return title if fits else f"{function}."

    def _header(self) -> list[str]:
        given = [f"{flag}: bool" for flag in self.flags]
        if self.case.call.caches:
            given.insert(0, f"monkeypatch: {self.imports.pytest()}.MonkeyPatch")
        line = f"def {self.name}({', '.join(given)}) -> None:"
        if len(line) <= WIDTH or not given:
            return [line]
        return [f"def {self.name}(", *(f"    {one}," for one in given), ") -> None:"]

    def _cache(self) -> list[str]:
        if not self.needs_cache:
            return []
        lines = [f"cache = {self.imports.own('RecordingCache')}()"]
        for name in self.case.call.caches:
            target = quoted(f"{self.case.call.function.module}.{name}")
            lines += call("monkeypatch.setattr", [target, "cache"], at=4)
        return lines

    def _callable(self) -> tuple[str, list[str]]:
        """What is handed to the assertion: the function itself, or one around it."""
        case = self.case
        function = self.imports.expression(case.call.function)
        if case.call.on_new:
            owner, _, method = function.rpartition(".")
            function = f"{owner}().{method}"
        roles = [argument.role for argument in case.call.arguments]
        if roles == (["carrier"] if case.is_helper else ["carrier", "source"]):
            return function, []
        name = f"call_{function.rpartition('.')[2]}"
        any_ = self.imports.any()
        source = "" if case.is_helper else f", source: {any_}"
        passed = [self._passed(argument) for argument in case.call.arguments]
        inner = [
            f"def {name}(shared: {any_}{source}) -> {any_}:",
            *(f"    {line}" for line in call(f"return {function}", passed, at=8)),
        ]
        # A blank line stands around an inner function, not after the docstring alone.
        return name, ["", *inner, ""]

    def _passed(self, argument: Argument) -> str:
        if argument.role == "item":
            value = f"source[{quoted(argument.name)}]"
        elif argument.role == "flag":
            value = argument.name
        else:
            value = _PASSED[argument.role]
        return value if argument.keyword is None else f"{argument.keyword}={value}"

    def _assertion(self, function: str) -> list[str]:
        case = self.case
        model = self.imports.expression(case.call.model) if case.call.model else "dict"
        given = [function, model]
        source = case.call.source
        if case.is_helper or source is None:
            name = "assert_reset_for_cache"
            given.append(_listed(map(quoted, case.fields)))
            if self.needs_cache:
                given.append("stored_in=cache")
            values = [f"{quoted(n)}: {v}" for n, v in case.call.values if n in case.fields]
            if values:
                given.append(f"first={_listed(values, '{}')}")
        else:
            name = "assert_overwrites"
            given += [self._source(source), self._fields(source)]
            given += self._about(source)
        return call(self.imports.own(name), given, at=4, explode=True)

    def _source(self, source: Source) -> str:
        if source.untyped:
            return self.imports.namespace()
        return self.imports.expression(source.model) if source.model else "dict"

    def _fields(self, source: Source) -> str:
        called = dict(source.taken)
        if all(called.get(name) == name for name in self.case.fields):
            return _listed(map(quoted, self.case.fields))
        pairs = [(name, called.get(name)) for name in self.case.fields]
        return _listed(
            [f"{quoted(name)}: {quoted(theirs) if theirs else None}" for name, theirs in pairs],
            "{}",
        )

    def _about(self, source: Source) -> Iterator[str]:
        # What a field that is left out is called must be there as well.
        others = {
            theirs for name, theirs in source.taken if name not in self.case.fields and theirs
        }
        also = sorted(
            {*source.also, *others} - {dict(source.taken).get(n) for n in self.case.fields}
        )
        if also:
            yield f"also={_listed(map(quoted, also))}"
        if source.may_be_none:
            yield "source_may_be_none=True"
        if self.case.call.stores:
            yield "stored_in=cache"


def _listed(items: Iterable[str], brackets: str = "[]") -> str:
    """A list or dict written one item a line."""
    return "\n".join([brackets[0], *(f"    {item}," for item in items), brackets[1]])


def _indented(lines: list[str]) -> list[str]:
    return [f"    {line}" if line else "" for line in lines]
