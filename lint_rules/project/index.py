"""What names mean: imports, re-exports, aliases, annotations and constants."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from lint_rules.project.classes import ClassRef
from lint_rules.project.constantdicts import entries_of
from lint_rules.project.fieldlists import enum_values, listed_fields, picked
from lint_rules.project.functions import FunctionRef
from lint_rules.project.imports import import_statements
from lint_rules.project.modules import ImportTarget, Module
from lint_rules.project.noting import Remembered
from lint_rules.project.typeinfo import MAPPINGS, SEQUENCES, WRAPPERS, Parts, TypeInfo, is_record

if TYPE_CHECKING:
    from lint_rules.project.project import Project

MAX_STEPS = 40
"""Aliases and re-exports that one name is followed through; a cycle ends there."""

_NULLS = frozenset({"Any", "object", "None"})


@dataclass(frozen=True, slots=True)
class External:
    """A name that an import leads to outside the project, in full."""

    dotted: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A module-level name with a value that is neither class nor function."""

    module: Module
    name: str
    value: ast.expr


class _Asked(NamedTuple):
    """A name or an annotation, and where it stands."""

    module: Module
    text: str
    scope: FunctionRef | None


Resolved = ClassRef | FunctionRef | Module | Constant | External | None


class Index:
    """Resolves names in the modules of one project; answers are kept."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._names = Remembered(self._ask_name, lambda asked: None)
        self._types = Remembered(self._ask_type, lambda asked: TypeInfo(text=asked.text))
        self._locals: dict[FunctionRef, dict[str, ImportTarget]] = {}

    # ----------------------------------------------------------------- names

    def resolve(self, module: Module, dotted: str, scope: FunctionRef | None) -> Resolved:
        """What ``dotted`` means in a module (and inside a function)."""
        return self._names(_Asked(module, dotted, scope))

    def _ask_name(self, asked: _Asked) -> Resolved:
        return self._resolve(asked.module, asked.text, asked.scope, 0)

    def _resolve(
        self, module: Module, dotted: str, scope: FunctionRef | None, steps: int
    ) -> Resolved:
        if steps > MAX_STEPS or not dotted:
            return None
        first, _, rest = dotted.partition(".")
        found = self._local(module, first, scope, steps) or self._top(module, first, steps)
        if found is None and scope is not None and scope.class_name and first in ("self", "cls"):
            found = module.class_(scope.class_name)
        return self._walk(found, rest, steps)

    def _local(self, module: Module, name: str, scope: FunctionRef | None, steps: int) -> Resolved:
        """A name that the function, or one around it, imports."""
        while scope is not None:
            source = scope.source
            if scope not in self._locals:
                inside = source if "import" in source else ""
                self._locals[scope] = module.imports_of([n for n, _ in import_statements(inside)])
            target = module.noted(self._locals[scope].get(name))
            if target is not None:
                return self._target(target, steps)
            scope = module.function(scope.parent_function or "")
        return None

    def _top(self, module: Module, name: str, steps: int) -> Resolved:
        """A name of the module's own level."""
        return self._own(module, name, steps) or self._starred(module, name, steps, {module})

    def _own(self, module: Module, name: str, steps: int) -> Resolved:
        """A name that the module itself defines, imports or assigns."""
        if not module.may_name(name):
            return None
        cls = module.class_(name)
        if cls is not None:
            return cls
        function = module.function(name)
        if function is not None:
            return function
        target = module.imported(name)
        if target is not None:
            return self._target(target, steps)
        value = module.value_of(name)
        return self._alias(module, name, value, steps) if value is not None else None

    def _starred(self, module: Module, name: str, steps: int, seen: set[Module]) -> Resolved:
        """A name that a star import brings; each module is looked at once."""
        for star in module.stars if not name.startswith("_") and steps < MAX_STEPS else ():
            other = self.project.module_named(star)
            if other is not None and other not in seen:
                seen.add(other)
                found = self._own(other, name, steps + 1) or self._starred(
                    other, name, steps + 1, seen
                )
                if found is not None:
                    return found
        return None

    def _alias(self, module: Module, name: str, value: ast.expr, steps: int) -> Resolved:
        """``old = new``, ``X = NewType("X", Base)``, ``X: TypeAlias = Base``."""
        if isinstance(value, ast.Call) and ast.unparse(value.func).rsplit(".", 1)[-1] == "NewType":
            value = value.args[1] if len(value.args) == 2 else value
        if isinstance(value, ast.Name | ast.Attribute):
            text = ast.unparse(value)
            if text != name:
                found = self._resolve(module, text, None, steps + 1)
                if found is not None:
                    return found
        return Constant(module, name, value)

    def _target(self, target: ImportTarget, steps: int) -> Resolved:
        module = self.project.module_named(target.module)
        if target.name is None:
            return module if module is not None else External(target.module)
        full = f"{target.module}.{target.name}"
        if module is not None:
            found = self._top(module, target.name, steps + 1) if steps < MAX_STEPS else None
            if found is not None:
                return found
        return self.project.module_named(full) or (None if module is not None else External(full))

    def _walk(self, found: Resolved, rest: str, steps: int) -> Resolved:
        while rest and found is not None:
            first, _, rest = rest.partition(".")
            if isinstance(found, External):
                return External(".".join(part for part in (found.dotted, first, rest) if part))
            if isinstance(found, Module):
                inner = self._top(found, first, steps + 1) if steps < MAX_STEPS else None
                found = inner or self.project.module_named(f"{found.name}.{first}")
            elif isinstance(found, ClassRef):
                found = found.method(first) or found.module.class_(f"{found.qualname}.{first}")
            else:
                return None
        return found

    # ----------------------------------------------------------------- annotations

    def annotation(self, module: Module, text: str, scope: FunctionRef | None) -> TypeInfo:
        """The classes that an annotation names, its wrappers taken off."""
        return self._types(_Asked(module, text, scope))

    def _ask_type(self, asked: _Asked) -> TypeInfo:
        try:
            node = ast.parse(asked.text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError):
            return TypeInfo(text=asked.text)
        parts = Parts()
        self._collect(asked.module, node, asked.scope, parts, 0)
        return TypeInfo(
            tuple(dict.fromkeys(parts.classes)), tuple(parts.unresolved), parts.mapping,
            tuple(parts.external), asked.text, tuple(dict.fromkeys(parts.items)),
        )  # fmt: skip

    def _collect(
        self, module: Module, node: ast.expr, scope: FunctionRef | None, parts: Parts, depth: int
    ) -> None:
        if depth > MAX_STEPS:
            return
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                inner = ast.parse(node.value.strip(), mode="eval").body
            except (SyntaxError, ValueError):
                return
            self._collect(module, inner, scope, parts, depth + 1)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            self._collect(module, node.left, scope, parts, depth + 1)
            self._collect(module, node.right, scope, parts, depth + 1)
        elif isinstance(node, ast.Subscript):
            self._subscript(module, node, scope, parts, depth)
        elif isinstance(node, ast.Name | ast.Attribute):
            self._name(module, ast.unparse(node), scope, parts, depth)

    def _subscript(
        self, module: Module, node: ast.Subscript, scope: FunctionRef | None, parts: Parts,
        depth: int,
    ) -> None:  # fmt: skip
        name = ast.unparse(node.value).rsplit(".", 1)[-1]
        items = list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]
        if name == "Annotated":
            items = items[:1]
        elif name == "Coroutine":
            items = items[-1:]
        if name in WRAPPERS:
            for item in items:
                self._collect(module, item, scope, parts, depth + 1)
        elif name in MAPPINGS or name in SEQUENCES:
            parts.mapping = parts.mapping or name in MAPPINGS
            if items and not is_record(name, items):
                inside = Parts()
                self._collect(
                    module, items[-1 if name in MAPPINGS else 0], scope, inside, depth + 1
                )
                parts.items += inside.classes
        elif name not in ("type", "Type", "Callable", "Literal"):
            self._collect(module, node.value, scope, parts, depth + 1)

    def _name(
        self, module: Module, text: str, scope: FunctionRef | None, parts: Parts, depth: int
    ) -> None:
        last = text.rsplit(".", 1)[-1]
        if last in ("None", "NoneType") or last in WRAPPERS:
            return
        if last in MAPPINGS:
            parts.mapping = True
            return
        if last == "Self" and scope is not None and scope.class_name:
            own = module.class_(scope.class_name)
            parts.classes += [own] if own is not None else []
            return
        found = self._resolve(module, text, scope, 0)
        if isinstance(found, ClassRef):
            parts.classes.append(found)
        elif isinstance(found, External):
            parts.external.append(found.dotted)
        elif isinstance(found, Constant):
            self._alias_type(found, parts, depth)
        else:
            parts.unresolved.append(text)

    def _alias_type(self, found: Constant, parts: Parts, depth: int) -> None:
        """A type alias, or a TypeVar with a bound."""
        value = found.value
        if isinstance(value, ast.Call):
            bound = next((k.value for k in value.keywords if k.arg == "bound"), None)
            if bound is None:
                return
            value = bound
        self._collect(found.module, value, None, parts, depth + 1)

    def nullable(self, module: Module, text: str, depth: int = 0) -> bool:
        """True when a field of this annotation may be None."""
        try:
            node = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError):
            return False
        return self._nullable(module, node, depth)

    def _nullable(self, module: Module, node: ast.expr, depth: int) -> bool:
        if depth > MAX_STEPS:
            return False
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str):
                return self.nullable(module, node.value, depth + 1)
            return node.value is None
        if isinstance(node, ast.BinOp):
            return any(self._nullable(module, n, depth + 1) for n in (node.left, node.right))
        if isinstance(node, ast.Subscript):
            name = ast.unparse(node.value).rsplit(".", 1)[-1]
            items = list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]
            if name == "Optional":
                return True
            if name in ("Union", "Annotated", "Final", "Required", "NotRequired", "Mapped"):
                items = items[:1] if name == "Annotated" else items
                return any(self._nullable(module, item, depth + 1) for item in items)
            return False
        if isinstance(node, ast.Name | ast.Attribute):
            text = ast.unparse(node)
            if text.rsplit(".", 1)[-1] in _NULLS:
                return True
            found = self._resolve(module, text, None, 0)
            if isinstance(found, Constant) and not isinstance(found.value, ast.Call):
                return self._nullable(found.module, found.value, depth + 1)
        return False

    # ----------------------------------------------------------------- constants

    def strings(
        self, module: Module, dotted: str, scope: FunctionRef | None
    ) -> tuple[str, ...] | None:
        """The strings of a constant collection (or of one string constant)."""
        found = self.resolve(module, dotted, scope)
        if found is None and "." in dotted:
            found = self._class_constant(module, dotted, scope)
        if isinstance(found, Constant):
            return self._literal(found.module, found.value, 0)
        return None

    def entries(
        self, module: Module, dotted: str, scope: FunctionRef | None
    ) -> dict[str, object] | None:
        """The entries of a constant dict, however it is made (:mod:`lint_rules.project.constantdicts`)."""
        found = self.resolve(module, dotted, scope)
        if not isinstance(found, Constant):
            return None
        return entries_of(found.value, partial(self._literal, found.module, depth=0))

    def _class_constant(self, module: Module, dotted: str, scope: FunctionRef | None) -> Resolved:
        owner, _, name = dotted.rpartition(".")
        cls = module.class_(owner) or self.resolve(module, owner, scope)
        if not isinstance(cls, ClassRef):
            return None
        for base in cls.mro:
            for node in base.node.body if base.node is not None else []:
                targets = getattr(node, "targets", None) or [getattr(node, "target", None)]
                value = getattr(node, "value", None)
                if value is not None and any(
                    isinstance(t, ast.Name) and t.id == name for t in targets
                ):
                    return Constant(base.module, name, value)
        return None

    def string(self, module: Module, dotted: str, scope: FunctionRef | None) -> str | None:
        """The text of a string constant."""
        found = self.resolve(module, dotted, scope)
        if isinstance(found, Constant) and isinstance(found.value, ast.Constant):
            value = found.value.value
            return value if isinstance(value, str) else None
        return None

    def _literal(self, module: Module, node: ast.expr, depth: int) -> tuple[str, ...] | None:
        if depth > MAX_STEPS:
            return None
        if isinstance(node, ast.Constant):
            return (node.value,) if isinstance(node.value, str) else None
        if isinstance(node, ast.Tuple | ast.List | ast.Set):
            return self._joined(module, list(node.elts), depth)
        if isinstance(node, ast.Dict):
            keys = [key for key in node.keys if key is not None]
            return self._joined(module, keys, depth) if len(keys) == len(node.keys) else None
        if isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords:
            if ast.unparse(node.func) in ("frozenset", "set", "tuple", "list", "sorted"):
                return self._literal(module, node.args[0], depth + 1)
            return None
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.BitOr):
            return self._joined(module, [ast.Starred(node.left), ast.Starred(node.right)], depth)
        if isinstance(node, ast.GeneratorExp | ast.ListComp | ast.SetComp):
            return self._picked(module, node, depth)
        if isinstance(node, ast.Name | ast.Attribute):
            found = self._resolve(module, ast.unparse(node), None, 0)
            if isinstance(found, Constant):
                return self._literal(found.module, found.value, depth + 1)
            return enum_values(found) if isinstance(found, ClassRef) else None
        return None

    def _picked(
        self, module: Module, node: ast.GeneratorExp | ast.ListComp | ast.SetComp, depth: int
    ) -> tuple[str, ...] | None:
        """Those of a class's fields, or of other names, that a comprehension keeps."""
        source = node.generators[0].iter
        names = listed_fields(module, source) or self._literal(module, source, depth + 1)
        if names is None:
            return None
        return picked(node, names, lambda text: self._literal(module, text, depth + 1))

    def _joined(self, module: Module, nodes: list[ast.expr], depth: int) -> tuple[str, ...] | None:
        out: list[str] = []
        for node in nodes:
            inner = node.value if isinstance(node, ast.Starred) else node
            names = self._literal(module, inner, depth + 1)
            if names is None:
                return None
            out.extend(names)
        return tuple(dict.fromkeys(out)) if out else None
