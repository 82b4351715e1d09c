"""Programs that merge onto a cached object, put together at random, and what running them shows: which fields leak.

A program has one function ``authenticate(key, params)``.  It finds an object in a cache, merges the request's values onto
it in a form of its own for each field, and hands it out.  Running it with requests that give other fields each time tells
what one request finds of an earlier one's.
"""

from __future__ import annotations

import random
import sys
import types
from collections.abc import Iterator, Sequence
from typing import Any

FIELDS = ("end_user_id", "end_user_budget", "end_user_rpm")
HEAD = """from __future__ import annotations
import copy
from dataclasses import dataclass, replace
from functools import lru_cache
from pydantic import BaseModel


{model}
    token: str = ""
    end_user_id: str | None = None
    end_user_budget: str | None = None
    end_user_rpm: str | None = None


CACHE: dict[str, Auth] = {{}}


@lru_cache(maxsize=None)
def load_auth(key: str) -> Auth:
    return Auth(token=key)


class Service:
    def __init__(self) -> None:
        self._cache: dict[str, Auth] = {{}}


SERVICE = Service()


def forget() -> None:
    CACHE.clear()
    SERVICE._cache.clear()
    load_auth.cache_clear()
"""
MODELS = ("@dataclass\nclass Auth:", "class Auth(BaseModel):")
GUARDED = "if {g} is not None:\n    {a} = {g}"
FORMS = (
    "",
    GUARDED,
    "{a} = {g}",
    "{a} = {g} or {a}",
    "{a} = ({g} and {g}) or None",
    "{a} = {g} if {g} is not None else {a}",
    "{a} = {g} if {g} else None",
    "if {g}:\n    {a} = {g}\nelse:\n    {a} = None",
    "if {g} is None:\n    pass\nelse:\n    {a} = {g}",
    "if {g} is not None:\n    {a} = {g}\nif {g} is None:\n    {a} = None",
    "if {g} is None:\n    {a} = None\nif {g} is not None:\n    {a} = {g}",
    "if {a} is None:\n    {a} = {g}",
    "{a} = None\nif {g}:\n    {a} = {g}",
    "new = {g}\nif new is None:\n    new = {a}\n{a} = new",
    "new = {g}\nif not new:\n    new = None\n{a} = new",
    "given = {g} is not None\nif given:\n    {a} = {g}\nif not given:\n    {a} = None",
    "given = {g} is not None\nif given:\n    {a} = {g}",
    "if (new := {g}) is not None:\n    {a} = new",
    "try:\n    {a} = params['{f}']\nexcept KeyError:\n    pass",
    "try:\n    {a} = params['{f}']\nexcept KeyError:\n    {a} = None",
    "match {g}:\n    case None:\n        pass\n    case new:\n        {a} = new",
    "match {g}:\n    case None:\n        {a} = None\n    case new:\n        {a} = new",
    "old = {a}\n{a} = {g}\nif {a} is None:\n    {a} = old",
    "old = {a}\n{a} = {g}\nif {g} is None:\n    {a} = old",
    "old = {a}\n{a} = {g}\nif {g} is None and old is None:\n    {a} = None",
    "for name in ('{f}',):\n    setattr(auth, name, params.get(name))",
    "for name in ('{f}',):\n    if params.get(name) is not None:\n        setattr(auth, name, params[name])",
    "for name, value in params.items():\n    if name == '{f}':\n        setattr(auth, name, value)",
    "for name, value in {{k: v for k, v in params.items() if k in ('{f}',)}}.items():\n    setattr(auth, name, value)",
    "for _ in range(1):\n    if {g} is None:\n        continue\n    {a} = {g}",
)
"""What may be written of a field: ``a`` is the field of the object, ``g`` the request's value, ``f`` the name."""
FOUND = (
    (
        "auth = CACHE.get(key)\nif auth is None:\n    auth = Auth(token=key)\n    CACHE[key] = auth",
        "CACHE",
    ),
    ("auth = CACHE.setdefault(key, Auth(token=key))", "CACHE"),
    (
        "try:\n    auth = CACHE[key]\nexcept KeyError:\n    auth = CACHE[key] = Auth(token=key)",
        "CACHE",
    ),
    ("auth = load_auth(key)", ""),
    (
        "if key not in SERVICE._cache:\n    SERVICE._cache[key] = Auth(token=key)\nauth = SERVICE._cache[key]",
        "SERVICE._cache",
    ),
)
"""How the object is found, and where it stands, as far as something can be stored there."""
COPIES = ("", "", "auth = copy.copy(auth)", "auth = copy.deepcopy(auth)")
ENDS = (
    "{merge}\nreturn auth",
    "{merge}\nreturn copy.copy(auth)",
    "{merge}\nanswer = copy.copy(auth)\n{clear}\nreturn answer",
    "try:\n    {merge_in}\n    return copy.copy(auth)\nfinally:\n    {clear_in}",
)
STORED_BACK = "{merge}\nkept = copy.copy(auth)\n{clear_kept}\n{cache}[key] = kept\nreturn auth"


