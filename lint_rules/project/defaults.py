"""The defaults of fields: what a declaration, or an assignment in ``__init__``, gives a field at first."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

_FACTORIES = {
    "list": "[]",
    "dict": "{}",
    "set": "set()",
    "Dict": "{}",
    "List": "[]",
    "Set": "set()",
    "tuple": "()",
    "frozenset": "frozenset()",
}
#: What a call makes that is no None: containers, and objects of a class (by its name's first letter).
_MADE = re.compile(
    r"(list|dict|set|tuple|frozenset|str|int|float|bool|bytes|defaultdict|deque|_?[A-Z]\w*)$"
)
_DECLARING = frozenset({"Field", "field", "ib", "attrib", "Column", "mapped_column"})


@dataclass(frozen=True, slots=True)
class Default:
    """A field's default: ``kind`` is none, constant, factory, missing or other; ``text`` repeats it.

    ``filled`` says that the field is never None, as far as the declaration tells without an annotation.
    """

    kind: str
    text: str | None = None
    filled: bool = False

    @property
    def excludes_none(self) -> bool:
        """True when the field holds something from the start, and nothing says that it may be None."""
        return self.filled or self.kind in ("constant", "factory")


def default_of(value: ast.expr | None) -> tuple[Default, bool]:
    """A declaration's default, and whether a dump leaves the field out."""
    if value is None:
        return Default("missing"), False
    if isinstance(value, ast.Call):
        return _call_default(value)
    return _plain_default(value), False


def _plain_default(value: ast.expr) -> Default:
    if isinstance(value, ast.Constant):
        if value.value is None:
            return Default("none", "None")
        return Default("missing") if value.value is ... else Default("constant", ast.unparse(value))
    if isinstance(value, ast.List | ast.Set | ast.Tuple | ast.Dict):
        text = ast.unparse(value)
        empty = text in ("[]", "{}", "()")
        return Default("factory", text) if empty else Default("other", filled=True)
    if isinstance(value, ast.UnaryOp) and isinstance(value.operand, ast.Constant):
        return Default("constant", ast.unparse(value))
    made = (ast.JoinedStr, ast.ListComp, ast.SetComp, ast.DictComp, ast.Compare)
    return Default("other", filled=isinstance(value, made))


def _call_default(value: ast.Call) -> tuple[Default, bool]:
    name = ast.unparse(value.func).rsplit(".", 1)[-1]
    if name in _FACTORIES and not value.args and not value.keywords:
        return Default("factory", _FACTORIES[name]), False
    if name == "Factory" and len(value.args) == 1:
        return _factory(value.args[0]), False
    excluded = any(k.arg == "exclude" and ast.unparse(k.value) == "True" for k in value.keywords)
    if ast.unparse(value.func).startswith("models."):
        return _django_default(value), False
    if name not in _DECLARING:
        return Default("other", filled=_MADE.match(name) is not None), False
    for keyword in value.keywords:
        if keyword.arg == "default":
            return default_of(keyword.value)[0], excluded
        if keyword.arg in ("default_factory", "factory"):
            return _factory(keyword.value), excluded
    if name == "Field" and value.args:
        return default_of(value.args[0])[0], excluded
    return Default("missing", filled=_forbids_none(value)), excluded


def _django_default(value: ast.Call) -> Default:
    """A field of a Django model is None only where it says so."""
    said = {keyword.arg: keyword.value for keyword in value.keywords}
    if "null" in said and ast.unparse(said["null"]) == "True":
        return Default("none", "None")
    if "default" not in said:
        return Default("other", filled=True)
    default = said["default"]
    return _factory(default) if isinstance(default, ast.Name) else default_of(default)[0]


def _factory(value: ast.expr) -> Default:
    """What a default factory makes: an empty container, a constant, or something else."""
    if isinstance(value, ast.Lambda):
        made = default_of(value.body)[0]
        return made if made.kind != "missing" else Default("other")
    text = _FACTORIES.get(ast.unparse(value).split("[", 1)[0].rsplit(".", 1)[-1])
    return Default("factory", text) if text else Default("other", filled=True)


def _forbids_none(value: ast.Call) -> bool:
    """True when a declaration without a default refuses None: by a validator, a converter or ``nullable=False``."""
    for keyword in value.keywords:
        text = ast.unparse(keyword.value)
        if keyword.arg in ("validator", "converter") and "optional" not in text:
            return True
        if (keyword.arg, text) in (("nullable", "False"), ("primary_key", "True")):
            return True
    return False


def refuses_init(value: ast.expr | None) -> bool:
    """True for ``field(init=False)``: no keyword of the constructor."""
    keywords = value.keywords if isinstance(value, ast.Call) else []
    return any(k.arg == "init" and ast.unparse(k.value) == "False" for k in keywords)


def annotated_default(annotation: str) -> tuple[Default, bool]:
    """The default that ``Annotated[list[str], Field(default_factory=list)]`` gives, and what a dump leaves out."""
    if "Annotated[" not in annotation:
        return Default("missing"), False
    try:
        node = ast.parse(annotation, mode="eval").body
    except (SyntaxError, ValueError, RecursionError):
        return Default("missing"), False
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Tuple):
        for item in node.slice.elts[1:]:
            if isinstance(item, ast.Call) and ast.unparse(item.func).endswith("Field"):
                return default_of(item)
    return Default("missing"), False


def joined(one: Default, other: Default) -> Default:
    """The default of a field to which several places assign: None where one of them does."""
    if one == other or one.kind == "none" or other.kind == "missing":
        return one
    if other.kind == "none" or one.kind == "missing":
        return other
    return Default("other", filled=one.excludes_none and other.excludes_none)


def param_default(method: ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> Default:
    """The default of a parameter."""
    spec = method.args
    positional = [*spec.posonlyargs, *spec.args]
    for arg, default in zip(reversed(positional), reversed(spec.defaults), strict=False):
        if arg.arg == name:
            return default_of(default)[0]
    for arg, keyword in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
        if arg.arg == name:
            return default_of(keyword)[0]
    return Default("missing")
