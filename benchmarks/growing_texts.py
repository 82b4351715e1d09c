"""Texts of any size for ``benchmarks/growth.py``: what people, and generators of code, write too much of.

Each stands beside, or in, a function that leaks, so that the screen lets it through.
"""

from __future__ import annotations

from collections.abc import Callable

Make = Callable[[int], str]

LEAKING = """from dataclasses import dataclass, replace


@dataclass
class Auth:
    key: str = ""
    model: str = ""
    end_user_id: str | None = None
    end_user_budget: float | None = None


def copy_for_cache(auth: Auth) -> Auth:
    copied = replace(auth)
    return copied


cache = {}
"""

HELPER = "\n\ndef big_copy_for_cache(auth: Auth, cache, x) -> Auth:\n    copied = replace(auth)\n"
MERGE = "\n\ndef update_token_with_end_user(token: Auth, source: dict, x) -> Auth:\n"


def _doubling(largest: int) -> tuple[int, ...]:
    return tuple(largest // part for part in (8, 4, 2, 1))


def beside(text: Make) -> Make:
    """A text after a function that leaks."""
    return lambda size: LEAKING + "\n\n" + text(size)


def helper(line: Callable[[int], str]) -> Make:
    """A helper with so many lines, and no reset at all."""
    return lambda size: LEAKING + HELPER + "".join(map(line, range(size))) + "    return copied\n"


def merge(line: Callable[[int], str]) -> Make:
    """A merge function with so many lines."""
    return lambda size: LEAKING + MERGE + "".join(map(line, range(size))) + "    return token\n"


def nested(opening: str, middle: str, closing: str) -> Make:
    """A helper with one expression in another."""
    return lambda size: (
        LEAKING + HELPER + f"    copied.end_user_id = {opening * size}{middle}{closing * size}\n"
        "    return copied\n"
    )


def nested_ifs(depth: int) -> str:
    """Ifs in ifs."""
    lines = [f"{'    ' * (level + 1)}if x.a{level}:\n" for level in range(depth)]
    inner = "    " * (depth + 1)
    return (
        LEAKING + HELPER + "".join(lines) + f"{inner}copied.end_user_id = None\n    return copied\n"
    )


def elifs(size: int) -> str:
    """One if with many elifs."""
    ways = "".join(f"    elif x == {n}:\n        copied.end_user_id = None\n" for n in range(size))
    return f"{LEAKING}{HELPER}    if x is None:\n        pass\n{ways}    return copied\n"


def decorators(size: int) -> str:
    """One helper with many decorators."""
    return LEAKING + "\n\n" + "@known(1)\n" * size + HELPER.lstrip() + "    return copied\n"


def chain(size: int) -> str:
    """Classes, each of which inherits from the one before."""
    classes = "".join(
        f"\n\nclass C{n}({f'C{n - 1}' if n else 'Auth'}):\n    f{n}: int = 0\n" for n in range(size)
    )
    use = f"\n\ndef last_for_cache(auth: C{size - 1}) -> Auth:\n    return replace(auth)\n"
    return LEAKING + classes + use


TEXTS: dict[str, tuple[tuple[int, ...], Make]] = {
    "ifs in ifs": ((12, 24, 48, 96), nested_ifs),
    "calls in calls": ((24, 48, 96, 190), nested("f(", "x", ")")),
    "parentheses in parentheses": ((24, 48, 96, 190), nested("(", "x", ")")),
    "lists in lists": ((24, 48, 96, 190), nested("[", "x", "]")),
    "attributes of attributes": (_doubling(800), nested("", "x", ".a")),
    "calls of calls": (_doubling(800), nested("", "x", ".a()")),
    "a long sum": (_doubling(800), nested("", "x", " + x")),
    "a long choice": (_doubling(800), nested("x or ", "y", "")),
    "elifs": (_doubling(800), elifs),
    "a function of assignments": (_doubling(20_000), helper(lambda n: f"    y{n} = {n}\n")),
    "a function of assignments to one": (_doubling(20_000), helper(lambda n: "    y = x\n")),
    "a function of writes to fields": (_doubling(20_000), helper(lambda n: f"    x.a{n} = {n}\n")),
    "a function of look-ups": (_doubling(20_000), helper(lambda n: "    x.a = cache.get(1)\n")),
    "a function of copies": (_doubling(20_000), helper(lambda n: "    copied = replace(auth)\n")),
    "a function of resets": (
        _doubling(20_000), helper(lambda n: f"    copied.end_user_{n % 100} = None\n")),
    "a function of different resets": (
        _doubling(20_000), helper(lambda n: f"    copied.end_user_{n} = None\n")),
    "a function of stores": (_doubling(20_000), helper(lambda n: f"    cache[{n}] = copied\n")),
    "a function of merges": (
        _doubling(20_000), merge(lambda n: f"    token.end_user_{n % 100} = source.get('e{n % 100}')\n")),
    "a function of guarded merges": (
        _doubling(20_000),
        merge(lambda n: f"    if source.get('e{n % 99}'):\n        token.end_user_{n % 99} = source.get('e{n % 99}')\n")),
    "a function of copies of copies": (
        _doubling(10_000), merge(lambda n: f"    d{n + 1} = {{**{f'd{n}' if n else 'vars(token)'}}}\n")),
    "a function of branches": (
        _doubling(10_000), helper(lambda n: f"    if x.a{n}:\n        copied.end_user_id = None\n")),
    "a function of variables and branches": (
        _doubling(5_000), helper(lambda n: f"    y{n} = x\n    if x:\n        y{n} = 1\n")),
    "a function of early returns": (
        _doubling(10_000), helper(lambda n: f"    if x == {n}:\n        return copied\n")),
    "a function of loops": (
        _doubling(10_000), helper(lambda n: "    for i in x:\n        copied.end_user_id = i\n")),
    "a function of tries": (
        _doubling(10_000),
        helper(lambda n: "    try:\n        x.f()\n    except KeyError:\n        pass\n")),
    "a function of strings": (_doubling(20_000), helper(lambda n: "    '''cache.set( copy('''\n")),
    "a function of comments": (_doubling(80_000), helper(lambda n: "    # cache.set( copy(\n")),
    "a list of literals": (_doubling(10_000_000), beside(lambda n: "X = [" + "1234, " * (n // 6) + "]\n")),
    "lines of literals": (_doubling(10_000_000), beside(lambda n: "X = [\n" + "    1234,\n" * (n // 10) + "]\n")),
    "a dict of literals": (
        _doubling(10_000_000), beside(lambda n: "X = {" + "'cache': 'ab', " * (n // 15) + "}\n")),
    "a string": (_doubling(10_000_000), beside(lambda n: "X = '" + "cache[" * (n // 6) + "'\n")),
    "lines of a string": (
        _doubling(10_000_000), beside(lambda n: "X = '''" + "cache[0] = 1\n" * (n // 13) + "'''\n")),
    "a list of literals in a function": (
        _doubling(1_000_000),
        lambda n: f"{LEAKING}{HELPER}    y = [" + "1234, " * (n // 6) + "]\n    return copied\n"),
    "a string in a function": (
        _doubling(10_000_000),
        lambda n: f"{LEAKING}{HELPER}    y = '" + "cache[" * (n // 6) + "'\n    return copied\n"),
    "a line of assignments": (
        _doubling(200_000),
        lambda n: f"{LEAKING}{HELPER}    " + "x.a = 1; " * (n // 9) + "\n    return copied\n"),
    "a line of arguments": (
        _doubling(200_000),
        lambda n: f"{LEAKING}{HELPER}    f(" + "x.a, " * (n // 5) + ")\n    return copied\n"),
    "decorators": (_doubling(8_000), decorators),
    "functions": (
        _doubling(20_000), beside(lambda n: "".join(f"def f{i}(cache):\n    return cache\n\n" for i in range(n)))),
    "leaking functions": (
        _doubling(2_000),
        beside(lambda n: "".join(
            f"def f{i}_for_cache(auth: Auth):\n    copied = replace(auth)\n    return copied\n\n" for i in range(n)))),
    "functions that call each other": (
        _doubling(2_000),
        beside(lambda n: "".join(
            f"def f{i}_for_cache(auth: Auth):\n    copied = f{i + 1}_for_cache(auth)\n    copied.key = None\n    return copied\n\n"
            for i in range(n)))),
    "methods": (
        _doubling(10_000),
        beside(lambda n: "class S:\n" + "".join(f"    def f{i}(self):\n        return self.cache.get({i})\n\n" for i in range(n)))),
    "classes in a chain": (_doubling(800), chain),
    "fields": (
        _doubling(8_000),
        lambda n: LEAKING.replace("    key: str", "".join(f"    end_user_{i}: int | None = None\n" for i in range(n)) + "    key: str")),
    "imports": (_doubling(20_000), beside(lambda n: "".join(f"from a import b{i}\n" for i in range(n)))),
}  # fmt: skip
"""Of each kind of text the sizes (in its own unit), and how it is made."""
