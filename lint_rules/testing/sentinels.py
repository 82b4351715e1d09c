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
from collections.abc import Callable, Collection, Mapping
from typing import Any

ANY: Any = None
"""The hint of a field whose type is not known: any value will do, also None."""

_EPOCH = datetime.datetime(2000, 1, 1, tzinfo=datetime.timezone.utc)
_SIMPLE: dict[object, Callable[[str, int], object]] = {
    str: lambda text, number: text,
    int: lambda text, number: number,
    float: lambda text, number: number + 0.5,
    complex: lambda text, number: complex(number),
    bytes: lambda text, number: text.encode(),
    decimal.Decimal: lambda text, number: decimal.Decimal(number),
    uuid.UUID: lambda text, number: uuid.UUID(int=number),
    datetime.timedelta: lambda text, number: datetime.timedelta(seconds=number),
    datetime.datetime: lambda text, number: _EPOCH + datetime.timedelta(days=number),
    datetime.date: lambda text, number: _EPOCH.date() + datetime.timedelta(days=number),
}
_CONTAINERS: tuple[type, ...] = (list, set, frozenset, tuple)
#: Types with a value that stands for "nothing" where None is not allowed.
_EMPTY = frozenset({str, int, float, complex, bytes, bool, dict, *_CONTAINERS})
#: Forms that say something about a field and leave its type as it is.
_AROUND = frozenset({"Annotated", "Required", "NotRequired", "ReadOnly", "Final", "ClassVar"})


@dataclasses.dataclass(frozen=True, slots=True)
class EndUser:
    """One of the two who share a key."""

    name: str
    number: int

    def value(
        self, hint: Any, field: str, place: int, avoid: Collection[object] = ()
    ) -> object:  # fmt: skip
        """A value of the type ``hint``: another one for each end user and ``place`` (a field's number).

        Where the type has few values, it is none of ``avoid``, as long as there is another.
        """
        kind = bare(hint)
        few = _members(kind)
        if few:
            turned = few[self.number - 1 :] + few[: self.number - 1]
            return next((one for one in turned if not _is_among(one, avoid)), turned[0])
        return self._value(kind, f"{self.name}-{field}", 1000 * self.number + place)

    def _value(self, hint: Any, text: str, number: int) -> object:
        kind, inner = typing.get_origin(hint) or hint, typing.get_args(hint)
        few = _members(hint)
        if few:
            return few[(self.number - 1) % len(few)]
        if kind in _SIMPLE:
            return _SIMPLE[kind](text, number)
        if not inspect.isclass(kind) or kind is object:
            return text
        if issubclass(kind, Mapping):
            return {text: self._value(bare(inner[1] if len(inner) > 1 else ANY), text, number)}
        for container in _CONTAINERS:
            if issubclass(container, kind):
                make: Callable[[list[object]], object] = container
                return make([self._value(bare(inner[0] if inner else ANY), text, number)])
        return self._structure(kind, text)

    def _structure(self, kind: Any, text: str) -> object:
        """An object of a class of the user's; text where nothing is known of the type."""
        from lint_rules.testing.instances import build, is_declared

        return build(kind, {}, self) if is_declared(kind) else text


FIRST = EndUser("first", 1)
SECOND = EndUser("second", 2)


def _members(kind: Any) -> list[object]:
    """All values of a type that has only few; empty for the others."""
    if typing.get_origin(kind) is typing.Literal:
        return [value for value in typing.get_args(kind) if value is not None]
    if kind is bool:
        return [True, False]
    if inspect.isclass(kind) and issubclass(kind, enum.Enum):
        return list(kind)
    return []


def _is_among(value: object, others: Collection[object]) -> bool:
    return any(type(value) is type(other) and value == other for other in others)


def blank(hint: Any) -> object:
    """What a field holds of an end user for whom nothing is configured: None where that is allowed."""
    if is_nullable(hint):
        return None
    kind = bare(hint)
    kind = typing.get_origin(kind) or kind
    return kind() if kind in _EMPTY else None


def is_nullable(hint: Any) -> bool:
    """True when None is a value of the type."""
    if hint is ANY or hint is Any or hint is type(None):
        return True
    if _is_around(hint):
        return is_nullable(typing.get_args(hint)[0])
    if typing.get_origin(hint) is typing.Literal:
        return None in typing.get_args(hint)
    return _is_union(hint) and any(is_nullable(part) for part in typing.get_args(hint))


def bare(hint: Any) -> Any:
    """The type without ``Annotated``, ``None``, ``NewType`` and all but the first of a union."""
    while True:
        if _is_around(hint):
            hint = typing.get_args(hint)[0]
        elif _is_union(hint):
            hint = next(part for part in typing.get_args(hint) if part is not type(None))
        elif hasattr(hint, "__supertype__"):
            hint = hint.__supertype__
        elif type(hint).__name__ == "TypeAliasType":
            hint = hint.__value__
        else:
            return hint


def _is_union(hint: Any) -> bool:
    return typing.get_origin(hint) in (typing.Union, types.UnionType)


def _is_around(hint: Any) -> bool:
    origin = typing.get_origin(hint)
    name = getattr(origin, "_name", None) or getattr(origin, "__name__", "")
    return name in _AROUND and bool(typing.get_args(hint))
