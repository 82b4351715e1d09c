"""Classes and their fields: through bases in any file, whatever kind of model they are."""

from __future__ import annotations

import ast
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from lint_rules.naming import is_plain_type
from lint_rules.project.attributes import Attribute, own_attributes
from lint_rules.project.defaults import (
    Default,
    annotated_default,
    default_of,
    joined,
    param_default,
    refuses_init,
)
from lint_rules.project.markers import MARKER
from lint_rules.project.noting import remembered
from lint_rules.project.pieces import row_of
from lint_rules.project.properties import Setter, other_name, own_setters

if TYPE_CHECKING:
    from lint_rules.project.functions import FunctionRef
    from lint_rules.project.modules import Module
    from lint_rules.project.scan import Block

_PYDANTIC = frozenset({"BaseModel", "RootModel", "SQLModel", "BaseSettings", "GenericModel"})
_NOT_FIELDS = frozenset({"model_config", "__slots__", "__tablename__", "__table_args__", "Config"})
_FROZEN = re.compile(r"frozen['\"]?\s*[=:]\s*True|allow_mutation\s*=\s*False|^(attrs?\.)?frozen\b")


@dataclass(frozen=True)
class FieldDecl:
    """A field where it is declared; ``row`` is its line in the tree of its class."""

    name: str
    owner: ClassRef
    path: Path
    row: int
    annotation: str | None
    default: Default
    marker: str | None = None
    excluded: bool = False
    required_key: bool = True
    #: Whether the constructor takes it (and ``replace``, which calls that).
    in_init: bool = True
    #: The attribute that a property of this name stands for.
    stored: str = ""
    #: And how that takes a value.
    setter: Setter | None = None

    @property
    def line(self) -> int:
        """The line in the file (from 1)."""
        return self.owner.line_of(self.row, self.stored or self.name)

    @remembered
    def nullable(self) -> bool:
        """True when the field may be None, as far as its declaration says, or the setter that it is written through."""
        if self.setter is not None and self.setter.annotation is not None:
            index = self.owner.module.project.index
            return index.nullable(self.owner.module, self.setter.annotation)
        if self.default.kind == "none":
            return True
        if self.annotation is None:
            return not self.default.excludes_none
        return self.owner.module.project.index.nullable(self.owner.module, self.annotation)

    @property
    def is_plain(self) -> bool:
        """True for a text, a number or the like: what is declared so holds no fields."""
        return is_plain_type(self.annotation)


