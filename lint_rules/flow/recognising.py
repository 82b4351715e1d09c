"""Which objects are caches: by their names, or by the classes that made them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeGuard

import libcst as cst

from lint_rules.flow.values import Obj, Value
from lint_rules.naming import (
    CONTEXT_VARIABLE,
    is_cache_class,
    is_cache_name,
    is_of_request,
    is_pickling,
)
from lint_rules.project.attributes import told_of
from lint_rules.project.classes import ClassRef
from lint_rules.project.index import Constant

if TYPE_CHECKING:
    from lint_rules.flow.expressions import Evaluator


class Recognising:
    """Recognises the caches of one function."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.ev = evaluator
        self.ctx = evaluator.ctx

    def is_cache(self, node: cst.BaseExpression, value: Value | None = None) -> bool:
        """True when the expression is a cache: by its name, or by the class that made it."""
        if value is not None and (
            self._is_record(value)
            or self._is_made_here(node, value)
            or self._ends_with_request(value)
        ):
            return False
        if value is not None and self._is_of_context(value):
            return False
        name = last_name(node)
        if name is not None and is_cache_name(name, self.ctx.settings.cache_objects):
            return True
        if value is None:
            return False
        return any(self._is_cache_object(self.ctx.objects[obj]) for obj in self.ctx.deref(value))

    def _is_record(self, value: Value) -> bool:
        """True for copies and objects of data classes: ``cached_token`` is no cache."""
        infos = [self.ctx.objects[obj] for obj in self.ctx.deref(value)]
        return bool(infos) and all(
            info.origin in ("copy", "lookup")
            or (info.model is not None and info.model.kind != "plain")
            for info in infos
        )

    def _is_of_context(self, value: Value) -> bool:
        """True for a variable of the context: each request has its own."""
        infos = [self.ctx.objects[obj] for obj in self.ctx.deref(value)]
        return bool(infos) and all(CONTEXT_VARIABLE in self._dotted_of(info) for info in infos)

    def _is_made_here(self, node: cst.BaseExpression, value: Value) -> bool:
        """True for a variable that holds a dict which this very call made: it ends with the call."""
        objs = self.ctx.deref(value)
        if not isinstance(node, cst.Name) or not objs:
            return False
        outer = rf"\b(?:global|nonlocal)\b[^\n#]*\b{re.escape(node.value)}\b"
        return all(map(self.ev.mappings.is_made_here, objs)) and not self.ctx.function.holds(outer)

    def _ends_with_request(self, value: Value) -> bool:
        """True for what hangs on a request: nobody else's entries are in it."""
        objs = self.ctx.deref(value)
        return bool(objs) and all(self._is_of_request(self.ctx.objects[obj]) for obj in objs)

    def _is_of_request(self, info: Obj) -> bool:
        whole = self.ctx.objects.bottom(info.id)
        root, *path = info.name.split(".")
        if whole.origin == "global":
            root = str(getattr(self.ctx.resolve(root), "dotted", root))
            return "." in root and is_of_request(root, "", path)
        is_given = whole.origin in ("param", "self") and whole.name == root
        return is_given and bool(path) and is_of_request(root, whole.type_text, path)

    def _is_cache_object(self, info: Obj) -> bool:
        if info.model is not None:
            return is_cache_class(info.model.dotted)
        if any(is_cache_class(name) for name in _type_names(info.type_text)):
            return True
        return info.origin == "attr" and self._is_cache_attribute(info)

    def _is_cache_attribute(self, info: Obj) -> bool:
        """True where all that the class of its owner says of an attribute is that it is a cache."""
        owner = self.ctx.objects[info.of[0]].model if info.of else None
        return owner is not None and self._learn_attribute(info, owner, info.field)

    def _learn_attribute(self, info: Obj, owner: ClassRef, name: str) -> bool:
        """Whether an attribute is a cache; the class of one is learned, for what its methods do."""
        told = told_of(owner, name)
        named = told.names if told.names or told.classes else told.given
        if not all(map(_makes_cache, told.classes)) or not (named or told.classes):
            return False
        if not all(_last(each).lower().endswith("cache") for each in named):
            return False  # ``cache_ttl`` is none
        if len(told.classes) == 1 and isinstance(told.classes[0], ClassRef):
            info.model = told.classes[0]
        return True

    def is_pickling(self, value: Value) -> bool:
        """True for a cache of a library that keeps bytes: whoever looks something up gets an object of his own."""
        infos = [self.ctx.objects[obj] for obj in self.ctx.deref(value)]
        return bool(infos) and all(any(map(is_pickling, self._dotted_of(info))) for info in infos)

    def _dotted_of(self, info: Obj) -> Iterator[str]:
        """What an object of a module is called where it comes from, and its class."""
        for name in (
            *_type_names(info.type_text),
            *([info.name] if info.origin == "global" else []),
        ):
            yield str(getattr(self.ctx.resolve(name), "dotted", name))

    # ----------------------------------------------------------------- of the module's level

    def type_of_global(self, made: Obj) -> None:
        """Learn the class of a module-level object from what it was assigned or annotated, in the module
        that does so."""
        if made.type_text:
            return
        found = self.ctx.resolve(made.name)
        if isinstance(found, Constant):
            module, name = found.module, found.name
        elif "." not in made.name:
            module, name = self.ctx.module, made.name
        else:
            self._type_of_its_attribute(made)
            return
        made.type_text = module.annotation_of(name) or ""
        value = module.value_of(name) if not made.type_text else None
        while isinstance(value, ast.Call) and _is_built_on(value.func):
            value = value.func.value  # ``make_region().configure(...)``
        if isinstance(value, ast.Call):
            dotted = ast.unparse(value.func)
            cls = self.ctx.project.resolve(module, dotted)
            if isinstance(cls, ClassRef):
                made.model = cls
            made.type_text = str(getattr(cls, "dotted", dotted))

    def _type_of_its_attribute(self, made: Obj) -> None:
        """``store.tokens`` of an object of the module: what its class says of the attribute."""
        owner, _, name = made.name.rpartition(".")
        for obj in self.ctx.deref(self.ev.global_value(owner)):
            model = self.ctx.objects[obj].model
            if model is not None:
                self.type_of_attribute(made, model, name)
                decl = model.field(name)
                told = decl.annotation if decl is not None else None
                if decl is not None and told:
                    resolve = self.ctx.project.resolve_annotation
                    made.holds = resolve(decl.owner.module, told).item

    def of_class(self, cls: ClassRef, name: str) -> Obj | None:
        """The cache that an attribute of a class is; None where it is none."""
        key = ("global", f"{cls.dotted}.{name}")
        if not self._learn_attribute(Obj(-1, "global", name), cls, name):
            return None
        made = self.ctx.new(key, "global", f"{cls.qualname}.{name}")
        self.type_of_attribute(made, cls, name)
        return made

    def type_of_attribute(self, made: Obj, owner: ClassRef, name: str) -> None:
        """Learn that an attribute of an object, or of the class itself, is a cache."""
        if self._learn_attribute(made, owner, name) and made.model is None:
            told = told_of(owner, name)
            made.type_text = str((*told.classes, *told.names, *told.given)[0])


