"""Assertions for a project's own tests: two end users share one key, each must get only his own.

``fix-cache-leak --write-tests FILE`` writes a module that uses them; docs/testing.md says how to
write one by hand.  Nothing here imports the analysis.
"""

from __future__ import annotations

import asyncio
import copy
import inspect
import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from lint_rules.testing.instances import MISSING, build, get, hints_of
from lint_rules.testing.recording import RecordingCache
from lint_rules.testing.sentinels import ANY, FIRST, SECOND, EndUser, blank

__all__ = ["RecordingCache", "assert_overwrites", "assert_reset_for_cache"]


def assert_reset_for_cache(
    helper: Callable[[Any], object],
    model: type,
    fields: Iterable[str],
    *,
    stored_in: RecordingCache | None = None,
) -> None:
    """Assert that ``helper`` takes the end user's fields out of what goes into the cache.

    ``helper`` is called with an object of ``model`` (``dict`` for a mapping) that holds the first end
    user's values: all of ``fields``, then each of them alone.  What it returns (or awaits to), and what
    it puts into ``stored_in``, must hold none of them; the object it was given must keep them all.

    Raises ``AssertionError`` naming field and value.
    """
    names = list(fields)
    for wanted in [names, *([name] for name in names if len(names) > 1)]:
        original = build(model, _values(FIRST, model, wanted), FIRST)
        before = {name: copy.deepcopy(get(original, name)) for name in names}
        if stored_in is not None:
            stored_in.recorded.clear()
        returned = _result(helper(original))
        handed = [] if stored_in is None else stored_in.recorded
        copies = [found for value in (returned, *handed) for found in _carriers(value, model)]
        if not copies:
            raise AssertionError(
                f"{_name(helper)} handed on no {model.__name__}: it returned {returned!r}"
            )
        _assert_unharmed(helper, original, before)
        for name in wanted:
            for made in copies:
                if made is original or _same(get(made, name), before[name]):
                    raise AssertionError(
                        f"{_name(helper)}: {name} of what goes into the cache is still "
                        f"{before[name]!r}, the first end user's; the next end user of the shared "
                        f"key gets it. Reset it on the copy."
                    )


def assert_overwrites(
    merge: Callable[[Any, Any], object],
    model: type,
    source: type,
    fields: Iterable[str] | Mapping[str, str | None],
    *,
    source_may_be_none: bool = False,
) -> None:
    """Assert that ``merge`` leaves nothing of the first end user on the object that both share.

    ``merge`` is called with an object of ``model`` that holds the first end user's values and one of
    ``source`` (``dict`` for a mapping) that holds the second's: all of them, each alone, and none.
    With ``source_may_be_none`` it is called with None, too.  ``fields`` are those of ``model``; a
    mapping says what each is called in the source, or None where that cannot be said.

    Raises ``AssertionError`` naming field and value.
    """
    names = dict(fields) if isinstance(fields, Mapping) else {name: name for name in fields}
    taken = [name for name in names.values() if name is not None]
    hints = hints_of(source) or {
        theirs: hints_of(model).get(ours, ANY) for ours, theirs in names.items()
    }
    full = {name: SECOND.value(hints.get(name, ANY), name, i) for i, name in enumerate(taken)}
    empty = {name: blank(hints.get(name, ANY)) for name in taken}
    for given in [full, empty, *(empty | {name: full[name]} for name in taken if len(taken) > 1)]:
        _assert_merged(merge, model, names, build(source, given, SECOND), given)
    if source_may_be_none:
        _assert_merged(merge, model, names, None, {})


def _assert_merged(
    merge: Callable[[Any, Any], object], model: type, names: Mapping[str, str | None], source: object,
    given: Mapping[str, object],
) -> None:  # fmt: skip
    left = _values(FIRST, model, names)
    carrier = build(model, left, FIRST)
    returned = _result(merge(carrier, source))
    merged = next(iter(_carriers(returned, model)), carrier)
    for name, theirs in names.items():
        value = get(merged, name)
        expected = given.get(theirs, MISSING) if theirs is not None else MISSING
        if expected not in (MISSING, None) and not _same(value, expected):
            raise AssertionError(
                f"{_name(merge)}: {name} is {value!r} after the merge, not {expected!r}, which is "
                f"the second end user's. Overwrite it."
            )
        if not _same(expected, left[name]) and _same(value, left[name]):
            raise AssertionError(
                f"{_name(merge)}: {name} is still {value!r}, which the first end user left on the "
                f"shared {model.__name__}; the second one has "
                f"{'nothing' if expected in (MISSING, None) else repr(expected)} there. "
                f"Overwrite it, also with None."
            )


def _values(user: EndUser, model: type, names: Iterable[str]) -> dict[str, object]:
    hints = hints_of(model)
    return {name: user.value(hints.get(name, ANY), name, i) for i, name in enumerate(names)}


def _assert_unharmed(helper: object, original: object, before: Mapping[str, object]) -> None:
    for name, value in before.items():
        if get(original, name) != value:
            raise AssertionError(
                f"{_name(helper)}: {name} of the object it was given is {get(original, name)!r} now, "
                f"no longer {value!r}: the request that goes on with it has lost it. Reset it on the "
                f"copy only."
            )


def _result(value: object) -> object:
    """What a call came to, awaited where it has to be; a running event loop is left alone."""
    if not inspect.isawaitable(value):
        return value
    done: list[object] = []
    failed: list[BaseException] = []

    async def wait() -> object:
        return await value

    def work() -> None:
        try:
            done.append(asyncio.run(wait()))
        except BaseException as problem:  # handed to the caller's thread
            failed.append(problem)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return done[0]


def _carriers(value: object, model: type) -> Iterator[object]:
    """The objects in a result that have the model's fields: itself, its dump, or its JSON."""
    if isinstance(value, str | bytes | bytearray):
        try:
            value = json.loads(value)
        except ValueError:
            return
    if isinstance(value, tuple | list):
        for item in value:
            yield from _carriers(item, model)
    elif isinstance(value, Mapping) or (isinstance(value, model) and model is not dict):
        yield value
    elif _is_relative(value, model):
        yield value


def _is_relative(value: object, model: type) -> bool:
    """An object of a base of the model is its copy, too."""
    return type(value) is not object and issubclass(model, type(value))


def _same(value: object, sentinel: object) -> bool:
    """Equality, also with what a serialised copy makes of a value."""
    if isinstance(sentinel, bool):
        return value is sentinel  # 1 is a value of its own
    return value == sentinel or (isinstance(value, str) and value == str(sentinel))


def _name(function: object) -> str:
    return str(getattr(function, "__qualname__", None) or function)
