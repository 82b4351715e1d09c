"""The two assertions: reset for the cache, overwritten by a merge."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any

from lint_rules.testing.instances import (
    MISSING,
    build,
    build_shared,
    get,
    has_field,
    hints_of,
    is_mapping,
    required,
)
from lint_rules.testing.recording import RecordingCache
from lint_rules.testing.results import carriers, is_same, settled
from lint_rules.testing.sentinels import ANY, FIRST, SECOND, blank


def assert_reset_for_cache(
    helper: Callable[[Any], object],
    model: type,
    fields: Iterable[str],
    *,
    stored_in: RecordingCache | None = None,
    first: Mapping[str, object] | None = None,
) -> None:
    """Assert that ``helper`` takes the end user's fields out of what goes into the cache.

    ``helper`` (a function or a coroutine function) is called with an object of ``model`` (``dict`` for a
    mapping) that holds the first end user's values: in all of ``fields``, then in each of them alone.
    What it returns, and what it puts into ``stored_in``, must hold none of them; the object it was given
    must keep them all.  ``first`` are values for fields where one made up from the type will not do.

    Raises ``AssertionError`` naming the function and every such field with its value, ``ValueError`` for fields that ``model``
    does not have, ``TypeError`` where no object of ``model`` can be made.
    """
    __tracebackhide__ = True
    values = _first_values(model, _checked(model, fields), first or {})
    names = list(values)
    nothing = _nothing(model, names)
    for wanted in _all_and_each(names):
        original = _carrier(model, nothing | {name: values[name] for name in wanted})
        before = {name: _kept(get(original, name)) for name in names}
        if stored_in is not None:
            stored_in.recorded.clear()
        returned = settled(helper(original))
        handed = [returned, *([] if stored_in is None else stored_in.recorded)]
        copies = list(carriers(handed, model, frozenset(names)))
        if not copies:
            raise AssertionError(
                f"{_name(helper)} handed on no {model.__name__}: it returned {returned!r}"
            )
        _assert_unharmed(helper, original, before)
        _fail(
            f"{_name(helper)}: {name} of what goes into the cache is still {before[name]!r}, the "
            f"first end user's; the next end user of the shared key gets it. Reset it on the copy."
            for name in wanted
            if any(is_same(get(made, name), before[name]) for made in copies)
        )


def assert_overwrites(
    merge: Callable[[Any, Any], object],
    model: type,
    source: type,
    fields: Iterable[str] | Mapping[str, str | None],
    *,
    also: Iterable[str] = (),
    source_may_be_none: bool = False,
    stored_in: RecordingCache | None = None,
    first: Mapping[str, object] | None = None,
    second: Mapping[str, object] | None = None,
) -> None:
    """Assert that ``merge`` leaves nothing of the first end user on the object that both share.

    ``merge`` (a function or a coroutine function) is called with an object of ``model`` that holds the
    first end user's values, and one of ``source`` (``dict`` for a mapping, ``types.SimpleNamespace`` for
    any object with attributes) that holds the second's: all of them, none of them, and each alone; with
    ``source_may_be_none`` also with None.  Afterwards no field may hold the first one's value, and where
    the second one has all of them, each field must hold his.

    ``fields`` are those of ``model``.  A mapping says what each is called in the source; None there means
    that only the first one's value is looked for.  ``also`` are further names that the source must
    have.  What goes into ``stored_in`` must hold none of the second one's values.  ``first`` (by the
    model's names) and ``second`` (by the source's) are values where one made up from the type will not
    do.

    Raises ``AssertionError`` naming the function and every such field with its value, ``ValueError`` for fields that ``model``
    does not have, ``TypeError`` where no object of ``model`` or ``source`` can be made.
    """
    __tracebackhide__ = True
    names = dict(fields) if isinstance(fields, Mapping) else {n: n for n in _listed(fields)}
    _checked(model, names)
    left = _first_values(model, list(names), first or {})
    names = {ours: theirs for ours, theirs in names.items() if ours in left}
    others = _listed(also)
    full = _others(model, others) | _second_values(model, source, names, left)
    full.update(second or {})
    trial = _Trial(merge, model, names, left, stored_in)
    for given, refusable in _sources(source, model, names, full):
        his = build(source, given, SECOND)
        try:
            trial.run(his, given, whole=given == full)
        except (KeyError, AttributeError, TypeError, ValueError):
            # A function that refuses such a request hands nothing on.
            if not refusable and (given == full or not others):
                _fail(trial.problems.values())
                raise
    if source_may_be_none:
        trial.run(None, {}, whole=False)
    _fail(trial.problems.values())


class _Trial:
    """One merge function on the first end user's object, with several second ones."""

    def __init__(
        self, merge: Callable[[Any, Any], object], model: type, names: Mapping[str, str | None],
        left: Mapping[str, object], stored_in: RecordingCache | None,
    ) -> None:  # fmt: skip
        self.merge, self.model, self.names = merge, model, names
        self.left, self.stored_in = left, stored_in
        #: What is wrong, the first of each kind for each field.
        self.problems: dict[str, str] = {}

    def run(self, source: object, given: Mapping[str, object], *, whole: bool) -> None:
        """Merge once, and note what is wrong then; ``whole`` means that the second end user has every field."""
        carrier = _carrier(self.model, self.left)
        before = {name: _kept(get(carrier, name)) for name in self.names}
        if self.stored_in is not None:
            self.stored_in.recorded.clear()
        returned = settled(self.merge(carrier, source))
        merged = self._merged(returned, source, carrier)
        his = {
            name: MISSING if theirs is None else given.get(theirs, MISSING)
            for name, theirs in self.names.items()
        }
        for name in self.names:
            value = get(merged, name)
            found = self._problem(name, value, before[name], his[name], whole)
            if found is not None:
                self.problems.setdefault(name, found)
            stored = self._stored(name, value) if whole else None
            if stored is not None:
                self.problems.setdefault(f"{name} stored", stored)

    def _problem(
        self, name: str, value: object, before: object, his: object, whole: bool
    ) -> str | None:
        """What is wrong with a field after the merge."""
        nothing = his is None or his is MISSING
        if whole and not nothing and not self._is_his(value, name, his):
            return (
                f"{_name(self.merge)}: {name} is {value!r} after the merge, not {his!r}, which is the "
                f"second end user's. Overwrite it."
            )
        if not is_same(his, before) and is_same(value, before):
            return (
                f"{_name(self.merge)}: {name} is still {value!r}, which the first end user left on the "
                f"shared {self.model.__name__}; the second one has "
                f"{'nothing' if nothing else repr(his)} there. Overwrite it, also with None."
            )
        return None

    def _merged(self, returned: object, source: object, carrier: object) -> object:
        """The object that the request goes on with: what is returned, else the shared one."""
        for found in carriers(returned, self.model, frozenset(self.names)):
            mapping = isinstance(found, Mapping)
            if found is not source and mapping is is_mapping(self.model) and (found or not mapping):
                return found
        return carrier

    def _is_his(self, value: object, name: str, expected: object) -> bool:
        """True for the value itself, and for what the model makes of it."""
        if is_same(value, expected):
            return True
        try:
            return bool(value == get(build(self.model, {name: expected}, SECOND), name))
        except TypeError:
            return False

    def _stored(self, name: str, his: object) -> str | None:
        """What is wrong with a field of what went into the cache."""
        recorded = [] if self.stored_in is None else self.stored_in.recorded
        for stored in carriers(recorded, self.model, frozenset(self.names)):
            value = get(stored, name)
            if his is not None and his is not MISSING and is_same(value, his):
                return (
                    f"{_name(self.merge)}: {name} of what it stores in the cache is {value!r}, the "
                    f"second end user's; the next end user of the shared key gets it. Store a copy on "
                    f"which it is reset."
                )
        return None


