"""The state at one point of a function, and how states join where ways meet."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from lint_rules.deadline import check_time
from lint_rules.flow.forks import (
    MAX_WAYS,
    NAMED,
    Asked,
    Fork,
    Forks,
    Known,
    Place,
    Split,
    contradicts,
    follows,
    latest,
    side,
    without_name,
)
from lint_rules.flow.values import (
    ABSENT,
    ASSUMED_NONE,
    DEFAULT,
    Absent,
    Atom,
    Init,
    Obj,
    Ref,
    Value,
    in_any,
    initial,
)

Heap = dict[int, dict[str, Value]]
_Key = TypeVar("_Key", bound=Hashable)


#: Objects that a function meets where they are made, looked up or returned: from there on the heap has them.
_MET_HERE = frozenset({"copy", "fresh", "mapping", "lookup", "call"})


class Objects:
    """All abstract objects of one function, one for each place that makes them."""

    def __init__(self) -> None:
        self._items: list[Obj] = []
        self._by_key: dict[object, int] = {}

    def __getitem__(self, obj: int) -> Obj:
        return self._items[obj]

    def __iter__(self) -> object:
        return iter(self._items)

    def all(self) -> list[Obj]:
        """Every object, oldest first."""
        return list(self._items)

    def get(self, key: object, origin: str, name: str, **details: object) -> Obj:
        """The object made at ``key`` (a node, or a pair of object and field), made on first use."""
        if key in self._by_key:
            return self._items[self._by_key[key]]
        made = Obj(id=len(self._items), origin=origin, name=name, **details)  # type: ignore[arg-type]
        self._by_key[key] = made.id
        self._items.append(made)
        return made

    def content_of(self, obj: int, field: str) -> int | None:
        """The object that the initial value of a field refers to, where anything has asked for it."""
        return self._by_key.get(("content", obj, field))

    def referred(self, value: Value) -> dict[Atom, int | None]:
        """The object that each part of a value refers to, where anything has asked for it."""
        return {
            atom: atom.obj if isinstance(atom, Ref) else self.content_of(atom.obj, atom.field)
            for atom in value.atoms
            if isinstance(atom, Ref | Init)
        }

    def family(self, *objs: int) -> frozenset[int]:
        """Objects and the objects that they are copies of: the old values of each and of its copies are the same."""
        found: set[int] = set()
        todo = [*objs]
        while todo:
            current = todo.pop()
            if current not in found:
                found.add(current)
                info = self._items[current]
                todo += info.of if info.origin == "copy" else ()
        return frozenset(found)

    def made_of(self, objs: Iterable[int]) -> frozenset[int]:
        """These objects, and all copies that are made of them, or of such a copy."""
        copies: dict[int, list[int]] = {}
        for info in self._items:
            for original in info.of if info.origin == "copy" else ():
                copies.setdefault(original, []).append(info.id)
        return reached(copies, objs)

    def bottom(self, obj: int) -> Obj:
        """The object in whose fields, and the fields of those, an object was found."""
        info = self._items[obj]
        while info.origin == "attr" and info.of:
            info = self._items[info.of[0]]
        return info

    def holds_plain(self, obj: int, name: str) -> bool:
        """True for a field that its class declares as a text, a number or the like."""
        model = self._items[obj].model
        decl = model.field(name) if model is not None else None
        return decl is not None and decl.is_plain

    def is_plain(self, obj: int) -> bool:
        """True for what was found in such a field."""
        info = self._items[obj]
        return info.origin == "attr" and any(self.holds_plain(of, info.field) for of in info.of)

    def default(self, obj: int, name: str) -> Value:
        """What a field holds that nobody wrote since the object came in or was made."""
        info = self._items[obj]
        if info.entries is not None and name in info.entries:
            return info.entries[name]
        if info.only is not None and name not in info.only:
            return ABSENT
        if info.base == "absent":
            return ABSENT
        if info.base == "default":
            return DEFAULT
        value = initial(obj, name)
        if info.partial is not None:
            value = Value(value.atoms | {Absent()}, frozenset({info.partial}))
        return value


@dataclass(slots=True)
class State:
    """Variables, fields of objects, and the guards passed on the way here.

    The inner mappings of ``heap`` are shared between states and never changed: :meth:`put` makes a
    new one.
    """

    env: dict[str, Value] = field(default_factory=dict)
    heap: Heap = field(default_factory=dict)
    guards: tuple[int, ...] = ()
    #: The tests that every way here came through with the same outcome; never changed in place, as the next.
    known: Known = field(default_factory=dict)
    #: What fields hold by the outcome of tests that ways came through with either.
    forks: Forks = field(default_factory=dict)

    def copy(self) -> State:
        """A state that can change without changing this one."""
        return State(dict(self.env), dict(self.heap), self.guards, self.known, self.forks)

    def learn(self, test: Asked, truth: bool) -> None:
        """From here on a test has come out so: each field holds what it holds on that side."""
        for each, _ in follows(test, truth):
            for obj, name in self.forks.get(each, ()):
                held = self.heap.get(obj, {}).get(name)
                if held is not None:
                    self.put(obj, name, side(self.forks, test, truth, (obj, name), held))
        self.known = {**self.known, test: truth}

    def split(self, test: Asked, place: Place, split: Split) -> None:
        """Note what a field holds by the outcome of a test."""
        fork = {**self.forks.get(test, {}), place: split}
        self.forks = latest({**self.forks, test: fork})

    def bind(self, name: str, value: Value) -> None:
        """Give a variable a value: what was asked about the one before says nothing of it."""
        self.env[name] = value
        stays = without_name(name, (*self.known, *self.forks))
        if stays is not None:
            self.known = {test: self.known[test] for test in self.known if stays(test)}
            self.forks = {test: self.forks[test] for test in self.forks if stays(test)}

    def keep_tests(self, of: State) -> None:
        """Keep what was asked before a loop, or a function defined here: within it, what bears the same name or is
        found at the same place may be another thing each time."""
        self.known = {t: self.known[t] for t in self.known if t in of.known and t.obj != NAMED}
        self.forks = {t: self.forks[t] for t in self.forks if t in of.forks and t.obj != NAMED}

    def follow(self, other: State) -> None:
        """Take over what fields hold behind an expression."""
        self.heap, self.known, self.forks = other.heap, other.known, other.forks

    def meet(self, obj: int) -> None:
        """From here on the object is there."""
        self.heap.setdefault(obj, {})

    def put(self, obj: int, name: str, value: Value) -> None:
        """Set a field of an object in this state alone."""
        self.heap[obj] = {**self.heap.get(obj, {}), name: value}

    def under(self, guard: int) -> State:
        """A copy of this state on a way that ``guard`` opened."""
        out = self.copy()
        if guard not in out.guards:
            out.guards = (*out.guards, guard)
        return out


def reached(leads: Mapping[int, Iterable[int]], start: Iterable[int]) -> frozenset[int]:
    """These objects, and all that they lead to, step by step."""
    found: set[int] = set()
    todo = list(start)
    while todo:
        obj = todo.pop()
        if obj not in found:
            found.add(obj)
            todo += leads.get(obj, ())
    return frozenset(found)


def read(state: State, objects: Objects, obj: int, name: str) -> Value:
    """The value of a field here."""
    value = state.heap.get(obj, {}).get(name)
    return objects.default(obj, name) if value is None else value


def _join_field(values: Sequence[Value], own: Sequence[frozenset[int]], default: Value) -> Value:
    """Join one field; where some ways keep the old value and some do not, their guards are blamed.

    A way keeps it where the field's own initial value or absence is still possible.  Hundreds of ways may
    come together (each statement of a ``try``), most of them with the same value: each is looked at once.
    """
    distinct = {id(value): value for value in values}
    atoms = in_any(value.atoms for value in distinct.values())
    blame = in_any(value.blame for value in distinct.values())
    untouched = frozenset(a for a in default.atoms if isinstance(a, Init | Absent))
    keeping = {key for key, value in distinct.items() if not untouched.isdisjoint(value.atoms)}
    if keeping:  # a test that only found the field empty wrote nothing
        atoms -= ASSUMED_NONE.atoms
    if keeping and len(keeping) < len(distinct):
        ways = zip(values, own, strict=True)
        blame = in_any([blame, *(guards for value, guards in ways if id(value) in keeping)])
    return Value(atoms, blame)


def join(states: list[State], objects: Objects) -> State | None:
    """The state after ways meet; None when none arrives.

    The guards of a way that the others do not share are what decided between them.
    """
    if not states:
        return None
    if len(states) == 1:
        return states[0]
    check_time()
    passed = [frozenset(s.guards) for s in states]
    common = frozenset.intersection(*passed)
    shared = [g for g in states[0].guards if g in common]
    own = [guards - common for guards in passed]
    out = State(guards=tuple(shared))
    out.env = dict(states[0].env)
    for name in _differing([s.env for s in states]):
        values = [(s.env[name], g) for s, g in zip(states, own, strict=True) if name in s.env]
        first = values[0][0]
        if all(v is first or v == first for v, _ in values):
            out.env[name] = first
        else:
            out.env[name] = _join_variable(values)
    out.heap = dict(states[0].heap)
    differing = _differing([s.heap for s in states])
    for obj in differing:
        out.heap[obj] = _join_object(states, own, objects, obj)
    if len(states) <= MAX_WAYS and any(s.known or s.forks for s in states):
        _join_tests(out, states, own, objects, _left_open(out, states, objects, differing))
    return out


def _join_tests(
    out: State,
    states: list[State],
    own: list[frozenset[int]],
    objects: Objects,
    changed: Mapping[Place, None],
) -> None:
    """What all ways know stays known; what they went by decides between what they hold."""
    first, *others = states
    out.known = {
        test: truth for test, truth in first.known.items()
        if all(other.known.get(test) is truth for other in others)
    }  # fmt: skip
    if not changed and all(other.forks is first.forks for other in others):
        out.forks = first.forks
        return
    known = {t: None for s in states for t in s.known if t not in out.known} if changed else {}
    found: dict[Asked, Fork] = {}
    for test in dict.fromkeys([*(test for s in states for test in s.forks), *known]):
        if test not in out.known:
            fork = _kept_splits(states, test, changed)
            before = [s.forks.get(test, {}) for s in states]
            places = [p for p in changed if test in known or any(p in each for each in before)]
            if places:
                sides = _Sides(states, own, objects, test)
                fork.update(sides.splits(out, places))
            if fork:
                found[test] = fork
    out.forks = latest(found)


def _left_open(
    out: State, states: list[State], objects: Objects, differing: Iterable[int]
) -> dict[Place, None]:
    """The fields of which the ways hold different values, one of them perhaps what nobody wrote."""
    return {
        (obj, name): None
        for obj in differing
        for name, value in out.heap[obj].items()
        if any(s.heap.get(obj, {}).get(name) is not value for s in states)
        and _may_be_untouched(value, objects.default(obj, name))
    }


def _may_be_untouched(value: Value, default: Value) -> bool:
    return value.atoms != default.atoms and not value.atoms.isdisjoint(default.atoms)


def _kept_splits(states: list[State], test: Asked, changed: Mapping[Place, None]) -> Fork:
    """What is known by a test of fields in which all ways hold the same."""
    first, *others = (s.forks.get(test, {}) for s in states)
    return {
        place: split
        for place, split in first.items()
        if place not in changed and all(place in fork for fork in others)
    }


class _Sides:
    """Joins fields for each outcome of one test: on the ways on which it may have come out so."""

    def __init__(
        self, states: list[State], own: list[frozenset[int]], objects: Objects, test: Asked
    ) -> None:
        self.objects = objects
        self.test = test
        self.ways = [
            [(s, g) for s, g in zip(states, own, strict=True) if not contradicts(s.known, test, truth)]
            for truth in (False, True)
        ]  # fmt: skip

    def splits(self, out: State, places: Iterable[Place]) -> Fork:
        """What those of the fields hold that depend on the test."""
        found: Fork = {}
        for place in places:
            whole = out.heap[place[0]][place[1]]
            no, yes = self._side(False, place), self._side(True, place)
            if no is not None and yes is not None and not (no == whole == yes):
                found[place] = Split(whole, (self._blamed(no, whole), self._blamed(yes, whole)))
        return found

    @staticmethod
    def _blamed(value: Value, whole: Value) -> Value:
        """The value on one side: where the old one is, it is so for the reasons that it is behind the test."""
        return Value(value.atoms, value.blame | whole.blame)

    def _side(self, truth: bool, place: Place) -> Value | None:
        """What a field holds where the test came out so; None where no way says anything of that."""
        obj, name = place
        root, objects = self.objects.bottom(obj), self.objects
        ways = [
            (s, guards) for s, guards in self.ways[truth]
            if root.origin not in _MET_HERE or root.id in s.heap
        ]  # fmt: skip
        if not ways:
            return None
        values = [
            side(s.forks, self.test, truth, place, read(s, objects, obj, name)) for s, _ in ways
        ]
        if all(value is values[0] or value == values[0] for value in values):
            return values[0]
        return _join_field(values, [guards for _, guards in ways], objects.default(obj, name))


def _differing(maps: Sequence[Mapping[_Key, object]]) -> list[_Key]:
    """The keys under which not all of the mappings hold the same object: after a branch, a few."""
    first = maps[0]
    found: dict[_Key, None] = {}
    for other in maps[1:]:
        if other is not first:
            found.update({key: None for key, held in first.items() if other.get(key) is not held})
            found.update({key: None for key in other if key not in first})
    return list(found)


def _join_variable(values: list[tuple[Value, frozenset[int]]]) -> Value:
    """A variable that differs between ways: each possibility stays, and what decided is kept."""
    atoms = in_any(value.atoms for value, _ in values)
    blame = in_any(either for value, guards in values for either in (value.blame, guards))
    return Value(atoms, blame)


def _join_object(
    states: list[State], own: list[frozenset[int]], objects: Objects, obj: int
) -> dict[str, Value]:
    root = objects.bottom(obj)
    if root.origin in _MET_HERE:  # a way on which it was not met says nothing about it
        met = [(s, g) for s, g in zip(states, own, strict=True) if root.id in s.heap]
        states, own = [s for s, _ in met] or states, [g for _, g in met] or own
    maps = [s.heap.get(obj, {}) for s in states]
    out = dict(maps[0])
    for name in _differing(maps):
        default = objects.default(obj, name)
        values = [held.get(name, default) for held in maps]
        first = values[0]
        if all(v is first or v == first for v in values):
            out[name] = first
        else:
            out[name] = _join_field(values, own, default)
    return out
