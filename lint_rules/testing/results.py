"""What a function under test came to: awaited, searched for carriers, compared with sentinels."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import dataclasses
import datetime
import enum
import inspect
import json
import pickle
import threading
from collections.abc import Iterator, Mapping
from typing import Any

from lint_rules.testing.instances import hints_of, is_mapping

_DEPTH = 4
"""How deep a carrier may lie in what was returned or stored: an entry, a tuple, a wrapper."""


def settled(value: object) -> object:
    """What a call came to, awaited where it has to be.

    Awaiting is done in a thread of its own: a running event loop is left alone.
    """
    if not inspect.isawaitable(value):
        return value
    done: list[object] = []
    failed: list[BaseException] = []

    async def wait() -> object:
        result = await value
        # What the function left to tasks belongs to it.
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*others, return_exceptions=True)
        return result

    def work() -> None:
        try:
            done.append(asyncio.run(wait()))
        except BaseException as problem:  # handed to the caller's thread
            failed.append(problem)

    thread = threading.Thread(target=contextvars.copy_context().run, args=(work,))
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return done[0]


def carriers(value: object, model: type, known: frozenset[str]) -> Iterator[object]:
    """The objects in a result that are of ``model``, or a dump of one (``known`` are its fields)."""
    yield from _carriers(value, model, known | hints_of(model).keys(), _DEPTH)


def _carriers(
    value: object, model: type, known: frozenset[str], depth: int
) -> Iterator[object]:  # fmt: skip
    value = _loaded(value)
    if _is_one(value, model):
        yield value
    elif isinstance(value, Mapping):
        value = _by_field(value, model)
        if not value or not known.isdisjoint(value):
            yield value
        yield from _inner(value.values(), model, known, depth)
    elif isinstance(value, list | tuple | set | frozenset):
        yield from _inner(value, model, known, depth)
    elif hasattr(value, "__dict__") and not inspect.isclass(value) and not callable(value):
        yield from _inner(vars(value).values(), model, known, depth)


def _by_field(value: Mapping[Any, object], model: type) -> Mapping[Any, object]:
    """A dump by alias (pydantic) under the names of its fields; everything else as it is."""
    declared = getattr(model, "model_fields", None) or getattr(model, "__fields__", {})
    fields = {
        getattr(field, kind): name
        for name, field in dict(declared).items()
        for kind in ("serialization_alias", "alias")
        if getattr(field, kind, None) is not None
    }
    return value if fields.keys().isdisjoint(value) else {fields.get(k, k): value[k] for k in value}


def _inner(values: Any, model: type, known: frozenset[str], depth: int) -> Iterator[object]:
    for value in values if depth else ():
        yield from _carriers(value, model, known, depth - 1)


def _is_one(value: object, model: type) -> bool:
    """True for an object of the model, or of a base of it: that is a copy, too."""
    if is_mapping(model):
        return False
    base = type(value).__module__ != "builtins" and issubclass(model, type(value))
    return base or isinstance(value, model)


def _loaded(value: object) -> object:
    """JSON and pickles as what was put into them; everything else as it is."""
    if isinstance(value, bytes | bytearray) and value[:1] == b"\x80":
        with contextlib.suppress(Exception):
            return pickle.loads(value)
    if isinstance(value, str | bytes | bytearray) and value[:1] in ("{", "[", b"{", b"["):
        with contextlib.suppress(ValueError):
            return json.loads(value)
    return value


def is_same(value: object, sentinel: object) -> bool:
    """Equality, also with what a serialised copy makes of a value."""
    if isinstance(sentinel, bool) or sentinel is None:
        return value is sentinel  # 1 is a value of its own
    return any(type(form) is not bool and value == form for form in _forms(sentinel))


def _forms(sentinel: object) -> Iterator[object]:
    yield sentinel
    if isinstance(sentinel, str | int | float | list | dict):
        return
    if isinstance(sentinel, enum.Enum):
        yield sentinel.value
    if dataclasses.is_dataclass(sentinel) and not isinstance(sentinel, type):
        yield dataclasses.asdict(sentinel)
    dump = "model_dump" if hasattr(sentinel, "model_dump") else "dict"
    if isinstance(sentinel, datetime.datetime):
        yield sentinel.isoformat().replace("+00:00", "Z")
    for name in (dump, "isoformat", "_asdict"):
        method = getattr(sentinel, name, None)
        if callable(method):
            with contextlib.suppress(Exception):
                yield method()
    if isinstance(sentinel, tuple | set | frozenset):
        yield list(sentinel)
    yield str(sentinel)
