"""Mutants of correct modules: how many are found with the right code, function and field, and repaired.

A module is put together from a kind of model, a way to copy, a way to reset and a way to merge.
As it stands it is right, and must be silent.  A mutant has one mistake in it, for one field.  Each is
checked, repaired, and executed before and after: before the repair the second end user must see a
value of the first (else the mutant is a bad one, which ends the benchmark), after it he must not.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

from lint_rules.engine import Engine
from lint_rules.settings import Settings

FIELDS = ("end_user_id", "end_user_max_budget", "end_user_rpm_limit", "allowed_model_region")
HELPER = "copy_auth_for_cache"
MERGE = "update_auth_with_end_user"


@dataclass(frozen=True)
class Kind:
    """A kind of model: its head, and the ways to copy an object of it, {0} being keyword resets."""

    name: str
    imports: str
    head: str
    copies: tuple[str, ...]
    keyword_copies: tuple[str, ...] = ()


PLAIN = "class Auth:\n    def __init__(self, token, team=None{parameters}):\n{body}"
KINDS = (
    Kind(
        "pydantic",
        "from pydantic import BaseModel",
        "class Auth(BaseModel):",
        (
            "auth.model_copy()",
            "auth.model_copy(deep=True)",
            "copy.copy(auth)",
            "copy.deepcopy(auth)",
            "Auth(**auth.model_dump())",
            "Auth.model_validate(auth.model_dump())",
        ),
        ("auth.model_copy(update={{{items}}})",),
    ),
    Kind(
        "dataclass",
        "from dataclasses import dataclass, replace",
        "@dataclass\nclass Auth:",
        ("copy.copy(auth)", "copy.deepcopy(auth)", "replace(auth)"),
        ("replace(auth, {keywords})",),
    ),
    Kind(
        "attrs",
        "import attrs",
        "@attrs.define\nclass Auth:",
        ("copy.copy(auth)", "copy.deepcopy(auth)", "attrs.evolve(auth)"),
        ("attrs.evolve(auth, {keywords})",),
    ),
    Kind("plain", "", "", ("copy.copy(auth)", "copy.deepcopy(auth)")),
)

Lines = list[str]


def reset_assignments(names: Lines) -> Lines:
    return [f"copied.{name} = None" for name in names]


def reset_chain(names: Lines) -> Lines:
    return [" = ".join(f"copied.{name}" for name in names) + " = None"]


def reset_setattr(names: Lines) -> Lines:
    return [f'setattr(copied, "{name}", None)' for name in names]


def reset_loop(names: Lines) -> Lines:
    return [f"for name in {tuple(names)!r}:", "    setattr(copied, name, None)"]


RESETS = (reset_assignments, reset_chain, reset_setattr, reset_loop)

SOURCES: dict[str, Callable[[str], str]] = {
    "mapping": lambda name: f'user.get("{name}")',
    "object": lambda name: f"user.{name}",
}

CONDITIONAL: dict[str, Callable[[str], Lines]] = {
    "if": lambda name: ["if auth.team is None:", f"    copied.{name} = None"],
    "early return": lambda name: [
        "if auth.team is not None:",
        "    return copied",
        f"copied.{name} = None",
    ],
    "ternary": lambda name: [f"copied.{name} = None if auth.team is None else auth.{name}"],
    "try": lambda name: [
        "try:",
        "    audit(auth)",
        f"    copied.{name} = None",
        "except ValueError:",
        "    pass",
    ],
    "loop": lambda name: ["for _ in audit_trail(auth):", f"    copied.{name} = None"],
}

OR_MERGES: dict[str, str] = {
    "source or target": "auth.{0} = {1} or auth.{0}",
    "target or source": "auth.{0} = auth.{0} or {1}",
    "ternary": "auth.{0} = {1} if {1} is not None else auth.{0}",
    "fill if unset": "if auth.{0} is None:\n    auth.{0} = {1}",
}
GUARDS: dict[str, str] = {
    "truthy": "if {1}:\n    auth.{0} = {1}",
    "is not None": "if {1} is not None:\n    auth.{0} = {1}",
    "walrus": "if (value := {1}) is not None:\n    auth.{0} = value",
    "local": "value = {1}\nif value is not None:\n    auth.{0} = value",
    "early return": "if {1} is None:\n    return auth\nauth.{0} = {1}",
}
MAPPING_OR = {"get default": 'auth.{0} = user.get("{0}", auth.{0})'}
MAPPING_GUARDS = {
    "in": 'if "{0}" in user:\n    auth.{0} = user["{0}"]',
    "KeyError": 'try:\n    auth.{0} = user["{0}"]\nexcept KeyError:\n    pass',
    "match": 'match user:\n    case {{"{0}": value}}:\n        auth.{0} = value',
}


@dataclass(frozen=True)
class Module:
    """A text, what must be found in it, and a name for the report."""

    form: str
    text: str
    expected: tuple[str, str, str] | None = None


def indented(lines: Lines, by: int = 4) -> str:
    whole = "\n".join(lines).split("\n")
    return "\n".join(" " * by + line for line in whole) + "\n"


def model(kind: Kind) -> str:
    if kind.name == "plain":
        body = ["self.token = token", "self.team = team"]
        body += [f"self.{name} = {name}" for name in FIELDS]
        parameters = "".join(f", {name}=None" for name in FIELDS)
        return PLAIN.format(parameters=parameters, body=indented(body, 8))
    fields = ["token: str", "team: str | None = None"]
    fields += [f"{name}: int | None = None" for name in FIELDS]
    return f"{kind.head}\n{indented(fields)}"


def build(kind: Kind, helper: Lines, merge: Lines, source: str) -> str:
    """A module of two functions and what stands around them."""
    if source == "mapping":
        annotation = "dict[str, int]"
        entries = ", ".join(f'"{name}": row.{name}' for name in FIELDS)
        producer = [f"return {{{entries}}}"]
    else:
        annotation = "EndUser"
        producer = ["return row"]
    end_user = [f"{name}: int | None = None" for name in FIELDS]
    return "\n".join(
        (
            "import copy",
            "import dataclasses",
            f"{kind.imports}\n\ncache = {{}}\n",
            f"@dataclasses.dataclass\nclass EndUser:\n{indented(end_user)}",
            model(kind),
            "def audit(auth):\n    if auth.team is not None:\n        raise ValueError(auth.team)\n",
            "def audit_trail(auth):\n    return [] if auth.team else [1]\n",
            f"def {HELPER}(auth: Auth) -> Auth:\n{indented([*helper, 'return copied'])}",
            f"def {MERGE}(auth: Auth, user: {annotation}) -> Auth:\n"
            f"{indented([*merge, 'return auth'])}",
            f"def end_user_of(row: EndUser) -> {annotation}:\n{indented(producer)}",
            f"def store(auth: Auth) -> None:\n    cache[auth.token] = {HELPER}(auth)\n",
            "def handle(token: str, row: EndUser) -> Auth:\n"
            "    auth = cache[token]\n"
            f"    return {MERGE}(auth, end_user_of(row))\n",
        )
    )


def helpers(kind: Kind, names: Lines) -> Iterator[tuple[str, Lines]]:
    """Every way to copy, with every way to reset ``names``."""
    for made in kind.copies:
        for reset in RESETS:
            yield f"{kind.name}, {made}, {reset.__name__}", [f"copied = {made}", *reset(names)]
    for made in kind.keyword_copies:
        filled = made.format(
            items=", ".join(f'"{name}": None' for name in names),
            keywords=", ".join(f"{name}=None" for name in names),
        )
        yield f"{kind.name}, {made}", [f"copied = {filled}"]


def merges(value: Callable[[str], str], names: Lines) -> Lines:
    return [f"auth.{name} = {value(name)}" for name in names]


def modules() -> Iterator[Module]:
    """The correct ones and their mutants, always the same ones in the same order."""
    names = list(FIELDS)
    turn = cycle(FIELDS)
    for kind in KINDS:
        for source, value in SOURCES.items():
            right = merges(value, names)
            for form, helper in helpers(kind, names):
                yield Module(f"correct: {form}, {source}", build(kind, helper, right, source))
            for name in names:
                others = [other for other in names if other != name]
                for form, helper in helpers(kind, others):
                    yield Module(
                        f"reset deleted: {form}",
                        build(kind, helper, right, source),
                        ("CCL101", HELPER, name),
                    )
            for condition, lines in CONDITIONAL.items():
                for made in kind.copies:
                    for reset in RESETS:
                        name = next(turn)
                        others = [other for other in names if other != name]
                        helper = [f"copied = {made}", *reset(others), *lines(name)]
                        yield Module(
                            f"reset under a condition: {condition}",
                            build(kind, helper, right, source),
                            ("CCL102", HELPER, name),
                        )
            whole = [f"copied = {kind.copies[0]}", *reset_assignments(names)]
            for code, forms in (
                ("CCL201", OR_MERGES | (MAPPING_OR if source == "mapping" else {})),
                ("CCL202", GUARDS | (MAPPING_GUARDS if source == "mapping" else {})),
            ):
                for form, text in forms.items():
                    for name in names:
                        others = [other for other in names if other != name]
                        merge = [*merges(value, others), text.format(name, value(name))]
                        yield Module(
                            f"merge: {form}, {source}",
                            build(kind, whole, merge, source),
                            (code, MERGE, name),
                        )
            for name in names:
                others = [other for other in names if other != name]
                yield Module(
                    f"overwrite deleted: {source}",
                    build(kind, whole, merges(value, others), source),
                    ("CCL203", MERGE, name),
                )


def leaks(text: str) -> set[str]:
    """The fields in which a second end user sees the first one's value: helper and merge alone."""
    space: dict[str, Any] = {"__name__": "module"}
    exec(compile(text, "module.py", "exec", dont_inherit=True), space)
    alice = dict.fromkeys(FIELDS, 7)
    seen = set()
    for team in (None, "team"):
        auth = space["Auth"](token="k", team=team, **alice)
        copied = space[HELPER](auth)
        seen |= {name for name in FIELDS if getattr(copied, name, None) == 7}
        auth = space["Auth"](token="k", team=team, **alice)
        nobody = space["EndUser"]()
        empty: Any = {} if "user: dict" in text else nobody
        merged = space[MERGE](auth, empty)
        seen |= {name for name in FIELDS if getattr(merged, name, None) == 7}
    return seen