def _sources(
    source: type, model: type, names: Mapping[str, str | None], full: Mapping[str, object]
) -> Iterator[tuple[dict[str, object], bool]]:
    """What the second end user may come with, and whether a function may always refuse it."""
    hints = hints_of(source) or (hints_of(model) | _hints_by_source(model, names))
    called = [name for name in dict.fromkeys(names.values()) if name is not None]
    taken = [name for name in full if name in called or name in hints]
    rest = {name: value for name, value in full.items() if name not in taken}
    empty = rest | {name: blank(hints.get(name, ANY)) for name in taken}
    yield dict(full), False
    yield empty, False
    for name in taken if len(taken) > 1 else ():
        yield empty | {name: full[name]}, False
    if source is SimpleNamespace or is_mapping(source):
        needed: frozenset[str] = getattr(source, "__required_keys__", frozenset())
        yield {name: value for name, value in empty.items() if name in rest or name in needed}, True


def _checked(model: type, fields: Iterable[str]) -> list[str]:
    names = _listed(fields)
    if not names:
        raise ValueError("no fields: a test of nothing cannot fail")
    for name in names:
        if not has_field(model, name):
            raise ValueError(f"{model.__name__} has no field {name!r}; check the name")
    return names


def _listed(fields: Iterable[str]) -> list[str]:
    if isinstance(fields, str):
        raise TypeError(f"fields are a list of names, not one text; write [{fields!r}]")
    return list(fields)


