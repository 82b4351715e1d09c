"""Properties that only give an attribute another name: what is read and written through one is the attribute."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lint_rules.project.classes import ClassRef
    from lint_rules.project.functions import FunctionRef


@dataclass(frozen=True, slots=True)
class Setter:
    """The setter of a property that gives an attribute another name, and what it makes of None."""

    #: The attribute.
    stored: str
    #: It leaves the attribute as it was: ``if value is None: return``, ``value or self._x``.
    keeps: bool
    #: It works on the value, so that None may come out as something else or as an error.
    transforms: bool
    #: The annotation of its parameter.
    annotation: str | None


def own_setters(cls: ClassRef) -> dict[str, Setter]:
    """By name the setters of the properties of the class itself that give an attribute another name."""
    found: dict[str, Setter] = {}
    methods: dict[str, list[FunctionRef]] = {}
    for method in cls.module.methods_of(cls.qualname):
        if method.kind == "property" and method.params:
            methods.setdefault(method.name, []).append(method)
    for name, (getter, *setters) in methods.items():
        stored = _read(getter)
        if setters and stored is not None and stored == _written(setters[0]):
            found[name] = _setter(setters[0], stored)
    return found


def makes_anew(getter: FunctionRef) -> bool:
    """True for the getter of a property that makes an object of a class of the project each time it is asked."""
    if getter.kind != "property" or any("cached" in told for told in getter.decorators):
        return False
    value = _returned(getter)
    if isinstance(value, ast.Name):
        value = _assigned(getter, value.id)
    return isinstance(value, ast.Call) and _is_class(getter, ast.unparse(value.func))


def _assigned(getter: FunctionRef, name: str) -> ast.expr | None:
    """What a getter assigns to a local that it assigns once."""
    found = [
        statement.value
        for statement in ast.walk(getter.node)
        if isinstance(statement, ast.Assign | ast.AnnAssign)
        for target in getattr(statement, "targets", None) or [getattr(statement, "target", None)]
        if isinstance(target, ast.Name) and target.id == name
    ]
    return found[0] if len(found) == 1 else None


def _is_class(getter: FunctionRef, dotted: str) -> bool:
    from lint_rules.project.classes import ClassRef

    return isinstance(getter.module.project.resolve(getter.module, dotted, getter), ClassRef)


def other_name(name: str, setter: Setter) -> tuple[str, str]:
    """Of a property and its attribute the name that does not count, and the one that does: that of the property where
    it stands for a private attribute, else the attribute's."""
    private = setter.stored.startswith("_") and not name.startswith("_")
    return (setter.stored, name) if private else (name, setter.stored)


def _read(getter: FunctionRef) -> str | None:
    """The attribute that a getter returns."""
    return _attribute(getter, _returned(getter))


def _returned(getter: FunctionRef) -> ast.expr | None:
    """What a getter returns at its end."""
    last = getter.node.body[-1]
    return last.value if isinstance(last, ast.Return) else None


def _written(setter: FunctionRef) -> str | None:
    """The attribute that a setter gives the value, as it is or made into something else: on every way, but for
    one on which there is none."""
    for statement in _statements(setter):
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            names = {n.id for n in ast.walk(statement.value) if isinstance(n, ast.Name)}
            found = _attribute(setter, statement.targets[0])
            if found is not None and setter.params[-1].name in names:
                return found
    return None


def _statements(setter: FunctionRef) -> Iterator[ast.stmt]:
    """What a setter does where it is given something."""
    for statement in setter.node.body:
        if isinstance(statement, ast.If) and _asks(setter, statement.test) is True:
            yield from statement.body
        elif isinstance(statement, ast.If) and _asks(setter, statement.test) is False:
            yield from statement.orelse
        else:
            yield statement


def _asks(setter: FunctionRef, test: ast.expr) -> bool | None:
    """True for a test that a value is there, False for one that it is not, None for any other."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = _asks(setter, test.operand)
        return None if inner is None else not inner
    if _is_value(setter, test):
        return True
    if not isinstance(test, ast.Compare) or len(test.ops) != 1 or not _is_value(setter, test.left):
        return None
    other = test.comparators[0]
    if not (isinstance(other, ast.Constant) and other.value is None):
        return None
    return {ast.Is: False, ast.Eq: False, ast.IsNot: True, ast.NotEq: True}.get(type(test.ops[0]))


def _is_value(setter: FunctionRef, node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == setter.params[-1].name


def _setter(setter: FunctionRef, stored: str) -> Setter:
    value = next(
        statement.value
        for statement in _statements(setter)
        if isinstance(statement, ast.Assign) and _gives(setter, statement, stored)
    )
    keeps = any(
        isinstance(n, ast.expr) and _attribute(setter, n) == stored for n in ast.walk(value)
    )
    refuses = False
    for statement in setter.node.body:
        asked = _asks(setter, statement.test) if isinstance(statement, ast.If) else None
        if not isinstance(statement, ast.If) or asked is None:
            continue
        there, absent = statement.body, statement.orelse
        if not asked:
            there, absent = absent, there
        last = absent[-1] if absent else None
        leaves = isinstance(last, ast.Return) or any(_gives(setter, s, stored) for s in there)
        refuses = refuses or isinstance(last, ast.Raise)
        given = any(_gives(setter, s, stored) for s in absent)
        keeps = keeps or (leaves and not given and not isinstance(last, ast.Raise))
    transforms = refuses or not _passes_none(setter, value)
    return Setter(stored, keeps, transforms, setter.params[-1].annotation)


def _gives(setter: FunctionRef, statement: ast.stmt, stored: str) -> bool:
    """True for a statement that assigns to the attribute."""
    return isinstance(statement, ast.Assign) and _attribute(setter, statement.targets[0]) == stored


def _passes_none(setter: FunctionRef, value: ast.expr) -> bool:
    """True where None comes out as None: ``value``, ``value and str(value)``."""
    if isinstance(value, ast.BoolOp):
        first = value.values[0] if isinstance(value.op, ast.And) else value.values[-1]
        return _passes_none(setter, first)
    if isinstance(value, ast.IfExp):
        asked = _asks(setter, value.test)
        arms = (
            [value.orelse if asked else value.body]
            if asked is not None
            else [value.body, value.orelse]
        )
        return all(_passes_none(setter, arm) for arm in arms)
    is_none = isinstance(value, ast.Constant) and value.value is None
    return is_none or _is_value(setter, value)


def _attribute(method: FunctionRef, node: ast.expr | None) -> str | None:
    if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
        return None
    return node.attr if node.value.id == method.params[0].name else None
