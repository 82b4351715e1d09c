"""CCL101 unreset-field: a copy for the cache keeps a per-request field on every path."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lint_rules.rules.base import Page, Problem, Rule
from lint_rules.rules.copies import incomplete

if TYPE_CHECKING:
    from lint_rules.flow.facts import Facts
    from lint_rules.knowledge.base import Knowledge


PAGE = Page(
    what="""
Finds copies made for a cache in which a per-request field still has its old value, whichever way the function takes.

A function is a *cache-copy helper* when it copies an object and its name says that the copy is for a cache, or the copy
reaches a cache store, or what it copies was looked up in a cache. A field is *per-request* when something proves it: its
name matches `per-request-fields` where the class declares it, another helper resets it, a merge function writes it from the
same source as a proven one, a comment marks it, or the configuration lists it. Each finding prints that evidence.
""",
    why="""
The cached object is handed to every request with the same key. What one request's end user left on it is
what the next end user is judged by: his budget, his limits, his region.
""",
    bad="""
from dataclasses import dataclass, replace


@dataclass
class Auth:
    token: str
    end_user_id: str | None = None
    end_user_max_budget: float | None = None


_cache: dict[str, Auth] = {}


def copy_for_cache(auth: Auth) -> Auth:
    return replace(auth, end_user_id=None)
""",
    good="""
from dataclasses import dataclass, replace


@dataclass
class Auth:
    token: str
    end_user_id: str | None = None
    end_user_max_budget: float | None = None


_cache: dict[str, Auth] = {}


def copy_for_cache(auth: Auth) -> Auth:
    return replace(auth, end_user_id=None, end_user_max_budget=None)
""",
    options=("per-request-fields", "shared-fields", "cache-copy-helpers", "cache-objects"),
    fix_safety="""
The repair inserts unconditional resets in the style that the function has already: assignments, entries of
`update={}`, keywords of `replace(...)`, a names tuple, an `exclude` set. A field is reset to None where it may be None, else
to its declared default; where there is neither, the finding says so and nothing is rewritten.
""",
)


class UnresetField(Rule):
    """A copy for the cache keeps a per-request field on every path."""

    code = "CCL101"
    name = "unreset-field"
    summary = "a copy for the cache keeps a per-request field on every path"
    page = PAGE

    def ask(self, knowledge: Knowledge, facts: Facts) -> Iterator[Problem]:
        """The copies of ``facts`` that this rule reports."""
        yield from incomplete(knowledge, facts, self.code)
