"""Repairs of copies: put the missing resets where, and how, the function already resets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

import libcst as cst

from lint_rules.findings import Edit, Fix
from lint_rules.fixes.arguments import (
    add_entries,
    add_keywords,
    add_update,
    extend_names,
    replace_entries,
    take_out_of_include,
)
from lint_rules.fixes.layout import Layout
from lint_rules.fixes.readings import after_all, behind_reads, leaves
from lint_rules.fixes.texts import leave_out, writes_aliases
from lint_rules.fixes.values import ResetValue, reset_value
from lint_rules.flow.presence import is_always_true
from lint_rules.flow.vocabulary import TEXTS
from lint_rules.knowledge.filling import is_merged_into
from lint_rules.knowledge.merging import family
from lint_rules.rules.base import listed

if TYPE_CHECKING:
    from lint_rules.rules.base import Problem

#: Copies whose fields cannot be assigned afterwards, or read better as keywords.
_KEYWORDS = frozenset({"replace", "evolve", "assoc", "_replace", "__replace__"})

_NO_STATEMENT = (
    "the edit is part of a larger expression: assign a new container in a statement of its own"
)

_SAME = (
    "the class says itself how it is copied, and may hand out the object itself: a reset would take the values from the "
    "request, too"
)
_MERGED = (
    "{names} written on the copy from a source, and that value would be lost by a reset: store another copy, on "
    "which it is reset"
)


_READ = (
    "the function reads the copy's own value after the place of the reset: reset the field by hand where that value is "
    "not used"
)


def fix_copy(problem: Problem, layout: Layout) -> Fix:
    """Insert unconditional resets of the problem's fields on the copy."""
    links = map(problem.facts.objects.__getitem__, family(problem.facts, problem.carrier.id))
    if any(link.same for link in links):
        return Fix(reason=_SAME)
    values, reasons = values_of(problem)
    if not values:
        return Fix(reason="; ".join(reasons))
    if problem.carrier.how in TEXTS or writes_aliases(problem):
        return leave_out(problem, layout, values, reasons)
    # What the copy writes already is corrected first; the next round adds what is still missing.
    there = replace_entries(problem, layout, values) | _assignments(problem, layout, values)
    edits = list(there.values()) or _edits(problem, layout, values)
    if isinstance(edits, str):
        return Fix(reason=edits)
    if edits is None and problem.model is not None and problem.model.frozen:
        return Fix(
            reason=f"objects of {problem.model.name} cannot be changed after the copy (the class is "
            "frozen), and this way to copy takes no new values: use one that does, as replace(...)"
        )
    if edits is None:
        return Fix(
            reason="this tool cannot extend the way in which the copy is made: reset the fields on "
            "the copy by hand"
        )
    return Fix(tuple(edits), reason="; ".join(reasons) or None)


def _assignments(
    problem: Problem, layout: Layout, values: dict[str, ResetValue]
) -> dict[str, Edit]:
    """By field the edit of an assignment beside the copy that may put the old value back."""
    node = problem.carrier.node
    line = layout.up(node, cst.SimpleStatementLine) if node is not None else None
    block = layout.block_of(line) if line is not None else ()
    found: dict[str, Edit] = {}
    for write in problem.facts.writes_to(problem.carrier.id):
        value, statement = values.get(write.field), write.statement
        if value is None or value.remove or write.how not in ("attr", "item"):
            continue
        found.pop(write.field, None)  # of two assignments the last one counts
        if isinstance(statement, cst.Assign) and len(statement.targets) == 1:
            target = statement.targets[0].target
            if (
                isinstance(target, cst.Attribute | cst.Subscript)
                and not write.value.is_constant
                and layout.up(statement, cst.SimpleStatementLine) in block
            ):
                found[write.field] = Edit(*layout.outer_span(statement.value), value.text)
    return found


def values_of(problem: Problem) -> tuple[dict[str, ResetValue], list[str]]:
    """The reset of each field, and the reasons why some have none."""
    values: dict[str, ResetValue] = {}
    reasons: list[str] = []
    merged = [n for n in problem.fields if is_merged_into(problem.facts, problem.carrier, n)]
    if merged:
        reasons.append(
            _MERGED.format(names=f"{listed(merged)} {'is' if len(merged) == 1 else 'are'}")
        )
    for name in problem.fields:
        if name in merged:
            continue
        value = reset_value(problem.model, name)
        if isinstance(value, str):
            reasons.append(value)
        else:
            values[name] = value
    return values, reasons


