"""Objects of a user's classes: pydantic 1 and 2, dataclasses, attrs, plain classes, dicts."""

from __future__ import annotations

import contextlib
import dataclasses
import inspect
import typing
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from lint_rules.testing.sentinels import ANY, EndUser

MISSING = object()


def is_buildable(kind: Any) -> bool:
    """True for a class that tells its fields."""
    return inspect.isclass(kind) and (
        dataclasses.is_dataclass(kind)
        or any(hasattr(kind, name) for name in ("model_fields", "__fields__", "__attrs_attrs__"))
    )


def hints_of(model: Any) -> dict[str, Any]:
    """The types of a model's fields, as far as they are known."""
    found: dict[str, Any] = {}
    with contextlib.suppress(Exception):  # a name that exists for type checkers only
        found = dict(typing.get_type_hints(getattr(model, "__init__", None)))
    with contextlib.suppress(Exception):
        found |= typing.get_type_hints(model)
    for name, info in _pydantic_fields(model).items():
        hint = getattr(info, "annotation", None)
        if hint is not None and not isinstance(hint, str):
            found[name] = hint
    return found


def _pydantic_fields(model: Any) -> Mapping[str, Any]:
    fields = getattr(model, "model_fields", None)
    if not isinstance(fields, Mapping):
        fields = getattr(model, "__fields__", None)
    return fields if isinstance(fields, Mapping) else {}


def build(model: Any, values: Mapping[str, object], user: EndUser) -> Any:
    """An object of ``model`` with these fields, and ``user``'s own values where it needs more.

    Raises ``TypeError`` with the reason where the class cannot be built so.
    """
    if model is SimpleNamespace:
        return SimpleNamespace(**values)
    if inspect.isclass(model) and issubclass(model, dict):
        return dict(values)
    hints = hints_of(model)
    given = dict(values)
    for place, name in enumerate(_required(model)):
        if name not in given and name.lstrip("_") not in {key.lstrip("_") for key in given}:
            given[name] = user.value(hints.get(name, ANY), name, 900 + place)
    made = _construct(model, given)
    for name, value in values.items():
        if get(made, name) != value:
            put(made, name, value)
    return made


def _parameters(model: Any) -> dict[str, inspect.Parameter]:
    try:
        return dict(inspect.signature(model).parameters)
    except (TypeError, ValueError):
        return {}


def _required(model: Any) -> list[str]:
    free = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [
        name
        for name, parameter in _parameters(model).items()
        if parameter.default is inspect.Parameter.empty and parameter.kind not in free
    ]


def _construct(model: Any, given: Mapping[str, object]) -> Any:
    parameters = _parameters(model)
    free = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values())
    accepted = {}
    for name, value in given.items():
        for key in (name, name.lstrip("_")):  # attrs leaves the underscore out
            if key in parameters or (free and key == name):
                accepted[key] = value
                break
    try:
        return model(**accepted)
    except Exception as problem:
        unchecked = getattr(model, "model_construct", None) or getattr(model, "construct", None)
        if unchecked is None or not _pydantic_fields(model):
            raise TypeError(
                f"{model.__qualname__} cannot be built with {', '.join(accepted) or 'nothing'}: {problem}"
            ) from problem
        return unchecked(**given)  # a validator that wants real values


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