class ClassRef:
    """A class of the project."""

    def __init__(
        self, module: Module, qualname: str, node: ast.ClassDef | None, *,
        kind: str | None = None, fields: tuple[tuple[str, str | None, int], ...] = (),
        block: Block | None = None,
    ) -> None:  # fmt: skip
        self.module = module
        self.qualname = qualname
        self.name = qualname.rsplit(".", 1)[-1]
        self._node = node
        self._block = block
        self._kind = kind
        self._functional = fields

    def __hash__(self) -> int:
        return hash((str(self.module.path), self.qualname))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, ClassRef)
            and other.qualname == self.qualname
            and other.module.path == self.module.path
        )

    def __repr__(self) -> str:
        return f"<class {self.dotted}>"

    @property
    def node(self) -> ast.ClassDef | None:
        """The class as written, its methods cut down to what assigns to an attribute."""
        self.module.read_around(self.qualname)
        return self._node

    @cached_property
    def _shift(self) -> int:
        """What makes a line of the file of a line in the class's tree."""
        return self.module.raw.scan.shift(self._block) if self._block is not None else 0

    def line_of(self, row: int, field: str) -> int:
        """The line in the file (from 1) of a line in the class's tree, on which a field is declared."""
        self.module.project.reads.piece((self.module.path, row_of(self.qualname, field)))
        return row + self._shift

    @property
    def dotted(self) -> str:
        """The full name, ``pkg.models.Auth``."""
        return f"{self.module.name}.{self.qualname}"

    # ----------------------------------------------------------------- bases

    @cached_property
    def base_names(self) -> tuple[str, ...]:
        """The bases as written, type arguments left out."""
        if self.node is None:
            return ()
        out = []
        for base in self.node.bases:
            inner = base.value if isinstance(base, ast.Subscript) else base
            if isinstance(inner, ast.Name | ast.Attribute):
                out.append(ast.unparse(inner))
        return tuple(out)

    @remembered
    def bases(self) -> tuple[ClassRef, ...]:
        """The bases that the project defines."""
        resolved = [self.module.project.resolve(self.module, name) for name in self.base_names]
        return tuple(base for base in resolved if isinstance(base, ClassRef) and base != self)

    @remembered
    def mro(self) -> tuple[ClassRef, ...]:
        """The class and its bases, nearest first; a cycle ends."""
        out: dict[ClassRef, None] = {self: None}
        todo = deque(self.bases)
        while todo:
            base = todo.popleft()
            if base not in out:
                out[base] = None
                todo.extend(base.bases)
        return tuple(out)

    def is_subclass_of(self, other: ClassRef) -> bool:
        """True when ``other`` is the class or one of its bases."""
        return other in self.mro

    def is_kin_of(self, other: ClassRef) -> bool:
        """True when an object of one of the two classes may be one of the other."""
        return self == other or self.is_subclass_of(other) or other.is_subclass_of(self)

    # ----------------------------------------------------------------- kind

    @remembered
    def kind(self) -> str:
        """pydantic, dataclass, attrs, namedtuple, typeddict or plain."""
        if self._kind is not None:
            return self._kind
        kinds = (cls._own_kind for cls in self._lineage())
        return next((kind for kind in kinds if kind != "plain"), "plain")

    def _lineage(self) -> Iterator[ClassRef]:
        """The class and its bases, all of the first base before the second; a chain may be long."""
        seen: set[ClassRef] = set()
        todo = [self]
        while todo:
            cls = todo.pop()
            if cls not in seen:
                seen.add(cls)
                yield cls
                todo.extend(reversed(cls.bases))

    @remembered
    def _own_kind(self) -> str:
        """What the class says itself, its bases in the project left out."""
        if self._kind is not None:
            return self._kind
        lasts = [name.rsplit(".", 1)[-1] for name in self.base_names]
        if "TypedDict" in lasts:
            return "typeddict"
        if "NamedTuple" in lasts:
            return "namedtuple"
        for decorator in self.node.decorator_list if self.node is not None else []:
            text = ast.unparse(decorator).split("(", 1)[0]
            last = text.rsplit(".", 1)[-1]
            if last == "dataclass":
                return "dataclass"
            if text in ("attr.s", "attrs.define", "attr.define", "attrs.frozen", "attrs.mutable",
                        "attr.attrs", "define", "frozen", "mutable", "attr.dataclass"):  # fmt: skip
                return "attrs"
        if any(last in _PYDANTIC for last in lasts):
            return "pydantic"
        unresolved = [n for n in lasts if n.endswith(("Model", "Schema")) and not self.bases]
        return "pydantic" if unresolved and self._annotated else "plain"

    @cached_property
    def _annotated(self) -> bool:
        return self.node is not None and any(isinstance(s, ast.AnnAssign) for s in self.node.body)

    @remembered
    def frozen(self) -> bool:
        """True when the fields of an object cannot be assigned."""
        return any(cls._own_frozen for cls in self._lineage())

    @remembered
    def _own_frozen(self) -> bool:
        if self._own_kind == "namedtuple":
            return True
        if self.node is None:
            return False
        heads = [*self.node.decorator_list, *self.node.keywords]
        texts = [ast.unparse(head) for head in heads]
        texts += [
            ast.unparse(statement)
            for statement in self.node.body
            if isinstance(statement, ast.Assign | ast.AnnAssign | ast.ClassDef)
            and (
                "model_config" in ast.unparse(statement)
                or getattr(statement, "name", "") == "Config"
            )
        ]
        return any(_FROZEN.search(text) for text in texts)

    # ----------------------------------------------------------------- fields

    @remembered
    def fields(self) -> tuple[FieldDecl, ...]:
        """All fields in declaration order, those of bases first; the nearest declaration counts."""
        out: dict[str, FieldDecl] = {}
        for cls in reversed(self.mro):
            for decl in cls.own_fields:
                name = self.names.get(decl.name, decl.name)
                stored = decl.name if name != decl.name else ""
                setter = self.setters.get(name)
                if stored:
                    decl = replace(decl, name=name, stored=stored, setter=setter)
                out[name] = decl
        return tuple(out.values())

    @remembered
    def names(self) -> dict[str, str]:
        """By their other name the fields that have two, by a property that stands for them."""
        return dict(other_name(name, setter) for name, setter in self.setters.items())

    @remembered
    def setters(self) -> dict[str, Setter]:
        """The setters of the properties that give a field another name."""
        found: dict[str, Setter] = {}
        for cls in reversed(self.mro):
            found.update(own_setters(cls))
        return found

    def field(self, name: str) -> FieldDecl | None:
        """The declaration of a field."""
        return self._by_name.get(name)

    @remembered
    def _by_name(self) -> dict[str, FieldDecl]:
        return {decl.name: decl for decl in self.fields}

    @remembered
    def own_fields(self) -> tuple[FieldDecl, ...]:
        """The fields that this class declares itself."""
        if self.node is None:
            return tuple(
                FieldDecl(name, self, self.module.path, line, text, Default("missing"))
                for name, text, line in self._functional
            )
        found: dict[str, FieldDecl] = {}
        for statement in self.node.body:
            decl = self._declared(statement)
            if decl is not None:
                found[decl.name] = decl
        if self.kind == "plain":
            for method in self.module.methods_of(self.qualname):
                method.read_assigned()
            self._assigned(found)
        return tuple(found.values())

    def _declared(self, statement: ast.stmt) -> FieldDecl | None:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            name, value = statement.target.id, statement.value
            text = ast.unparse(statement.annotation).strip("'\"")
            if re.match(r"(typing\.)?(ClassVar|InitVar|dataclasses\.InitVar)\b", text):
                return None
        elif (
            isinstance(statement, ast.Assign)
            and isinstance(statement.targets[0], ast.Name)
            and self._assigned_is_field(statement.value)
        ):
            name, value, text = statement.targets[0].id, statement.value, None
        else:
            return None
        if name in _NOT_FIELDS or (
            isinstance(value, ast.Call) and "PrivateAttr" in ast.unparse(value.func)
        ):
            return None
        default, excluded = default_of(value)
        if value is None and text is not None:
            default, excluded = annotated_default(text)
        first, last = statement.lineno, statement.end_lineno or statement.lineno
        return FieldDecl(
            name, self, self.module.path, first, text, default, self._marker(first, last), excluded,
            self._required(text), not refuses_init(value),
        )  # fmt: skip

    def _assigned_is_field(self, value: ast.expr) -> bool:
        """``x = attr.ib()``, ``x = Column(...)``: declarations without an annotation."""
        if not isinstance(value, ast.Call):
            return self.kind == "plain" and default_of(value)[0].kind in (
                "none",
                "constant",
                "factory",
            )
        text = ast.unparse(value.func)
        return text.rsplit(".", 1)[-1] in (
            "ib", "attrib", "field", "Column", "mapped_column", "relationship",
        ) or text.startswith("models.")  # fmt: skip

    def _required(self, text: str | None) -> bool:
        if self.kind != "typeddict" or self.node is None:
            return True
        if text and re.search(r"\bNotRequired\[", text):
            return False
        if text and re.search(r"\bRequired\[", text):
            return True
        return not any(
            keyword.arg == "total" and ast.unparse(keyword.value) == "False"
            for keyword in self.node.keywords
        )

    def _assigned(self, found: dict[str, FieldDecl]) -> None:
        """Fields of a plain class: what its methods assign to ``self``."""
        assert self.node is not None
        for method in self.node.body:
            if (
                not isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef)
                or not method.args.args
            ):
                continue
            owner = method.args.args[0].arg
            params = {a.arg: a for a in (*method.args.args, *method.args.kwonlyargs)}
            for node in method.body:  # all of it that assigns to an attribute, and nothing else
                targets: list[ast.expr] = []
                if isinstance(node, ast.Assign):
                    targets = node.targets
                elif isinstance(node, ast.AnnAssign) and node.value is not None:
                    targets = [node.target]
                for target in targets:
                    self._self_target(found, method, owner, params, node, target)

    def _self_target(
        self, found: dict[str, FieldDecl], method: ast.FunctionDef | ast.AsyncFunctionDef,
        owner: str, params: dict[str, ast.arg], node: ast.AST, target: ast.expr,
    ) -> None:  # fmt: skip
        if not (
            isinstance(target, ast.Attribute)
            and isinstance(target.value, ast.Name)
            and target.value.id == owner
        ):
            return
        value = getattr(node, "value", None)
        before = found.get(target.attr)
        if before is not None and method.name != "__init__":
            if before.annotation is None and default_of(value)[0].kind == "none":
                found[target.attr] = replace(before, default=Default("none", "None"))
            return
        annotation = getattr(node, "annotation", None)
        text = ast.unparse(annotation) if annotation is not None else None
        default, _ = default_of(value)
        if isinstance(value, ast.Name) and value.id in params:
            default = param_default(method, value.id)
            hint = params[value.id].annotation
            text = text or (ast.unparse(hint) if hint is not None else None)
        elif method.name != "__init__":
            default = Default("missing")
        if before is not None and text is None and before.annotation is None:
            default = joined(before.default, default)
        row = target.lineno
        found[target.attr] = FieldDecl(
            target.attr, self, self.module.path, row, text, default, self._marker(row, row)
        )

    def _marker(self, first: int, last: int) -> str | None:
        """``# cache-leak: ...`` on the declaration, or alone on the line above it; lines of the class's tree."""
        lines, first, last = self.module.raw.lines, first + self._shift, last + self._shift
        for number in range(first, last + 1):
            found = MARKER.search(lines[number - 1]) if number <= len(lines) else None
            if found:
                return found.group(1)
        above = lines[first - 2].strip() if first >= 2 else ""
        found = MARKER.match(above)
        return found.group(1) if found else None

    @remembered
    def own_attributes(self) -> dict[str, Attribute]:
        """What this class itself says of its attributes, fields or not, by name."""
        for method in self.module.methods_of(self.qualname):
            method.read_assigned()
        return own_attributes(self.node) if self.node is not None else {}

    # ----------------------------------------------------------------- methods

    @property
    def methods(self) -> dict[str, FunctionRef]:
        """The methods that the class defines itself."""
        self.module.read_around(self.qualname)
        return self._methods

    @cached_property
    def _methods(self) -> dict[str, FunctionRef]:
        return {function.name: function for function in self.module.methods_of(self.qualname)}

    @property
    def constructor(self) -> FunctionRef | None:
        """The ``__init__`` of a plain class's own; None where a base or a library says what becomes of the arguments."""
        init = self.method("__init__") if self.kind == "plain" else None
        return init if init is not None and init.class_name == self.qualname else None

    def method(self, name: str) -> FunctionRef | None:
        """A method of the class or of its nearest base."""
        return next((cls.methods[name] for cls in self.mro if name in cls.methods), None)
