"""The old value wins: what an object holds is spread over new values, ``{"f": new, **vars(t)}``, ``{"f": new} | t``.

What comes of it is a copy of the object on which the new values stand only where it has none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lint_rules.flow.additions import parts_of
from lint_rules.flow.state import State
from lint_rules.flow.values import (
    Absent,
    Init,
    Leaf,
    Value,
    field_reads,
)

if TYPE_CHECKING:
    import libcst as cst

    from lint_rules.flow.mappings import Mappings


class Overlays:
    """Objects of one function that are spread over new values."""

    def __init__(self, mappings: Mappings) -> None:
        self.mappings = mappings
        self.ev = mappings.ev
        self.ctx = mappings.ctx

    def made(
        self, state: State, node: cst.CSTNode, under: Value, over: Value, how: str
    ) -> int | None:
        """The copy that comes of spreading ``over`` on ``under``; None where no old value lies over a new one."""
        olds, news = self.ctx.deref(over), self.ctx.deref(under)
        if len(news) != 1 or not any(map(self._is_kept, olds)):
            return None
        new = news[0]
        if self._is_kept(new):
            return None  # both may be the one that lives on
        names = [
            name for name in self.mappings.names(state, new) if self._meet(state, new, olds, name)
        ]
        if not names:
            return None
        made = self.ev.calls.copies.make(
            state, node, olds, "shallow", how, mapping=True, key=("over", news[0])
        )
        for name in self.mappings.names(state, new):
            self._put(state, node, made, new, name)
        self.ctx.objects[made].parts |= parts_of(under) | parts_of(over)
        return made

    def _is_kept(self, obj: int) -> bool:
        """True for an object that may live longer than the call: of a class, or found in a cache."""
        if self.mappings.is_local(obj):
            return False
        links = (self.ctx.objects[link] for link in self.ctx.objects.family(obj))
        return any(
            link.model is not None or self.ctx.objects.bottom(link.id).origin == "lookup"
            for link in links
        )

    def _meet(self, state: State, new: int, olds: list[int], name: str) -> bool:
        """True where a constant, or a value that was read elsewhere, lies under a field that the objects have."""
        own = {link for old in olds for link in self.ctx.objects.family(old)}
        value = self.mappings.entry(state, new, name)
        models = [self.ctx.objects[old].model for old in olds]
        has = any(model is None or model.field(name) is not None for model in models)
        return has and (value.is_constant or any(obj not in own for obj, _ in field_reads(value)))

    def _put(self, state: State, node: cst.CSTNode, made: int, new: int, name: str) -> None:
        """Put what lies under a field where the copy has none, or say that it never comes to light."""
        entry = self.mappings.entry(state, new, name).without(Absent())
        if not entry.atoms:
            return
        old = self.mappings.entry(state, made, name)
        model = self.ctx.objects[made].model
        if model is not None and model.field(name) is None and name not in state.heap[made]:
            old = Value(frozenset({Absent()}))
        kept, blame = old.without(Absent()), old.blame
        certain = Absent() not in old.atoms
        if certain and entry.is_constant:
            return  # never to be seen
        if any(isinstance(atom, Init) for atom in kept.atoms) and self._decides(made, old):
            leaf = Leaf(frozenset({(made, name)}))
            blame |= {self.ctx.guard(node, "default", leaf, unset=leaf.reads, extra=name)}
        elif certain:
            return  # a constant, which hides what lies under it
        value = Value(kept.atoms | entry.atoms, entry.blame | blame)
        earlier = self.ctx.facts.writes_to(new, name) if self.mappings.is_local(new) else []
        self.ctx.write(
            state, [made], name, value, node, "update", record=not earlier, unrolled=True
        )
        for write in earlier:
            self.ctx.copy_write(write, made, value)

    def _decides(self, made: int, old: Value) -> bool:
        """True where nothing but the old value decides: it is there in any case, or a dump leaves out what is not."""
        return Absent() not in old.atoms or any(
            self.ctx.objects[link].partial in old.blame
            for link in self.ctx.objects.family(made)
            if self.ctx.objects[link].partial is not None
        )
