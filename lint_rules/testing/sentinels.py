"""Values that tell by themselves whose they are: one for each type, end user and field."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import inspect
import types
import typing
import uuid
from collections.abc import Callable, Mapping
from typing import Any

ANY: Any = None
"""The hint of a field whose type is not known: any value will do, also None."""

_EPOCH = datetime.datetime(2000, 1, 1, tzinfo=datetime.timezone.utc)
_SIMPLE: dict[object, Callable[[str, int], object]] = {
    str: lambda text, number: text,
    int: lambda text, number: number,
    float: lambda text, number: number + 0.5,
    bytes: lambda text, number: text.encode(),
    decimal.Decimal: lambda text, number: decimal.Decimal(number),
    uuid.UUID: lambda text, number: uuid.UUID(int=number),
    datetime.timedelta: lambda text, number: datetime.timedelta(seconds=number),
    datetime.datetime: lambda text, number: _EPOCH + datetime.timedelta(days=number),
    datetime.date: lambda text, number: _EPOCH.date() + datetime.timedelta(days=number),
}
_CONTAINERS: tuple[type, ...] = (list, set, frozenset, tuple)
#: Types with a value that stands for "nothing" where None is not allowed.
_EMPTY = frozenset({str, int, float, bytes, bool, dict, *_CONTAINERS})


@dataclasses.dataclass(frozen=True, slots=True)
class EndUser:
    """One of the two who share a key."""

    name: str
    number: int

    def value(self, hint: Any, field: str, place: int) -> object:
        """A value of the type ``hint``: another one for each end user and ``place`` (a field's number)."""
        return self._value(_bare(hint), f"{self.name}-{field}", 1000 * self.number + place)

    def _value(self, hint: Any, text: str, number: int) -> object:
        origin, inner = typing.get_origin(hint), typing.get_args(hint)
        kind = origin or hint
        if kind is typing.Literal:
            return inner[(self.number - 1) % len(inner)]
        if kind is bool:
            return self.number == 1
        if kind in _SIMPLE:
            return _SIMPLE[kind](text, number)
        if inspect.isclass(kind) and issubclass(kind, enum.Enum):
            members = list(kind)
            return members[(self.number - 1) % len(members)]
        if inspect.isclass(kind) and issubclass(kind, Mapping | dict):
            return {text: self._value(_bare(inner[1] if len(inner) > 1 else ANY), text, number)}
        for container in _CONTAINERS if inspect.isclass(kind) and kind is not object else ():
            if issubclass(container, kind):
                return container([self._item(inner, text, number)])
        return self._structure(kind, text)

    def _item(self, inner: tuple[Any, ...], text: str, number: int) -> object:
        return self._value(_bare(inner[0] if inner else ANY), text, number)

    def _structure(self, kind: Any, text: str) -> object:
        """An object of a class of the user's; text where nothing is known of the type."""
        from lint_rules.testing.instances import build, is_buildable

        return build(kind, {}, self) if is_buildable(kind) else text


FIRST = EndUser("first", 1)
SECOND = EndUser("second", 2)


def blank(hint: Any) -> object:
    """What a field holds of an end user for whom nothing is configured: None where that is allowed."""
    if is_nullable(hint):
        return None
    bare = _bare(hint)
    kind = typing.get_origin(bare) or bare
    return kind() if kind in _EMPTY else None


def is_nullable(hint: Any) -> bool:
    """True when None is a value of the type."""
    if hint in (ANY, Any, type(None)):
        return True
    origin = typing.get_origin(hint)
    if origin is typing.Annotated:
        return is_nullable(typing.get_args(hint)[0])
    return origin in (typing.Union, types.UnionType) and type(None) in typing.get_args(hint)


def _bare(hint: Any) -> Any:
    """The type without ``Annotated``, ``None``, ``NewType`` and all but the first of a union."""
    while True:
        origin = typing.get_origin(hint)
        if origin is typing.Annotated:
            hint = typing.get_args(hint)[0]
        elif origin in (typing.Union, types.UnionType):
            hint = next(arg for arg in typing.get_args(hint) if arg is not type(None))
        elif hasattr(hint, "__supertype__"):
            hint = hint.__supertype__
        else:
            return hint