def generate(seed: int) -> str:
    """The text of a program."""
    chosen = random.Random(seed)
    functions: list[str] = []
    lines = "\n".join(filter(None, (_merge(chosen, name, functions) for name in FIELDS))) or "pass"
    if chosen.random() < 0.5:
        functions.append(
            f"def update_token(auth: Auth, params: dict) -> Auth:\n{_in(lines)}\n    return auth"
        )
        lines = chosen.choice(("update_token(auth, params)", "auth = update_token(auth, params)"))
    found, cache = chosen.choice(FOUND)
    copied = chosen.choice(COPIES)
    end = _end(chosen, lines, cache, private=bool(copied))
    body = "\n".join(filter(None, (found, copied, end)))
    functions.append(f"def authenticate(key: str, params: dict) -> Auth:\n{_in(body)}")
    return "\n\n\n".join([HEAD.format(model=chosen.choice(MODELS)), *functions]) + "\n"


def _merge(chosen: random.Random, name: str, functions: list[str]) -> str:
    """What is written of one field: here, or by a function of its own, behind which another one may clear it."""
    form = chosen.choice(FORMS)
    text = form.format(a=f"auth.{name}", g=f'params.get("{name}")', f=name)
    if not text or chosen.random() < 0.75:
        return text
    functions.append(f"def put_{name}(auth: Auth, params: dict) -> None:\n{_in(text)}")
    calls = f"put_{name}(auth, params)"
    if form != GUARDED or chosen.random() < 0.25:
        return calls
    cleared = f'if params.get("{name}") is None:\n    auth.{name} = None'
    functions.append(f"def clear_{name}(auth: Auth, params: dict) -> None:\n{_in(cleared)}")
    return f"{calls}\nclear_{name}(auth, params)"


def _end(chosen: random.Random, merge: str, cache: str, *, private: bool) -> str:
    """What is done with the object: a private one may be stored, one that others have is cleared, or neither."""
    names = [name for name in FIELDS if chosen.random() < 0.6]
    clear = "\n".join(f"auth.{name} = None" for name in names) or "pass"
    end = chosen.choice(ENDS[:2])
    if private and cache and chosen.random() < 0.6:
        end = STORED_BACK
    elif not private:
        end = chosen.choice(ENDS)
    return end.format(
        merge=merge, merge_in=_in(merge).lstrip(), clear=clear, clear_in=_in(clear).lstrip(),
        clear_kept=clear.replace("auth.", "kept."), cache=cache,
    )  # fmt: skip


def _in(text: str) -> str:
    """The lines of a block, moved in."""
    return "\n".join(f"    {line}" for line in text.split("\n"))


# --------------------------------------------------------------------------- running one

_ALONE = [[name] for name in FIELDS]
REQUESTS: tuple[Sequence[Sequence[str]], ...] = (
    (FIELDS, ()), (*_ALONE, ()), (FIELDS, _ALONE[0], ()), (FIELDS[:2], _ALONE[2], ()), ((), FIELDS, (), FIELDS, ()),
    (FIELDS, FIELDS),
)  # fmt: skip
"""Which fields the requests of a run give, one after another."""


def leaking(text: str) -> set[str]:
    """The fields of which some request finds an earlier one's value."""
    module = types.ModuleType("random_merge")
    sys.modules[module.__name__] = module  # dataclasses look their module up
    exec(compile(text, module.__name__, "exec"), module.__dict__)
    found: set[str] = set()
    for requests in REQUESTS:
        module.__dict__["forget"]()
        for number, names in enumerate(requests):
            given = {name: f"{number} {name}" for name in names}
            found.update(_others(module.__dict__["authenticate"]("key", given), number))
    return found


def _others(auth: Any, number: int) -> Iterator[str]:
    """The fields that hold another request's value."""
    for name in FIELDS:
        value = getattr(auth, name)
        if value is not None and not value.startswith(f"{number} "):
            yield name
