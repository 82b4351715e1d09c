"""Repairs of displays in which the old values are spread over the new ones: the new ones go behind them."""

from __future__ import annotations

import libcst as cst

from lint_rules.findings import Edit
from lint_rules.fixes.layout import Layout


def moved_behind(layout: Layout, value: cst.BaseExpression, text: str) -> list[Edit] | None:
    """``{"f": new, **old}`` becomes ``{**old, "f": new}``; None for a value that stands in front of nothing that is
    spread, or where a comment would lose its place."""
    element = layout.parent(value)
    display = layout.parent(element) if isinstance(element, cst.DictElement) else None
    if not isinstance(display, cst.Dict) or not isinstance(element, cst.DictElement):
        return None
    elements = list(display.elements)
    behind = elements[elements.index(element) + 1 :]
    if not any(isinstance(each, cst.StarredDictElement) for each in behind):
        return None
    start, stop = _span(layout, element)
    following, (_, end) = _span(layout, behind[0])[0], _span(layout, behind[-1])
    if "#" in layout.text[start : layout.line_end(end)]:
        return None
    gap = layout.text[stop:following].partition(",")[2] or " "
    entry = f"{layout.text[start : layout.outer_span(value)[0]]}{text}"
    return [Edit(start, following, ""), Edit(end, end, f",{gap}{entry}")]


def _span(layout: Layout, element: cst.BaseDictElement) -> tuple[int, int]:
    """Start and end of an element, the stars of what is spread included."""
    value_start, end = layout.outer_span(element.value)
    if isinstance(element, cst.DictElement):
        return layout.outer_span(element.key)[0], end
    return layout.text.rindex("**", 0, value_start), end
