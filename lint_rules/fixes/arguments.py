"""Repairs inside calls and displays: entries of ``update={}``, keywords, ``exclude`` sets, names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import libcst as cst

from lint_rules.findings import Edit
from lint_rules.fixes.layout import Layout
from lint_rules.fixes.values import ResetValue
from lint_rules.flow.copies import keyword

if TYPE_CHECKING:
    from lint_rules.rules.base import Problem


def add_update(
    layout: Layout, node: cst.Call, values: dict[str, ResetValue], *, create: bool = False
) -> list[Edit] | None:
    """Add entries to the call's ``update={...}``; with ``create`` also where it has none."""
    update = keyword(node, "update")
    if isinstance(update, cst.Dict):
        return add_entries(layout, update, values)
    if update is not None or not create:
        return None
    entries = ", ".join(f'"{name}": {value.text}' for name, value in values.items())
    return append_argument(layout, node, [f"update={{{entries}}}"])


def add_entries(layout: Layout, node: cst.Dict, values: dict[str, ResetValue]) -> list[Edit] | None:
    """Add ``"name": value`` entries at the end of a dict display."""
    if any(value.remove for value in values.values()):
        return None
    texts = [f'"{name}": {value.text}' for name, value in values.items()]
    return _append(layout, node, list(node.elements), texts)


def add_keywords(
    layout: Layout, node: cst.Call, values: dict[str, ResetValue]
) -> list[Edit] | None:
    """Add ``name=value`` arguments to a call."""
    if any(arg.star == "**" for arg in node.args):
        return None
    return append_argument(layout, node, [f"{n}={v.text}" for n, v in values.items()])


def append_argument(layout: Layout, node: cst.Call, texts: list[str]) -> list[Edit]:
    """Append arguments to a call."""
    return _append(layout, node, list(node.args), texts) or []


def _append(
    layout: Layout, node: cst.CSTNode, items: list[cst.CSTNode], texts: list[str]
) -> list[Edit]:
    """Append items to a bracketed list, one per line where the list already is laid out so."""
    close = layout.span(node)[1] - 1
    if not items:
        return [Edit(close, close, ", ".join(texts))]
    last = items[-1]
    end = _item_end(layout, last)
    rest = layout.text[end:close]
    comma = re.match(r"\s*,", rest)
    if comma is None:
        multi = "\n" in layout.text[_item_start(layout, items[0]) - 1 : close]
        if multi and "\n" in rest and "#" not in rest.split("\n", 1)[0]:
            lead = layout.newline(end) + layout.indent(_item_start(layout, last))
            return [Edit(end, end, "".join(f",{lead}{text}" for text in texts))]
        return [Edit(end, end, "".join(f", {text}" for text in texts))]
    at = end + comma.end()
    if "\n" in rest or "\r" in rest:
        at = layout.line_end(at)
        lead = layout.newline(end) + layout.indent(_item_start(layout, last))
        return [Edit(at, at, "".join(f"{lead}{text}," for text in texts))]
    return [Edit(at, at, "".join(f" {text}," for text in texts))]


def _item_end(layout: Layout, item: cst.CSTNode) -> int:
    inner = (
        item.value
        if isinstance(item, cst.Arg | cst.DictElement | cst.StarredDictElement | cst.Element)
        else item
    )
    end = layout.span(inner)[1]
    for _ in getattr(inner, "rpar", ()):  # a node's span leaves its own parentheses out
        end = layout.text.index(")", end) + 1
    return end


def _item_start(layout: Layout, item: cst.CSTNode) -> int:
    if isinstance(item, cst.Arg):
        return layout.span(item)[0]
    if isinstance(item, cst.DictElement):
        return layout.span(item.key)[0]
    return layout.span(item)[0]


def extend_names(
    problem: Problem, layout: Layout, values: dict[str, ResetValue]
) -> list[Edit] | None:
    """Add to the constant tuple of names that a loop resets, where it is used for nothing else."""
    leaves_out = any(
        isinstance(node, cst.DictComp) and _filtered_names(node) is not None
        for node in _inside(problem.carrier.node)
    )
    if any(value.text != "None" and not leaves_out for value in values.values()):
        return None
    for write in problem.facts.writes_to(problem.carrier.id):
        if not (
            write.unrolled
            and write.value.is_constant
            and write.how in ("setattr", "delete", "item")
        ):
            continue
        loop = layout.up(write.node, cst.For)
        if isinstance(loop, cst.For) and layout.line_of(write.node) is not None:
            if any(problem.facts.guards[g].kind != "presence" for g in write.guards):
                return None
            done = {w.field for w in problem.facts.writes if w.node is write.node}
            return None if done & set(values) else extend_collection(layout, loop.iter, values)
    if _needed(problem, values):
        return None
    for node in _inside(problem.carrier.node):
        found = _names_in(node)
        edits = extend_collection(layout, found, values) if found is not None else None
        if edits is not None:
            return edits
    return None


