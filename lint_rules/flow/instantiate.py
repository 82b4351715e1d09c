"""The effect of a called function, told in the caller's objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from lint_rules.flow.context import computed
from lint_rules.flow.facts import Facts, Write
from lint_rules.flow.forks import NAMED, Asked, Place, Split, asked_of, contradicts
from lint_rules.flow.openparams import is_looked_up, is_of_open
from lint_rules.flow.state import State
from lint_rules.flow.values import (
    NO_BLAME,
    NO_READS,
    UNKNOWN,
    WHOLE,
    All,
    Any_,
    Callable_,
    Computed,
    Condition,
    Entries,
    Init,
    Leaf,
    Not,
    Reads,
    Ref,
    Seq,
    Value,
    reads_of,
    ref,
    union,
)

if TYPE_CHECKING:
    from lint_rules.flow.calls import Calls
    from lint_rules.flow.values import Atom

#: Objects of the called function that are new in the caller too.
NEW = frozenset({"copy", "fresh", "mapping", "lookup", "call"})


class Instantiation:
    """One call: maps the called function's objects, guards and values to the caller's."""

    def __init__(
        self,
        calls: Calls,
        state: State,
        node: cst.BaseExpression,
        facts: Facts,
        bound: dict[str, Value],
    ) -> None:
        self.calls = calls
        self.ctx = calls.ctx
        self.before = state.copy()
        self.state = state
        self.node = node
        self.facts = facts
        self.bound = {
            facts.params[name]: value for name, value in bound.items() if name in facts.params
        }
        self._values: dict[int, Value] = {}
        self._guards: dict[int, int] = {}
        self._ours: dict[int, bool] = {}
        self._atoms: dict[Atom, Value] = {}

    def run(self) -> Value | None:
        """Apply the effects to the caller's state; the result, or None when nothing is known."""
        final = self.facts.final
        if final is None:  # the function never returns normally
            return UNKNOWN
        results = [leave.value for leave in self.facts.exits]
        value = union([self.value(result) for result in results])
        self._effects(final)
        self._additions()
        self._stores()
        self._placed()
        return value

    # ----------------------------------------------------------------- objects

    def mapped(self, obj: int) -> Value:
        """The caller's value for an object of the called function."""
        if obj not in self._values:
            self._values[obj] = UNKNOWN  # for cycles
            self._values[obj] = self._object(obj)
        return self._values[obj]

    def _object(self, obj: int) -> Value:
        if obj in self.bound:
            return self.bound[obj]
        info = self.facts.objects[obj]
        if info.origin == "attr" and info.of:
            owners = self.ctx.deref(self.mapped(info.of[0]))
            if not owners:
                return UNKNOWN
            return union([self.ctx.read(self.before, owner, info.field) for owner in owners])
        if info.origin in NEW:
            return self._new(obj)
        if info.origin == "global":
            return self.calls.ev.global_value(info.name) if "." not in info.name else UNKNOWN
        return UNKNOWN

    def _new(self, obj: int) -> Value:
        info = self.facts.objects[obj]
        of: list[int] = []
        for source in info.of:
            of.extend(self.ctx.deref(self.mapped(source)))
        maker = info.maker or self.facts.function
        made = self.ctx.new(
            (id(self.node), "summary", self.facts.function, obj, self.ctx.iteration), info.origin,
            info.name, node=self.node, model=info.model, mapping=info.mapping, typed=info.typed,
            of=tuple(dict.fromkeys(of)), depth=info.depth, how=info.how, base=info.base,
            only=info.only, maker=maker if info.origin in ("copy", "call") else None,
        )  # fmt: skip
        made.opaque = made.opaque or info.opaque
        made.optional, made.stored = info.optional, info.stored
        made.holds, made.kin = info.holds, info.kin
        if info.origin == "lookup":
            made.finder = info.finder or self.facts.function
        made.mixed, made.same = made.mixed or info.mixed, info.same
        self._values[obj] = ref(made.id)
        final = self.facts.final
        fields = final.heap.get(obj, {}) if final is not None else {}
        self.state.heap[made.id] = self._fields(fields)
        if info.origin == "copy":
            self._take(made.id, of, self._fields(info.taken))
        return ref(made.id)

    def _take(self, made: int, of: list[int], taken: dict[str, Value]) -> None:
        """Note what the originals of a copy held where it was made: what the called function wrote, else what
        they came with."""
        for obj in of:
            for name in self.before.heap.get(obj, {}):
                if name not in taken:
                    self.ctx.take(made, name, self.ctx.read(self.before, obj, name))
        for name, value in taken.items():
            self.ctx.take(made, name, value)

    # ----------------------------------------------------------------- values

    def value(self, value: Value) -> Value:
        """A value of the called function as the caller's."""
        atoms: set[object] = set()
        blame = {self.guard(guard) for guard in value.blame}
        for atom in value.atoms:
            # The same atoms come up in value after value.
            translated = self._atoms.get(atom) or self._translated(atom)
            atoms |= translated.atoms
            blame |= translated.blame
        return Value(frozenset(atoms), frozenset(blame) or NO_BLAME)  # type: ignore[arg-type]

    def _translated(self, atom: Atom) -> Value:
        made = self._atoms[atom] = self._atom(atom)
        return made

    def _atom(self, atom: object) -> Value:
        if isinstance(atom, Ref):
            return self.mapped(atom.obj)
        if isinstance(atom, Init):
            owners = self.ctx.deref(self.mapped(atom.obj))
            if not owners:
                return computed(self.mapped(atom.obj))
            if self.facts.objects[atom.obj].origin in NEW:
                return Value(frozenset(Init(owner, atom.field) for owner in owners))
            return union([self.ctx.read(self.before, owner, atom.field) for owner in owners])
        if isinstance(atom, Computed):
            return Value(frozenset({Computed(self.reads(atom.via), self.reads(atom.holds))}))
        if isinstance(atom, Entries):
            return computed(self.mapped(atom.obj))
        if isinstance(atom, Seq):
            return Value(frozenset({Seq(tuple(self.value(part) for part in atom.parts))}))
        if isinstance(atom, Callable_) and isinstance(atom.target, cst.CSTNode):
            return UNKNOWN
        return Value(frozenset({atom}))  # type: ignore[arg-type]

    def reads(self, reads: Reads) -> Reads:
        """What the called function asked about, as the caller's objects and fields."""
        found: set[tuple[int, str]] = set()
        for obj, field in reads:
            mapped = self.mapped(obj)
            owners = self.ctx.deref(mapped)
            found |= {(owner, field) for owner in owners}
            for owner in filter(self.calls.ev.mappings.is_local, owners):
                found |= reads_of(self.ctx.read(self.before, owner, field))
            if field == WHOLE:
                found |= reads_of(mapped)
        return frozenset(found) or NO_READS

    def guard(self, guard: int) -> int:
        """The caller's guard that stands for one inside the called function."""
        if guard not in self._guards:
            info = self.facts.guards[guard]
            self._guards[guard] = self.ctx.guard(
                self.node, info.kind, self._condition(info.condition), needs=info.needs,
                unset=self.reads(info.unset), equal=self.reads(info.equal), extra=(self.facts.function, guard),
            )  # fmt: skip
        return self._guards[guard]

    def _condition(self, condition: Condition) -> Condition:
        if isinstance(condition, Leaf):
            return Leaf(self.reads(condition.reads))
        if isinstance(condition, Not):
            return Not(self._condition(condition.part))
        parts = tuple(self._condition(part) for part in condition.parts)
        return All(parts) if isinstance(condition, All) else Any_(parts)

    # ----------------------------------------------------------------- effects

    def _effects(self, final: State) -> None:
        """Writes to what the caller handed over, as they stand when the function returns."""
        written = dict.fromkeys((write.obj, write.field) for write in self.facts.writes)
        for obj, field in written:
            ours = self._is_ours(obj)
            if self.facts.objects[obj].origin in NEW and not ours:
                continue
            owners = self.ctx.deref(self.mapped(obj))
            fields = final.heap.get(obj, {})
            if owners and field in fields:
                splits = self._splits(final, (obj, field))
                value = self._written(fields[field], splits)
                self.ctx.write(self.state, owners, field, value, self.node, "call", record=not ours)
                for each in owners:
                    if self.state.heap[each].get(field) is value:
                        self._keep_splits((each, field), value, splits)
        for write in self.facts.writes:
            if write.how != "call" and self._is_ours(write.obj):
                self._answer_for(write)
        for param, value in self.bound.items():
            info = self.facts.objects[param]
            for owner in map(self.ctx.objects.__getitem__, value.refs):
                owner.opaque |= info.opaque
                owner.mixed |= info.mixed

    def _splits(self, final: State, place: Place) -> dict[Asked, Split]:
        """By the tests of the called function, as the caller asks them, what a field then holds."""
        found: dict[Asked, Split] = {}
        for test, fork in final.forks.items():
            split = fork.get(place)
            asked = self._asked(test) if split is not None else None
            if split is not None and split.whole is final.heap[place[0]][place[1]] and asked:
                found[asked] = split
        return found

    def _asked(self, test: Asked) -> Asked | None:
        """A test of the called function as one of what the caller hands over."""
        if test.obj == NAMED:
            return None
        value = self.mapped(test.obj)
        if test.field == WHOLE:
            return asked_of(value, test.kind)
        owners = self.ctx.deref(value)
        if len(owners) != 1:
            return None
        return asked_of(self.ctx.read(self.before, owners[0], test.field), test.kind)

    def _written(self, whole: Value, splits: dict[Asked, Split]) -> Value:
        """What a field holds afterwards: where the caller has asked the same before, what it held on each side of
        the test goes into that side."""
        value = self.value(whole)
        for test, split in splits.items():
            outcomes = [o for o in (False, True) if not contradicts(self.before.known, test, o)]
            if test in self.before.forks or len(outcomes) == 1:
                return union([self._on(test, each).value(split.sides[each]) for each in outcomes])
        return value

    def _on(self, test: Asked, outcome: bool) -> Instantiation:
        """The same call where a test has come out so."""
        made = Instantiation(self.calls, self.before, self.node, self.facts, {})
        made.before.learn(test, outcome)
        made.bound, made._values = self.bound, self._values
        made._guards, made._ours = self._guards, self._ours
        return made

    def _keep_splits(self, place: Place, value: Value, splits: dict[Asked, Split]) -> None:
        """Keep what goes with which outcome, for when the caller asks again."""
        for test, split in splits.items():
            no, yes = (self._on(test, each).value(split.sides[each]) for each in (False, True))
            self.state.split(test, place, Split(value, (no, yes)))

    def _is_ours(self, obj: int) -> bool:
        """True for what was looked up here, or made where nothing was found, and handed to a function that leaves its
        class open, or a copy of it that this function returns: what is written onto that the caller answers for. For
        the fields that it names itself of what stands in such an object the called function does."""
        if obj not in self._ours:
            named = self.facts.objects[obj].origin == "attr" and not any(
                write.unrolled for write in self.facts.writes_to(obj)
            )
            is_open = not named and is_of_open(self.facts.objects, obj)
            owners = self.ctx.deref(self.mapped(obj)) if is_open else []
            objects = self.ctx.objects
            found = [owner for owner in owners if is_looked_up(objects, owner)]
            made = [owner for owner in owners if objects[owner].origin == "fresh"]
            self._ours[obj] = bool(found) and {*found, *made} == {*owners}
            for owner in found if self._ours[obj] else ():
                objects[owner].open = True
        return self._ours[obj]

    def _answer_for(self, write: Write) -> None:
        """Note a write of the called function as one that is done by the call."""
        guards = (*self.state.guards, *map(self.guard, write.guards))
        for owner in self.ctx.deref(self.mapped(write.obj)):
            self.ctx.take_write(write, self.node, owner, self.value(write.value), guards)

    def _additions(self) -> None:
        """What the called function adds to the containers of what it was given."""
        for write in self.facts.all_additions:
            if self.facts.objects[write.obj].origin in NEW:
                continue
            value = self.value(write.value)
            known = self.ctx.facts.additions_by_calls
            for owner in self.ctx.deref(self.mapped(write.obj)):
                key = owner, write.field
                whole = known[key].value | value if key in known else value
                known[key] = Write(
                    self.node, self.ctx.statement, owner, write.field, whole,
                    self.state.guards, "call", self.ctx.next_order(),
                )  # fmt: skip

    def _stores(self) -> None:
        """Objects of the caller that the called function puts into a cache."""
        for store in self.facts.stores:
            if self.facts.objects[store.obj].origin in NEW:
                continue
            value = self.mapped(store.obj)
            fields = self._fields(store.fields)
            self.calls.caches.store(
                self.state, self.node, value, (self.value(store.key), self._told(store.key_text)), store.cache,
                by=store.by or self.facts.function, scheduled=store.scheduled or self.calls.scheduled,
                kept=dict.fromkeys(value.refs, (fields, store.makers)), pickled=store.pickled,
            )  # fmt: skip

    def _told(self, text: str) -> str:
        """What the called function calls its parameter, as the caller calls what it gives for that."""
        if not isinstance(self.node, cst.Call):  # the getter of a property, which is given nothing
            return text
        function, args = self.facts.function, [arg for arg in self.node.args if not arg.star]
        names = [param.name for param in function.params if param.kind == "positional"]
        names = names[1:] if function.kind in ("method", "classmethod") else names
        positional = [arg.value for arg in args if arg.keyword is None]
        given = dict(zip(names, positional[max(len(positional) - len(names), 0) :], strict=False))
        given.update((arg.keyword.value, arg.value) for arg in args if arg.keyword is not None)
        return self.ctx.code(given[text]) if text in given else text

    def _placed(self) -> None:
        """What the called function puts where it stays, of what it was given or copied of that."""
        for placed in self.facts.placed:
            if self.bound.keys().isdisjoint(self.facts.objects.family(placed.obj)):
                continue
            value = self.mapped(placed.obj)
            fields = self._fields(placed.fields)
            self.calls.caches.place(
                self.state, self.node, value, dict.fromkeys(value.refs, (fields, frozenset()))
            )

    def _fields(self, fields: dict[str, Value]) -> dict[str, Value]:
        return {name: self.value(value) for name, value in fields.items()}
