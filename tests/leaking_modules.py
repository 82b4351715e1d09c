"""Generated modules that leak, in any layout that Python allows, with parts that nobody may touch.

A module is a list of parts.  ``filler`` parts hold everything that is hard to keep as it is; between
them stand ``leak`` parts, which the repair may change.  The module runs on the standard library
alone, so that before and after can be executed.
"""

from __future__ import annotations

import random
import sys
from dataclasses import dataclass

HELPER = (
    "def {name}_for_cache(auth: Auth) -> Auth:",
    "{i}copied = replace(auth)",
    "{i}return copied",
)
METHOD = (
    "class Store{n}:",
    "{i}def {name}_for_cache(self, auth: Auth) -> Auth:",
    "{i}{i}# a comment {uni}",
    "{i}{i}copied = copy.copy(auth){tail}",
    "{i}{i}copied.request_id = None",
    "{i}{i}return copied",
)
CONTINUED = (
    "def {name}_for_cache(auth: Auth) -> Auth:",
    "{i}copied = \\",
    "{i}{i}replace({tail}",
    "{i}{i}{i}auth,",
    "{i}{i})",
    "{i}return copied",
)
MERGE = (
    "def update_{name}_token(token: Auth, params: dict) -> None:",
    '{i}if params.get("end_user_id") is not None:{tail}',
    '{i}{i}token.end_user_id = params["end_user_id"]',
    '{i}token.end_user_budget = params.get("end_user_budget") or token.end_user_budget',
)
LEAKS = (HELPER, METHOD, CONTINUED, MERGE)

FILLERS = (
    ("x{n} = {{'a': [1, 2], **{{}}}}  # {uni}",),
    ("class Ä{n}:", "{i}ünïcode: str = '{uni}'", "{i}def méthode(self, ñ=1): return ñ"),
    ("s{n} = '''", "  # no comment {uni}", "\tdef not_code(): pass", "'''"),
    ("t{n} = 1 + \\", "  2 + \\", "\t3"),
    ("f{n} = f\"{{'a' + f'{{1 + 1!r:>{{10}}}}'}} {uni}\"",),
    ("def g{n}():", "{i}if 1:", "{i}{i}'''doc {uni}'''", "{i}{i}return (", "1,", "{i}{i}{i}2)"),
    ("# -*- form feed follows", "\f", "y{n} = 0"),
    ("def h{n}(): return lambda *a, **k: (a, k);", "z{n} = 3;"),
    ("r{n} = rb'\\x00\\'' b\"\\\"\"", "   ", "  # indented comment", ""),
    ("e{n} = 'caf' 'é' \"\\N{{BULLET}}\"",),
    (
        "async def co{n}():",
        "{i}async with open('x') as f, f: yield [await q async for q in f if q]",
    ),
    ("match{n} = type = case = 1",),
    ("try:", "{i}w{n} = 1", "finally:", "{i}w{n} = 2"),
)
NEWER: tuple[tuple[tuple[int, int], tuple[str, ...]], ...] = (
    (
        (3, 10),
        ("match x{n} if False else 1:", "{i}case [1, *_] | {{'a': _}}: pass", "{i}case _: pass"),
    ),
    ((3, 11), ("try:", "{i}v{n} = 1", "except* ValueError:", "{i}pass")),
    ((3, 12), ("type Pair{n}[T: (int, str), *Ts, **P] = tuple[T, T]",)),
    ((3, 12), ("class Box{n}[T]:", "{i}def get[S](self, s: S) -> T | S: return s")),
    ((3, 12), ("q{n} = f'{{'nested ' + f'{{'{uni}'}}'}}'",)),
    ((3, 12), ("q{n} = f'{{", "    1 + 1  # comment", "}}'")),
    ((3, 13), ("class Def{n}[T = int, *Ts = *tuple[int, ...]]: pass",)),
)
HEAD = ("from dataclasses import dataclass, replace", "import copy")
MODEL = (
    "@dataclass",
    "class Auth:",
    "{i}key: str = ''",
    "{i}request_id: str | None = None",
    "{i}end_user_id: str | None = None{tail}",
    "{i}end_user_budget: float | None = None",
)
CHARACTERS = {
    "utf-8": "é→漢😀\u2028",
    "latin-1": "é\xa0ÿ",
    "cp1252": "é€",
    "utf-8-sig": "é→",
    "ascii": "e",
}