def _first_values(
    model: type, names: list[str], given: Mapping[str, object]
) -> dict[str, object]:  # fmt: skip
    """The first end user's values: none is the default, which a reset may bring back.

    A field that can hold nothing but its default tells the two apart in no way, and is left out.
    """
    hints, defaults = hints_of(model), _defaults(model, names)
    found: dict[str, object] = {}
    for place, name in enumerate(names):
        default = defaults[name]
        value = given.get(name, MISSING)
        if value is MISSING:
            value = FIRST.value(hints.get(name, ANY), name, place, (default,))
        if name in given or default is MISSING or not is_same(default, value):
            found[name] = value
    return found


def _second_values(
    model: type, source: type, names: Mapping[str, str | None], left: Mapping[str, object]
) -> dict[str, object]:
    hints = hints_of(source) or _hints_by_source(model, names)
    return {
        theirs: SECOND.value(hints.get(theirs, ANY), theirs, place, (left[ours],))
        for place, (ours, theirs) in enumerate(names.items())
        if theirs is not None
    }


def _others(model: type, names: list[str]) -> dict[str, object]:
    """Values for what the source holds besides: by the model's types, else a text that is a number, too."""
    hints = hints_of(model)
    return {
        name: SECOND.value(hints[name], name, 800 + place) if name in hints else "1"
        for place, name in enumerate(names)
    }


def _hints_by_source(model: type, names: Mapping[str, str | None]) -> dict[str, Any]:
    hints = hints_of(model)
    return {theirs: hints.get(ours, ANY) for ours, theirs in names.items() if theirs is not None}


def _nothing(model: type, names: list[str]) -> dict[str, object]:
    """What each field holds where the first end user has nothing there."""
    hints, defaults = hints_of(model), _defaults(model, names)
    return {
        name: blank(hints.get(name, ANY)) if default is MISSING else default
        for name, default in defaults.items()
    }


def _defaults(model: type, names: Iterable[str]) -> dict[str, object]:
    """What each field holds that nobody wrote; ``MISSING`` where it must be given."""
    plain, needed = build(model, {}, FIRST), required(model)
    return {name: MISSING if name in needed else get(plain, name) for name in names}


def _carrier(model: type, values: Mapping[str, object]) -> Any:
    """An object of the model with values of its own; ``TypeError`` where it does not take them."""
    made = build_shared(model, copy.deepcopy(dict(values)), FIRST)
    for name in values:
        if get(made, name) is MISSING:
            raise TypeError(f"a {model.__name__} cannot be given {name}; check the name")
    return made


def _all_and_each(names: list[str]) -> list[list[str]]:
    return [names, *([name] for name in names if len(names) > 1)]


def _kept(value: object) -> object:
    return value if value is MISSING else copy.deepcopy(value)


def _assert_unharmed(helper: object, original: object, before: Mapping[str, object]) -> None:
    __tracebackhide__ = True
    _fail(
        f"{_name(helper)}: {name} of the object it was given is {get(original, name)!r} now, no longer "
        f"{value!r}: the request that goes on with it has lost it. Reset it on the copy only."
        for name, value in before.items()
        if get(original, name) != value
    )


def _fail(problems: Iterable[str | None]) -> None:
    """Raise ``AssertionError`` with every problem in a line of its own, if there is any."""
    __tracebackhide__ = True
    lines = [problem for problem in problems if problem is not None]
    if lines:
        raise AssertionError("\n".join(lines))


def _name(function: object) -> str:
    """What a function is called in the code, without the functions around it."""
    name = str(getattr(function, "__qualname__", None) or function)
    return name.rpartition("<locals>.")[2]