def _edits(
    problem: Problem, layout: Layout, values: dict[str, ResetValue]
) -> list[Edit] | str | None:
    """The first form that fits: what is there already is extended, before anything new comes in; else why none does."""
    node = problem.carrier.node
    if node is None:
        return None
    by_names = extend_names(problem, layout, values)
    if by_names is None:
        by_names = take_out_of_include(problem, layout, values)
    if by_names is not None:
        return by_names
    variable, anchor, optional = bound(problem, layout, node, values)
    frozen = problem.model is not None and problem.model.frozen
    if variable is not None and anchor is not None:
        last = None if frozen else last_reset(problem, layout, anchor, variable)
        reading = behind_reads(problem, layout, last or anchor, variable, values)
        if reading:
            resets = _statements(problem, variable, values)
            return _READ if frozen or optional else after_all(layout, reading, resets) or _READ
        if last is not None:
            return after(layout, last, _statements(problem, variable, values))
    inside = _inside(problem, layout, node, values, direct=variable is None or frozen)
    if inside is not None:
        return inside
    if frozen:
        return _frozen(problem, layout, node, values)
    if variable is not None and anchor is not None:
        statements = _statements(problem, variable, values)
        return after(layout, anchor, statements, under=variable if optional else "")
    under = "{}" if optional else ""
    return introduce(layout, node, lambda name: _statements(problem, name, values), under=under)


def _inside(
    problem: Problem,
    layout: Layout,
    node: cst.CSTNode,
    values: dict[str, ResetValue],
    *,
    direct: bool,
) -> list[Edit] | None:
    """Resets as part of the copy itself: ``update={}``, keywords, entries of a display."""
    how = problem.carrier.how
    if isinstance(node, cst.Dict) and how == "display":
        return add_entries(layout, node, values)
    if not isinstance(node, cst.Call):
        return None
    if how in _KEYWORDS:
        if problem.model is not None and any(
            (decl := problem.model.field(name)) is not None and not decl.in_init for name in values
        ):
            return None
        return add_keywords(layout, node, values)
    if how in ("model_copy", "copy"):
        return add_update(layout, node, values, create=direct and how == "model_copy")
    return None


def _frozen(
    problem: Problem, layout: Layout, node: cst.CSTNode, values: dict[str, ResetValue]
) -> list[Edit] | None:
    """Objects that cannot be assigned to: copy once more with the fields reset."""
    kind = problem.model.kind if problem.model is not None else ""
    if problem.carrier.optional:
        return None  # of nothing there is no copy
    end = layout.outer_span(node)[1]
    if kind == "namedtuple":
        texts = ", ".join(f"{name}={value.text}" for name, value in values.items())
        return [Edit(end, end, f"._replace({texts})")]
    if kind == "pydantic":
        texts = ", ".join(f'"{name}": {value.text}' for name, value in values.items())
        return [Edit(end, end, f".model_copy(update={{{texts}}})")]
    return None


def variable_of(
    problem: Problem, layout: Layout, node: cst.CSTNode
) -> tuple[str | None, cst.CSTNode | None]:
    """The variable that a copy is bound to, and the small statement that binds it."""
    statement = layout.up(node, cst.Assign, cst.AnnAssign, cst.Return, cst.Expr)
    value = getattr(statement, "value", None)
    if value is not node:
        return None, None
    if isinstance(statement, cst.Assign) and len(statement.targets) == 1:
        target = statement.targets[0].target
    elif isinstance(statement, cst.AnnAssign):
        target = statement.target
    else:
        return None, None
    return (target.value, statement) if isinstance(target, cst.Name) else (None, None)


def bound(
    problem: Problem, layout: Layout, node: cst.CSTNode, values: dict[str, ResetValue]
) -> tuple[str | None, cst.CSTNode | None, bool]:
    """The variable that a copy is bound to, the statement that binds it, and whether it may be None there; of
    ``copy(found) or Auth(token)`` the new object has nothing to lose, and is reset with the copy; of ``copy(found) if found
    else None`` there may be none."""
    whole = layout.parent(node)
    if isinstance(whole, cst.BooleanOperation) and isinstance(whole.operator, cst.Or):
        if whole.left is node and _is_new(problem, whole.right, values):
            return *variable_of(problem, layout, whole), False
    if isinstance(whole, cst.IfExp) and whole.test is not node:
        other = whole.orelse if whole.body is node else whole.body
        if isinstance(other, cst.Name) and other.value == "None":
            return *variable_of(problem, layout, whole), True
    return *variable_of(problem, layout, node), problem.carrier.optional


def _is_new(problem: Problem, node: cst.BaseExpression, values: dict[str, ResetValue]) -> bool:
    """True for an object that is made without a value for any of the fields."""
    if not isinstance(node, cst.Call) or any(arg.star for arg in node.args):
        return False
    made = [
        obj.id for obj in problem.facts.objects.all() if obj.origin == "fresh" and obj.node is node
    ]
    return bool(made) and not any(
        write.field in values for obj in made for write in problem.facts.writes_to(obj)
        if write.how == "update"
    )  # fmt: skip


