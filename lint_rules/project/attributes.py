"""What the attributes of a class are: the classes and names that its statements give them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lint_rules.project.classes import ClassRef
    from lint_rules.project.modules import Module

_SAYS_NOTHING = frozenset({"Any", "object", "None"})
"""Types that leave open what an object is."""


@dataclass(slots=True)
class Attribute:
    """What one class says of an attribute, as written there."""

    #: Its own annotations, which decide, ...
    declared: list[str] = field(default_factory=list)
    #: ... and those of parameters that it is assigned from.
    annotations: list[str] = field(default_factory=list)
    #: What is called to make it.
    called: list[str] = field(default_factory=list)
    #: Parameters that it is assigned from, ...
    given: list[str] = field(default_factory=list)
    #: ... and other names.
    names: list[str] = field(default_factory=list)
    #: It is assigned something else, too.
    other: bool = False


def own_attributes(node: ast.ClassDef) -> dict[str, Attribute]:
    """What a class, its methods cut down to what assigns to an attribute, says of its attributes by name."""
    found: dict[str, Attribute] = {}
    for name, annotation, value, params in _assigned(node):
        said = found.setdefault(name, Attribute())
        if annotation is not None:
            said.declared.append(ast.unparse(annotation))
        _read(said, value, params)
    return found


_Assigned = tuple[str, "ast.expr | None", "ast.expr | None", "dict[str, ast.arg]"]


def _assigned(node: ast.ClassDef) -> Iterator[_Assigned]:
    for statement in node.body:
        if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _targets(statement, None, {})
        elif statement.args.args:
            params = {a.arg: a for a in (*statement.args.args, *statement.args.kwonlyargs)}
            for inner in statement.body:
                yield from _targets(inner, statement.args.args[0].arg, params)


def _targets(
    statement: ast.stmt, owner: str | None, params: dict[str, ast.arg]
) -> Iterator[_Assigned]:
    """The attributes that a statement of a method assigns, or of the class where ``owner`` is None."""
    annotation = getattr(statement, "annotation", None)
    for target in getattr(statement, "targets", None) or [getattr(statement, "target", None)]:
        if owner is None:
            name = target.id if isinstance(target, ast.Name) else None
        else:
            name = _attribute_of(target, owner)
        if name is not None:
            yield name, annotation, getattr(statement, "value", None), params


def _attribute_of(target: object, owner: str) -> str | None:
    if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
        return target.attr if target.value.id == owner else None
    return None


def _read(said: Attribute, value: ast.expr | None, params: dict[str, ast.arg]) -> None:
    """Note what an expression may be; None says nothing."""
    if value is None or (isinstance(value, ast.Constant) and value.value is None):
        return
    if isinstance(value, ast.BoolOp):
        for part in value.values:
            _read(said, part, params)
    elif isinstance(value, ast.IfExp):
        _read(said, value.body, params)
        _read(said, value.orelse, params)
    elif isinstance(value, ast.Await):
        _read(said, value.value, params)
    elif isinstance(value, ast.Call):
        called = value.func.value if isinstance(value.func, ast.Subscript) else value.func
        said.called.append(ast.unparse(called))
    elif isinstance(value, ast.Name | ast.Attribute):
        param = params.get(value.id) if isinstance(value, ast.Name) else None
        (said.names if param is None else said.given).append(ast.unparse(value))
        if param is not None and param.annotation is not None:
            said.annotations.append(ast.unparse(param.annotation))
    else:
        said.other = True


@dataclass(frozen=True, slots=True)
class Told:
    """What an attribute is, as far as a class says: classes (of the project, or others by their full name),
    names of what it is assigned, and parameters that may be anything."""

    classes: tuple[ClassRef | str, ...] = ()
    names: tuple[str, ...] = ()
    given: tuple[str, ...] = ()


def told_of(cls: ClassRef, name: str) -> Told:
    """What the class, or its nearest base that says anything of the attribute, makes it.

    Nothing where it may be something that no class tells of.
    """
    for owner in cls.mro:
        said = owner.own_attributes.get(name)
        if said is not None:
            declared = tuple(_annotated(owner.module, said.declared))
            if declared or said.other:
                return Told(declared)
            classes = [*_annotated(owner.module, said.annotations)]
            classes += (_class_called(owner.module, text) for text in said.called)
            return Told(tuple(dict.fromkeys(classes)), tuple(said.names), tuple(said.given))
    return Told()


def is_all_told(cls: ClassRef, name: str) -> bool:
    """True where the class says of everything that the attribute may be what class it is of: an annotation does, of
    the attribute or of each parameter that it is assigned from."""
    for owner in cls.mro:
        said = owner.own_attributes.get(name)
        if said is not None:
            named = not said.names and len(said.annotations) >= len(said.given)
            return bool(said.declared) or (named and not said.other)
    return False


def class_told(cls: ClassRef, name: str) -> ClassRef | None:
    """The one class of the project of which all that is said of an attribute makes it an object."""
    from lint_rules.project.classes import ClassRef

    told = told_of(cls, name)
    one = told.classes[0] if len(told.classes) == 1 and not told.names else None
    return one if isinstance(one, ClassRef) else None


def _annotated(module: Module, texts: list[str]) -> Iterator[ClassRef | str]:
    """The classes that annotations name."""
    for text in texts:
        hint = module.project.resolve_annotation(module, text)
        yield from hint.classes
        yield from hint.external
        yield from (name for name in hint.unresolved if name not in _SAYS_NOTHING)


def _class_called(module: Module, text: str) -> ClassRef | str:
    """The class that a call makes an object of; of a function its name as written."""
    from lint_rules.project.classes import ClassRef
    from lint_rules.project.index import External

    found = module.project.resolve(module, text)
    if isinstance(found, ClassRef):
        return found
    return found.dotted if isinstance(found, External) else text