def replace_entries(
    problem: Problem, layout: Layout, values: dict[str, ResetValue]
) -> dict[str, Edit]:
    """By field the edit of an entry or keyword of the copy that writes it already, but not for good."""
    found: dict[str, Edit] = {}
    node = problem.carrier.node
    for name, written in (*_entries(node), *_in_order(problem, node)):
        value = values.get(name)
        if value is not None and not value.remove:  # of two entries the last one counts
            found[name] = Edit(*layout.outer_span(written), value.text)
    # What is reset there already is so in vain: something is spread over it.
    return {n: e for n, e in found.items() if layout.text[e.start : e.end] != e.replacement}


def _entries(node: cst.CSTNode | None) -> Iterator[tuple[str, cst.BaseExpression]]:
    """The fields that a copy writes by its own form, each with the expression of its value."""
    if isinstance(node, cst.Call):
        for arg in node.args:
            if arg.star == "**" or (arg.keyword is not None and arg.keyword.value == "update"):
                yield from _entries(arg.value)
            elif arg.keyword is not None:
                yield arg.keyword.value, arg.value
    elif isinstance(node, cst.Dict):
        for element in node.elements:
            if isinstance(element, cst.StarredDictElement):
                yield from _entries(element.value)
            elif isinstance(element, cst.DictElement) and isinstance(element.key, cst.SimpleString):
                yield str(element.key.evaluated_value), element.value
    elif isinstance(node, cst.BinaryOperation):
        yield from _entries(node.left)
        yield from _entries(node.right)


def _in_order(
    problem: Problem, node: cst.CSTNode | None
) -> Iterator[tuple[str, cst.BaseExpression]]:
    """The same of the arguments that a class takes by their places; where it has a constructor of its own, that says
    what becomes of them."""
    plain = problem.model is None or problem.model.kind == "plain"
    args = node.args if isinstance(node, cst.Call) and not plain else ()
    in_order = {arg.value: arg.value for arg in args if arg.keyword is None and not arg.star}
    for write in problem.facts.writes_to(problem.carrier.id):
        written = in_order.get(write.node)  # type: ignore[call-overload]
        if written is not None:
            yield write.field, written


def _needed(problem: Problem, values: dict[str, ResetValue]) -> bool:
    """True when an object cannot be built without one of the fields."""
    return not problem.carrier.mapping and bool(without_default(problem, values))


def without_default(problem: Problem, values: dict[str, ResetValue]) -> list[str]:
    """The fields without which no object of the model can be built: they have no default."""
    model = problem.model
    found = {name: model.field(name) for name in values} if model is not None else {}
    return [n for n, decl in found.items() if decl is not None and decl.default.kind == "missing"]


def _inside(node: cst.CSTNode | None) -> Iterator[cst.CSTNode]:
    """A copy and what stands in it, from the outside in."""
    todo = [node] if node is not None else []
    while todo:
        current = todo.pop(0)
        yield current
        todo.extend(current.children)


def _names_in(node: cst.CSTNode) -> cst.BaseExpression | None:
    """The collection of names that a form of copy leaves out or resets."""
    if isinstance(node, cst.DictComp):
        return _filtered_names(node)
    if not isinstance(node, cst.Call):
        return None
    exclude, update = keyword(node, "exclude"), keyword(node, "update")
    if exclude is not None:
        return exclude
    if isinstance(update, cst.DictComp) and not update.for_in.ifs:
        return update.for_in.iter
    if isinstance(update, cst.Call) and isinstance(update.func, cst.Attribute):
        if update.func.attr.value == "fromkeys" and len(update.args) == 1:
            return update.args[0].value
    return None


