"""CCL201 or-merge: the value that is written can be the old one."""

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
Finds writes of a per-request field whose value can be the old one: `src.f or t.f`, a ternary, `src.get("f", t.f)`,
`getattr(src, "f", t.f)`, a coalescing call, and "fill if unset" (`if t.f is None: t.f = ...`).

Reported only where the object written to is shared: the project stores, looks up or cache-copies its class, or the function
looks it up itself.
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
    valid_token.end_user_max_budget = (
        params.get("end_user_max_budget") or valid_token.end_user_max_budget
    )
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


class OrMerge(Rule):
    """The value that is written to a per-request field can be the old one."""

    code = "CCL201"
    name = "or-merge"
    summary = "the value written to a per-request field can be the old one"
    page = PAGE

    def ask(self, knowledge: Knowledge, facts: Facts) -> Iterator[Problem]:
        """The merges of ``facts`` that may write the old value back."""
        yield from kept(knowledge, facts, self.code, frozenset({"or", "unset"}))
