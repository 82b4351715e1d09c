"""CCL101 unreset-field: a copy for the cache keeps a per-request field on every path."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lint_rules.rules.base import Page, Problem, Rule
from lint_rules.rules.copies import incomplete
from lint_rules.rules.texts import COPY_FIX, COPY_OPTIONS, COPY_WHY, HELPER, PRELUDE

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

A new object that is given two or more fields of another one of its class (`Auth(token=auth.token, user=auth.user)`, also in
one statement each) is a copy of it; what it is not given has its default. Where nothing says of which class the other one is, the
function's name has to say that it copies for a cache.

A deep copy for the cache by its name holds copies of what stands in it: the per-request fields of an object in one of its fields
(`limits.end_user_rpm`, by the annotation `limits: Limits`) are asked for, too, unless the copy goes through another function or a
loop over names before it is handed out.

In a class whose name ends in `Cache` (or `CacheStore`, `CacheManager` and the like) a method that puts a copy into what the
object holds, and resets something on it, copies for the cache, whatever the attribute is called. One that only copies keeps its
callers apart from the entry: they are asked.

Not reported where the function itself stores the copy under keys that name the end user: such an entry is nobody else's. Nor of
a copy of what was looked up a field that no entry carries: all that the project stores is new in it. Nor where a loop picks
the fields to be reset by what is declared of them (`field.metadata`): which these are is not known.
""",
    why=COPY_WHY,
    bad=PRELUDE
    + """def copy_for_cache(auth: Auth) -> Auth:
    return replace(auth, end_user_id=None)
""",
    good=PRELUDE + HELPER,
    options=COPY_OPTIONS,
    fix_safety=COPY_FIX,
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