@dataclass(frozen=True)
class Part:
    """Some lines of a module, as bytes; ``leaks`` says whether the repair may change them."""

    content: bytes
    leaks: bool


@dataclass(frozen=True)
class Leaking:
    """A module in parts, the encoding of its text, and the functions that leak."""

    parts: tuple[Part, ...]
    encoding: str
    functions: int

    @property
    def content(self) -> bytes:
        return b"".join(part.content for part in self.parts)

    def kept_in(self, after: bytes) -> bool:
        """True when every part that nobody may touch is there, in order, from the first to the last."""
        if not after.startswith(self.parts[0].content):
            return False
        at = 0
        for part in self.parts:
            if not part.leaks:
                found = after.find(part.content, at)
                if found < 0:
                    return False
                at = found + len(part.content)
        return after.endswith(self.parts[-1].content)


def generate(seed: int, *, version: tuple[int, int] = sys.version_info[:2]) -> Leaking:
    """The module of a seed, in syntax that ``version`` of Python can run."""
    chance = random.Random(seed)
    encoding = chance.choice(["utf-8", "utf-8", "utf-8", "latin-1", "cp1252", "utf-8-sig"])
    newlines = chance.choice(
        [["\n"], ["\n"], ["\r\n"], ["\r"], ["\n", "\r\n"], ["\n", "\r\n", "\r"]]
    )
    indent = chance.choice(["    ", "  ", "\t", " ", "        "])
    characters = CHARACTERS[encoding]
    body_encoding = "utf-8" if encoding == "utf-8-sig" else encoding
    fillers = [*FILLERS, *(lines for since, lines in NEWER if since <= version)]
    bom = b"\xef\xbb\xbf" if encoding == "utf-8-sig" or (
        encoding == "utf-8" and chance.random() < 0.2) else b""  # fmt: skip

    def part(lines: tuple[str, ...], leaks: bool, number: int) -> Part:
        uni = "".join(chance.choice(characters) for _ in range(3))
        if leaks or "case" in lines[-1]:
            # One kind of newline within: a repair may rightly put any of the file's own in here.
            ends = [chance.choice(newlines)] * len(lines)
        else:
            ends = [chance.choice(newlines) for _ in lines]
        if lines and any(line.endswith("\\") for line in lines):
            ends = [ends[0]] * len(lines)
        tail = chance.choice(["", f"  # {uni}", " "])
        text = "".join(
            line.format(i=indent, n=number, name=f"copy_{number}", uni=uni, tail=tail) + end
            for line, end in zip(lines, ends, strict=True)
        )
        try:
            return Part(text.encode(body_encoding), leaks)
        except UnicodeEncodeError:
            ascii_only = text.encode("ascii", "replace").replace(b"?", b"q")
            return Part(ascii_only, leaks)

    first: tuple[str, ...] = ()
    if encoding in ("latin-1", "cp1252") or chance.random() < 0.2:
        first = (f"# -*- coding: {encoding} -*-",)
    if chance.random() < 0.3:
        first = ("#!/usr/bin/env python", *first)
    parts = [Part(bom, False), part((*first, *HEAD), False, 0), part(MODEL, False, 0)]
    leaks = 0
    for number in range(1, chance.randint(3, 9)):
        if chance.random() < 0.5:
            parts.append(part(chance.choice(LEAKS), True, number))
            leaks += 1
            if chance.random() < 0.5:
                parts.append(part(("",), False, number))
        else:
            parts.append(part(chance.choice(fillers), False, number))
    parts.append(part(HELPER, True, 98))
    parts.append(part((f"LAST = {seed}",), False, 99))
    if chance.random() < 0.4:
        last = parts.pop()
        parts.append(Part(last.content.rstrip(b"\r\n"), False))
    return Leaking(tuple(parts), encoding, leaks + 1)
