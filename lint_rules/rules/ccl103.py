"""CCL103 reset-through-shallow-copy: the "reset" edits a container that the original shares."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lint_rules.rules.base import Page, Problem, Rule, kind_of, step
from lint_rules.rules.texts import COPY_OPTIONS

if TYPE_CHECKING:
    from lint_rules.flow.facts import Facts, SharedEdit
    from lint_rules.knowledge.base import Knowledge


PAGE = Page(
    what="""
Finds "resets" that empty or edit a container which a shallow copy shares with its original.
""",
    why="""
A shallow copy holds the same list or dict as the object it was made from. `copied.limits.clear()` empties the limits of the
object that is in use, too, and what is added later is seen by both.
""",
    bad="""
from copy import copy
from dataclasses import dataclass, field


@dataclass
class Auth:
    token: str
    end_user_limits: dict[str, float] = field(default_factory=dict)


_cache: dict[str, Auth] = {}


def copy_for_cache(auth: Auth) -> Auth:
    copied = copy(auth)
    copied.end_user_limits.clear()
    return copied
""",
    good="""
from copy import copy
from dataclasses import dataclass, field


@dataclass
class Auth:
    token: str
    end_user_limits: dict[str, float] = field(default_factory=dict)


_cache: dict[str, Auth] = {}


def copy_for_cache(auth: Auth) -> Auth:
    copied = copy(auth)
    copied.end_user_limits = {}
    return copied
""",
    options=COPY_OPTIONS,
    fix_safety="""
The repair binds the copy's field to a fresh value, so that the original keeps its own. Code that relied
on the original being emptied as well behaves differently afterwards. Where only one entry was taken out and something else
proves the field per-request, the fresh value is an empty one: the other entries are this request's, too.
""",
)


class ResetThroughShallowCopy(Rule):
    """A reset edits a container that the shallow copy shares with the original."""

    code = "CCL103"
    name = "reset-through-shallow-copy"
    summary = "a reset edits a container that the shallow copy shares with the original"
    page = PAGE

    def ask(self, knowledge: Knowledge, facts: Facts) -> Iterator[Problem]:
        """The shared containers that a helper of ``facts`` edits in place."""
        copies = {copy.copy.id: copy for copy in knowledge.helpers.copies(facts.function)}
        for edit in facts.shared_edits:
            copy = copies.get(edit.obj)
            if copy is None or not edit.empties:
                continue
            found = knowledge.fields.of(copy.copy.model, facts, copy.copy)
            if edit.field not in found.evidence:
                continue
            what = kind_of(facts, copy.copy)
            message = (
                f"{facts.function.qualname} {_edits(edit)}, which the shallow "
                f"copy shares with the original {what}: the request that is under way loses its own "
                f"values, and both objects go on sharing the container. Rebind {edit.field} instead."
            )
            trace = (
                step(knowledge, facts, copy.copy.node or edit.node, "copied here, shallowly"),
                step(knowledge, facts, edit.node, "edited here, in both objects"),
            )
            yield Problem(
                self.code, facts, edit.statement or edit.node, message, copy.copy.model,
                (edit.field,), found, copy.copy, trace, copy=copy, edit=edit,
            )  # fmt: skip


def _edits(edit: SharedEdit) -> str:
    """What the function does to the container, in words."""
    if edit.method == "del":
        return f"takes something out of {edit.field}"
    if edit.method == "[:]":
        return f"replaces the content of {edit.field}"
    return f"calls .{edit.method}() on {edit.field}"