def _filtered_names(node: cst.DictComp) -> cst.BaseExpression | None:
    """``NAMES`` of ``{k: v for ... if k not in NAMES}``."""
    if len(node.for_in.ifs) != 1:
        return None
    test = node.for_in.ifs[0].test
    if isinstance(test, cst.Comparison) and len(test.comparisons) == 1:
        target = test.comparisons[0]
        if isinstance(target.operator, cst.NotIn):
            return target.comparator
    return None


def take_out_of_include(
    problem: Problem, layout: Layout, values: dict[str, ResetValue]
) -> list[Edit] | None:
    """``include={"a", "f"}``: the field is taken out."""
    if _needed(problem, values):
        return None
    for node in _inside(problem.carrier.node):
        include = keyword(node, "include") if isinstance(node, cst.Call) else None
        if isinstance(include, cst.Set):
            kept = [
                layout.source(element.value)
                for element in include.elements
                if not (
                    isinstance(element.value, cst.SimpleString)
                    and element.value.evaluated_value in values
                )
            ]
            if not kept or len(kept) + len(values) != len(include.elements):
                return None
            start, end = layout.span(include)
            return [Edit(start, end, f"{{{', '.join(kept)}}}")]
    return None


def extend_collection(
    layout: Layout, names: cst.BaseExpression, values: dict[str, ResetValue]
) -> list[Edit] | None:
    """Add the fields to a display of names, or to the constant that it stands for."""
    texts = [f'"{name}"' for name in values]
    if isinstance(names, cst.Tuple | cst.List | cst.Set):
        return _append_names(layout, names, texts)
    if isinstance(names, cst.Name):
        return _extend_constant(layout, names.value, texts)
    return None


def _append_names(
    layout: Layout, node: cst.Tuple | cst.List | cst.Set, texts: list[str]
) -> list[Edit] | None:
    if not node.elements:
        return None
    if isinstance(node, cst.Tuple) and not node.lpar:
        return None
    start, end = layout.span(node)
    if isinstance(node, cst.Tuple):  # its span leaves the parentheses out
        end = layout.text.index(")", end) + 1
    return _append_text(layout.text, start, end, texts, layout)


def _extend_constant(layout: Layout, name: str, texts: list[str]) -> list[Edit] | None:
    """Extend ``NAMES = (...)`` of the function or the module, where it is used for nothing else."""
    start, end = layout.function.module.scan.span(layout.function.block)
    for first, last, margin in ((start, end, r"[ \t\f]+"), (0, len(layout.text), r"\f*")):
        found = re.compile(
            rf"^{margin}{re.escape(name)}\s*(?::[^=\n]*)?=\s*(?:frozenset\(|set\(|tuple\()?[\(\[\{{]",
            re.MULTILINE,
        ).search(layout.text, first, last)
        if found is None:
            continue
        uses = re.findall(rf"(?<![\w.]){re.escape(name)}(?!\w)", layout.text[first:last])
        if len(uses) != 2 or name in layout.function.module.exported:
            return None
        opening = found.end() - 1
        closing = _closing(layout.text, opening)
        if closing is None:
            return None
        return _append_text(layout.text, opening, closing, texts, layout)
    return None


def _closing(text: str, start: int) -> int | None:
    """The end of a bracketed list of plain strings that opens at ``start``; None for any other."""
    inside = re.match(r"[\(\[\{](?:\s|#[^\n]*\n|,|'[^'\n]*'|\"[^\"\n]*\")*[\)\]\}]", text[start:])
    return start + inside.end() if inside else None


def _append_text(text: str, start: int, end: int, texts: list[str], layout: Layout) -> list[Edit]:
    """Append string items before the bracket that closes at ``end``."""
    close = end - 1
    at = start + len(text[start:close].rstrip())
    line = text[layout.line_start(at) : at]
    code = line.split("#", 1)[0].rstrip()  # the strings are names: they hold no hash
    code_end = at - len(line) + len(code)
    comma = code.endswith(",")
    if "\n" in text[at:close]:
        lead = layout.newline(at) + layout.indent(code_end)
        joined = "".join(f"{lead}{item}," for item in texts)
        if comma or code_end != at:
            added = [] if comma else [Edit(code_end, code_end, ",")]
            return [*added, Edit(at, at, joined)]
        return [Edit(at, at, f",{joined}")]
    joined = ", ".join(texts)
    return [Edit(at, at, f" {joined}" if comma else f", {joined}")]