def main() -> int:
    """Check, repair and execute; 0 when all is found and repaired and nothing else is reported."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--show", type=int, default=20, help="how many failures to show in full")
    shown = parser.parse_args().show
    count: Counter[str] = Counter()
    per_code: dict[str, Counter[str]] = {}
    failures: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for number, module in enumerate(modules()):
            path = Path(folder) / str(number) / "module.py"
            path.parent.mkdir()
            path.write_text(module.text, encoding="utf-8")
            engine = Engine(Settings())
            report = engine.check(path, module.text, display="module.py")
            found = {
                (finding.code, finding.function, name)
                for finding in report.findings
                for name in finding.field_names
            }
            before = leaks(module.text)
            if module.expected is None:
                assert not before, f"not correct: {module.form}: {before}\n{module.text}"
                count["correct"] += 1
                if found or report.errors:
                    count["reported"] += 1
                    failures.append(f"{module.form}: reported {sorted(found)} {report.errors}")
                continue
            code, _, name = module.expected
            assert before == {name}, f"leaks {before}: {module.form}\n{module.text}"
            ours = per_code.setdefault(code, Counter())
            ours["mutants"] += 1
            if found == {module.expected}:
                ours["found"] += 1
            else:
                failures.append(f"{module.form}: {module.expected} reported as {sorted(found)}")
            fixed = Engine(Settings()).fix(path, module.text, display="module.py").new_source
            if fixed is not None and not leaks(fixed):
                ours["repaired"] += 1
            else:
                reasons = {finding.fix.reason for finding in report.findings}
                failures.append(f"{module.form}: {module.expected} not repaired: {reasons}")
    whole: Counter[str] = Counter()
    print(f"{'':8}{'mutants':>9}{'found':>9}{'repaired':>10}")
    for code, ours in sorted(per_code.items()):
        whole.update(ours)
        print(f"{code:8}{ours['mutants']:9,}{ours['found']:9,}{ours['repaired']:10,}")
    print(f"{'all':8}{whole['mutants']:9,}{whole['found']:9,}{whole['repaired']:10,}")
    print(f"{count['correct']:,} correct modules, {count['reported']:,} of them reported")
    print(f"{len(failures)} failures" + (":" if failures and shown else ""))
    for failure in failures[:shown]:
        print(f"  {failure}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