def last_reset(
    problem: Problem, layout: Layout, anchor: cst.CSTNode, variable: str
) -> cst.CSTNode | None:
    """The last reset statement of the copy that every way passes on which there is a copy."""
    resets = {
        write.statement
        for write in problem.facts.writes_to(problem.carrier.id)
        if write.how in ("attr", "item", "setattr", "delete") and write.value.is_constant
    }
    leaving = {store.node for store in problem.facts.stores}
    line = layout.up(anchor, cst.SimpleStatementLine, cst.SimpleStatementSuite)
    if line is None:
        return None
    last: cst.CSTNode | None = None
    after = False
    block = layout.block_of(line) if isinstance(line, cst.SimpleStatementLine) else (line,)
    for statement in _with_guarded(problem, layout, block, variable):
        if statement is line:
            after = True
            body = list(getattr(statement, "body", ()))
            inside = body[body.index(anchor) + 1 :]
        elif after:
            inside = (
                list(getattr(statement, "body", ()))
                if isinstance(statement, cst.SimpleStatementLine)
                else []
            )
        else:
            continue
        for small in inside:
            if small in resets:
                last = small
        if statement is not line and leaves(statement, leaving):
            break
    return last


def _with_guarded(
    problem: Problem, layout: Layout, block: Iterable[cst.CSTNode], variable: str
) -> Iterator[cst.CSTNode]:
    """The statements of a block, and in place of ``if copied:`` those under it: they run wherever there is a copy."""
    tests = {f"{variable} is not None"}
    if is_always_true(problem.model):
        tests.add(variable)
    for statement in block:
        if isinstance(statement, cst.If) and layout.source(statement.test) in tests:
            yield from _with_guarded(problem, layout, statement.body.body, variable)
        else:
            yield statement


def _statements(problem: Problem, variable: str, values: dict[str, ResetValue]) -> list[str]:
    """The reset statements, in the style of the carrier: attributes or items."""
    mapping = problem.carrier.mapping
    out: list[str] = []
    for name, value in values.items():
        if value.remove:
            out.append(f'{variable}.pop("{name}", None)')
        elif mapping:
            out.append(f'{variable}["{name}"] = {value.text}')
        else:
            out.append(f"{variable}.{name} = {value.text}")
    return out


def after(
    layout: Layout, small: cst.CSTNode, statements: list[str], *, under: str = ""
) -> list[Edit] | None:
    """Insert statements after a small statement, on lines of their own where there is room; ``under`` a test that
    the variable of this name is not None, where one is told."""
    start, end = layout.span(small)
    line = layout.up(small, cst.SimpleStatementLine, cst.SimpleStatementSuite)
    body = list(getattr(line, "body", ()))
    if isinstance(line, cst.SimpleStatementLine) and (not body or body[-1] is small):
        at = layout.line_end(end)
        first = layout.span(body[0])[0] if body else start
        lead = layout.newline(end) + layout.indent(first)
        statements = _guarded(layout, under, statements) if under else statements
        return [Edit(at, at, "".join(lead + text for text in statements))]
    return None if under else [Edit(end, end, "".join(f"; {text}" for text in statements))]


def _guarded(layout: Layout, variable: str, statements: list[str]) -> list[str]:
    """The lines of statements under a test that there is something to reset."""
    step = layout.tree.module.default_indent
    return [f"if {variable} is not None:", *(step + text for text in statements)]


def introduce(
    layout: Layout, node: cst.CSTNode, resets: Callable[[str], list[str]], *, under: str = ""
) -> list[Edit] | None:
    """Give a copy that is used in place a name: bind it, reset it by these statements, then use the name; ``under`` a
    test that something is not None, where one is told, with ``{}`` in place of the name."""
    suite = layout.up(node, cst.SimpleStatementLine, cst.SimpleStatementSuite)
    if not isinstance(suite, cst.SimpleStatementLine | cst.SimpleStatementSuite):
        return None
    if len(suite.body) != 1 or not _is_always_made(layout, node, suite):
        return None
    if not isinstance(suite.body[0], cst.Return | cst.Expr | cst.Assign):
        return None
    name = _free_name(layout)
    start, end = layout.span(node)
    first = layout.span(suite.body[0])[0]
    on_line = isinstance(suite, cst.SimpleStatementLine)
    lead = layout.newline(end) + layout.indent(first) if on_line else "; "
    statements = resets(name)
    if under:
        if not on_line:
            return None
        statements = _guarded(layout, under.format(name), statements)
    lines = [f"{name} = {layout.text[start:end]}", *statements]
    return [Edit(first, first, "".join(item + lead for item in lines)), Edit(start, end, name)]


def _is_always_made(layout: Layout, node: cst.CSTNode, suite: cst.CSTNode) -> bool:
    """False for a copy that only one side of a choice makes, or a function or loop inside the statement."""
    parent = layout.parent(node)
    while parent is not None and parent is not suite:
        if isinstance(parent, cst.Lambda | cst.BaseComp):
            return False
        if isinstance(parent, cst.IfExp) and node is not parent.test:
            return False
        if isinstance(parent, cst.BooleanOperation) and node is not parent.left:
            return False
        node, parent = parent, layout.parent(parent)
    return parent is suite


def _free_name(layout: Layout) -> str:
    text = layout.tree.text
    for name in ("cached_copy", "copied", "sanitized", "cached_copy_"):
        if name not in text:
            return name
    number = 2
    while f"cached_copy_{number}" in text:
        number += 1
    return f"cached_copy_{number}"