def last_name(node: cst.BaseExpression) -> str | None:
    """The name that says what an expression is: the last attribute, the called function."""
    if isinstance(node, cst.Name):
        return node.value
    if isinstance(node, cst.Attribute):
        return node.attr.value
    if isinstance(node, cst.Call):
        return last_name(node.func)
    if isinstance(node, cst.Subscript):
        return last_name(node.value)
    if isinstance(node, cst.Await):
        return last_name(node.expression)
    return None


def _makes_cache(cls: ClassRef | str) -> bool:
    """True for a class of caches, and for a function whose name ends so: ``make_cache``, not ``cache_size``."""
    if isinstance(cls, ClassRef):
        return is_cache_class(cls.dotted)
    last = _last(cls).lstrip("_")
    return is_cache_class(cls) if last[:1].isupper() else last.endswith("cache")


def _is_built_on(func: ast.expr) -> TypeGuard[ast.Attribute]:
    """True for a method of what another call returned."""
    return isinstance(func, ast.Attribute) and isinstance(func.value, ast.Call)


def _last(dotted: str) -> str:
    return dotted.rpartition(".")[2]


def _type_names(text: str) -> list[str]:
    """The dotted names that stand in an annotation."""
    return re.findall(r"[A-Za-z_][\w.]*", text)
