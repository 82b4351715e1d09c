"""Objects of a user's classes: pydantic 1 and 2, dataclasses, attrs, named tuples, plain classes, dicts."""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import inspect
import sys
import textwrap
import typing
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from lint_rules.testing.sentinels import ANY, EndUser, bare

MISSING: Any = type("Missing", (), {"__repr__": lambda self: "<missing>"})()
"""What :func:`get` returns for a field that an object does not have."""


def is_declared(model: Any) -> bool:
    """True for a class that tells all its fields."""
    return inspect.isclass(model) and (
        dataclasses.is_dataclass(model)
        or any(
            hasattr(model, name)
            for name in ("model_fields", "__fields__", "__attrs_attrs__", "_fields", "__total__")
        )
    )


def is_mapping(model: Any) -> bool:
    """True for ``dict``, a typed dict and the like."""
    return inspect.isclass(model) and issubclass(model, Mapping)


def has_field(model: Any, name: str) -> bool:
    """False where a class tells all its fields and this is none of them: a slip of the pen."""
    if not is_declared(model) or name in hints_of(model) or hasattr(model, name):
        return True
    config = getattr(model, "model_config", None) or getattr(model, "__config__", None)
    extra = config.get("extra") if isinstance(config, Mapping) else getattr(config, "extra", None)
    return getattr(extra, "value", extra) == "allow" or name in _parameters(model)


def hints_of(model: Any) -> dict[str, Any]:
    """The types of a model's fields, as far as they are known."""
    found: dict[str, Any] = {}
    if not inspect.isclass(model) or model in (dict, SimpleNamespace):
        return found
    found |= _annotations(getattr(model, "__init__", None))
    if not is_declared(model):
        found |= _assigned(getattr(model, "__init__", None))
    for owner in reversed(model.__mro__):
        if owner.__module__ not in ("builtins", "typing"):
            found |= _annotations(owner)
    for name, info in _pydantic_fields(model).items():
        hint = getattr(info, "annotation", None)
        if hint is not None and not isinstance(hint, str):
            found[name] = hint
    return {name: hint for name, hint in found.items() if not isinstance(hint, str)}


def _annotations(owner: Any) -> dict[str, Any]:
    """The annotations of a class or function: those that name what exists for type checkers only are
    left out, not all of them."""
    with contextlib.suppress(Exception):
        return dict(typing.get_type_hints(owner, include_extras=True))
    found: dict[str, Any] = {}
    with contextlib.suppress(Exception):
        known = vars(sys.modules[owner.__module__])
        for name, hint in inspect.get_annotations(owner).items():
            with contextlib.suppress(Exception):
                found[name] = eval(hint, dict(known)) if isinstance(hint, str) else hint
    return found


def _assigned(init: Any) -> dict[str, Any]:
    """The types of ``self.name: type = ...`` in a plain class's constructor, where its source is there."""
    found: dict[str, Any] = {}
    with contextlib.suppress(Exception):
        (function,) = ast.parse(textwrap.dedent(inspect.getsource(init))).body
        for node in ast.walk(function):
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Attribute):
                with contextlib.suppress(Exception):
                    found[node.target.attr] = eval(ast.unparse(node.annotation), init.__globals__)
    return found


def _pydantic_fields(model: Any) -> Mapping[str, Any]:
    for name in ("model_fields", "__fields__"):
        fields = getattr(model, name, None)
        if isinstance(fields, Mapping):
            return fields
    return {}


def build(model: Any, values: Mapping[str, object], user: EndUser) -> Any:
    """An object of ``model`` with these fields, and ``user``'s own values where it needs more.

    Raises ``TypeError`` with the reason where the class cannot be built so.
    """
    if model is SimpleNamespace:
        return SimpleNamespace(**values)
    if is_mapping(model):
        return dict(values)
    hints, keywords = hints_of(model), _keywords(model)
    given = dict(values)
    for place, name in enumerate(required(model)):
        field = next((field for field, keyword in keywords.items() if keyword == name), name)
        if field not in given:
            given[field] = user.value(hints.get(field, ANY), field, 900 + place)
    made, taken = _construct(model, given, keywords)
    for name, value in values.items():
        # What the class made of a value that it took stays as it is: it knows its own types.
        if name not in taken or get(made, name) is MISSING:
            put(made, name, value)
    return made


def build_shared(model: Any, values: Mapping[str, object], user: EndUser) -> Any:
    """:func:`build`, with a text in every other text field that would be empty.

    Nobody works with an object whose key is "": functions return early, or raise.
    """
    made = build(model, values, user)
    for name, hint in hints_of(model).items():
        if name not in values and bare(hint) is str and get(made, name) == "":
            with contextlib.suppress(Exception):
                put(made, name, f"shared-{name}")
    return made


def _parameters(model: Any) -> dict[str, inspect.Parameter]:
    try:
        return dict(inspect.signature(model).parameters)
    except (TypeError, ValueError):
        return {}


def _keywords(model: Any) -> dict[str, str]:
    """What the constructor calls each field that it does not call by its name."""
    found: dict[str, str] = {}
    for name, info in _pydantic_fields(model).items():
        alias = getattr(info, "alias", None)
        if isinstance(alias, str) and alias != name:
            found[name] = alias
    for attribute in getattr(model, "__attrs_attrs__", ()):
        found[attribute.name] = getattr(attribute, "alias", None) or attribute.name.lstrip("_")
    return found


def required(model: Any) -> list[str]:
    """What the constructor must be given, as it calls it."""
    free = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [
        name
        for name, parameter in _parameters(model).items()
        if parameter.default is inspect.Parameter.empty and parameter.kind not in free
    ]


def _construct(
    model: Any, given: Mapping[str, object], keywords: Mapping[str, str]
) -> tuple[Any, set[str]]:
    """The object, and which of the values its constructor took."""
    parameters = _parameters(model)
    passed = {name: keywords.get(name, name) for name in given}
    taken = {name for name, keyword in passed.items() if keyword in parameters}
    try:
        return model(**{passed[name]: given[name] for name in given if name in taken}), taken
    except Exception as problem:
        # A validator that wants real values: the classes that have one can be made without it.
        unchecked = getattr(model, "model_construct", None) or getattr(model, "construct", None)
        if unchecked is None or not _pydantic_fields(model):
            raise TypeError(
                f"{model.__qualname__} cannot be built with {', '.join(taken) or 'nothing'}: {problem}"
            ) from problem
        return unchecked(**given), set()


def get(instance: Any, name: str) -> Any:
    """A field's value, or ``MISSING``."""
    if isinstance(instance, Mapping):
        return instance.get(name, MISSING)
    return getattr(instance, name, MISSING)


def put(instance: Any, name: str, value: object) -> None:
    """Set a field, of frozen objects too."""
    if isinstance(instance, dict):
        instance[name] = value
        return
    try:
        setattr(instance, name, value)
    except Exception:  # frozen, or checked on assignment
        object.__setattr__(instance, name, value)
