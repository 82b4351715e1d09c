"""CCL202 guarded-merge: the write happens only when the new value is there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lint_rules.rules.base import Page, Problem, Rule
from lint_rules.rules.merges import kept

if TYPE_CHECKING:
    from lint_rules.flow.facts import Facts
    from lint_rules.knowledge.base import Knowledge


PAGE = Page(
    what="""
Finds writes of a per-request field that happen only when the new value is there: `if src.get("f")`, `is not None`,
`"f" in src`, a walrus, `try`/`except KeyError`, `match`, dumps with `exclude_none` or `exclude_unset`, filtered
comprehensions and loops.

A guard about something else (`if settings.enforce:`) is the program's decision and is not reported.
""",
    why="""
The object that is merged onto may come from a cache, with the values of the user before. A value that is
only written when the new one is there leaves the old one in place: the next end user is judged by it.
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
    return replace(auth, end_user_id=None, end_user_max_budget=None)


def update_token(valid_token: Auth, params: dict) -> Auth:
    valid_token.end_user_id = params.get("end_user_id")
    if params.get("end_user_max_budget") is not None:
        valid_token.end_user_max_budget = params["end_user_max_budget"]
    return valid_token
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


def update_token(valid_token: Auth, params: dict) -> Auth:
    valid_token.end_user_id = params.get("end_user_id")
    valid_token.end_user_max_budget = params.get("end_user_max_budget")
    return valid_token
""",
    options=("per-request-fields", "shared-fields", "merge-functions", "cache-objects"),
    fix_safety="""
The repair writes what the source holds, whatever that is: an absent value now clears the field. That is the point,
and it is a change of behaviour where a guard was deliberate (another function may have set the value before), so the report
says it. Where the write is too tangled to rewrite (a loop, a filtered dict, other statements under the guard), the fields are
reset first and the merge stays as it is. A write of anything but the same-named field of a source has no repair.
""",
)


class GuardedMerge(Rule):
    """A per-request field is written only when the new value is there."""

    code = "CCL202"
    name = "guarded-merge"
    summary = "a per-request field is written only when the new value is there"
    page = PAGE

    def ask(self, knowledge: Knowledge, facts: Facts) -> Iterator[Problem]:
        """The merges of ``facts`` that a missing value skips."""
        yield from kept(knowledge, facts, self.code, frozenset({"guard"}))
