"""The repair of CCL104: what is stored becomes the model's own cache copy."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from lint_rules.findings import Edit, Fix
from lint_rules.flow.asking import none_test
from lint_rules.flow.values import NONES, Ref, ref
from lint_rules.flow.vocabulary import TEXTS
from lint_rules.knowledge.origins import roots

if TYPE_CHECKING:
    from lint_rules.fixes.layout import Layout
    from lint_rules.flow.facts import Exit, Facts
    from lint_rules.flow.values import Obj
    from lint_rules.project.functions import FunctionRef, Param
    from lint_rules.rules.base import Problem

_NONE = (
    "the project has no cache-copy helper for the class: write one that resets the fields on a copy, "
    "and store what it returns"
)
_FILLED = ("positional", "keyword")
_SEVERAL = "the project has more than one cache-copy helper for the class: store what the right one returns"


def fix_store(problem: Problem, layout: Layout) -> Fix:
    """Wrap the stored object in the one cache-copy helper of its model."""
    helpers = {copy.facts.function: copy.facts for copy in problem.helpers}
    if len(helpers) != 1:
        return Fix(reason=_SEVERAL if helpers else _NONE)
    [(helper, facts)] = helpers.items()
    unfit = _unfit(facts, problem.carrier)
    if unfit:
        return Fix(reason=f"the cache-copy helper {helper.qualname} {unfit}: call it by hand")
    stored = _stored(problem)
    if stored is None:
        return Fix(
            reason=(
                "what is stored is not written out here, so nothing can be put around it: store a "
                "sanitized copy by hand"
            )
        )
    name, extra = _name_of(helper, layout)
    if name is None:
        return Fix(
            reason=(
                f"the cache-copy helper {helper.qualname} is not imported here: import it from "
                f"{helper.module.name}, and store what it returns"
            )
        )
    start, end = layout.outer_span(stored)
    note = f"the cache now holds the copy that {helper.qualname} makes"
    wrapped = f"{name}({layout.text[start:end]})"
    return Fix((*extra, Edit(start, end, wrapped)), note=note)


def _unfit(facts: Facts, stored: Obj) -> str:
    """What a helper does that the name of a helper does not say, so that it cannot be put around what is stored
    unread; empty for one that only hands out a copy."""
    if not _takes_one(facts.function):
        return "needs more than the object"
    (needed,) = _needed(facts.function)
    given = facts.params[needed.name]
    if facts.stores or facts.writes_to(given):
        return "does more than to copy"
    if not all(_hands_out(facts, leave, given, stored) for leave in facts.exits):
        return "may return something else than a copy of the object"
    return ""


def _needed(helper: FunctionRef) -> list[Param]:
    """The parameters that a call has to fill."""
    return [p for p in helper.params if p.default is None and p.kind in _FILLED]


def _takes_one(helper: FunctionRef) -> bool:
    """True for a plain function that is called with one object and returns at once."""
    return (
        helper.class_name is None
        and helper.parent_function is None
        and not helper.source.lstrip().startswith("async")
        and not helper.decorators
        and [param.kind for param in _needed(helper)] == ["positional"]
    )


def _hands_out(facts: Facts, leave: Exit, given: int, stored: Obj) -> bool:
    """True where a helper returns a copy of what it was given, in the form of what is stored, or None for None."""
    if leave.yields:
        return False
    atoms = leave.value.atoms
    made = [facts.objects[atom.obj] for atom in atoms if isinstance(atom, Ref)]
    if not all(_is_like(facts, one, given, stored) for one in made):
        return False
    others = {atom for atom in atoms if not isinstance(atom, Ref)}
    return not others or (others <= NONES and _is_of_none(facts, leave, given, made))


def _is_like(facts: Facts, made: Obj, given: int, stored: Obj) -> bool:
    """True for a copy of the parameter that is an object where an object is stored, and a dict where a dict is."""
    return (
        made.origin == "copy"
        and [root.id for root in roots(facts, made.id)] == [given]
        and made.mapping == stored.mapping
        and made.how not in TEXTS
    )


def _is_of_none(facts: Facts, leave: Exit, given: int, made: list[Obj]) -> bool:
    """True where a helper returns None because it was given None: behind a test of the parameter, or by one between
    that and the call that copies."""
    name = facts.objects[given].name
    value = leave.state.env.get(name)
    if value is not None and value.atoms <= NONES:
        return True
    node = leave.node.value if isinstance(leave.node, cst.Return) else None
    if not isinstance(node, cst.IfExp):
        return False
    asked, is_none = none_test(node.test) or (node.test, False)
    copied = node.orelse if is_none else node.body
    own = isinstance(copied, cst.Call) and all(one.maker is None for one in made)
    return own and _is_name(asked, name)


def _is_name(node: cst.BaseExpression, name: str) -> bool:
    return isinstance(node, cst.Name) and node.value == name


def _stored(problem: Problem) -> cst.BaseExpression | None:
    """The expression that names the object at the store."""
    store = problem.store
    assert store is not None
    if store.within:
        return None
    if isinstance(store.node, cst.Assign):
        return store.node.value if isinstance(store.node.value, cst.Name) else None
    if not isinstance(store.node, cst.Call):
        return None
    named = [
        arg.value
        for arg in store.node.args
        if isinstance(arg.value, cst.Name | cst.Attribute) and not arg.star
        and _may_be_stored(problem, store.node, arg)
    ]  # fmt: skip
    return named[0] if len(named) == 1 else None


def _may_be_stored(problem: Problem, node: cst.Call, arg: cst.Arg) -> bool:
    """True for the argument that is the object: by the call's parameters, else by its place."""
    store = problem.store
    assert store is not None
    for handoff in problem.facts.handoffs:
        if handoff.node is node:
            bound = [n for n, value in handoff.arguments.items() if value == ref(store.obj)]
            if arg.keyword is not None:
                return arg.keyword.value in bound
            params = [p.name for p in handoff.callee.params if p.name not in ("self", "cls")]
            at = node.args.index(arg)
            return at < len(params) and params[at] in bound
    if arg.keyword is not None:
        return arg.keyword.value not in ("key", "k", "name", "cache_key", "ttl", "timeout")
    positional = [a for a in node.args if a.keyword is None]
    return len(positional) == 1 or node.args.index(arg) == 1


def _name_of(helper: FunctionRef, layout: Layout) -> tuple[str | None, tuple[Edit, ...]]:
    """How the helper is called in this file, with the import that takes, if its module is imported."""
    function = layout.function
    module, project = function.module, function.module.project
    if project.resolve(module, helper.name, function) == helper:
        return helper.name, ()
    for local, target in module.imports.items():
        whole = f"{target.module}.{target.name}" if target.name else target.module
        for meant, said in ((helper.name, local), (helper.module.name, f"{local}.{helper.name}")):
            if meant in (whole, target.name) and "." not in local:
                if project.resolve(module, said, function) == helper:
                    return said, ()
    if re.search(rf"\b{re.escape(helper.name)}\b", module.text):
        return None, ()  # the name means something else here
    at = module.last_name_from(helper.module.name)
    if at is None:
        return None, ()
    return helper.name, (Edit(at, at, f",{_between(layout, at)}{helper.name}"),)


def _between(layout: Layout, at: int) -> str:
    """What stands before a further name: a line of its own where the last name has one."""
    start = layout.line_start(at)
    line = layout.text[start:at]
    indent = line[: len(line) - len(line.lstrip())]
    return layout.newline(start) + indent if indent else " "
