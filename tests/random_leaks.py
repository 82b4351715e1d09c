"""Programs that leak, put together at random: models, copies, resets, stores and merges in many forms.

A program is some modules.  In their texts ``<name>`` stands for what another module, or a library,
defines: each module imports it in a way of its own.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field

FIELDS = ("end_user_id", "end_user_limit", "region", "asked_by")
PLACE = re.compile(r"<([A-Za-z_][\w.]*)>")
HEAD = "from __future__ import annotations\n"
LIBRARY = ("copy", "dataclasses", "attrs", "json", "pickle", "operator", "functools", "typing", "asyncio",
           "pydantic", "cachetools", "contextlib")  # fmt: skip
KINDS = ("dataclass", "pydantic", "attrs", "plain", "TypedDict", "NamedTuple")
MAPPINGS = ("TypedDict",)

COPIES: dict[str, tuple[str, ...]] = {
    "any": ("<copy.copy>({v})", "<copy.deepcopy>({v})", "<pickle.loads>(<pickle.dumps>({v}))"),
    "object": ("{v}.__copy__()", "type({v})(**{v}.__dict__)", "<Auth>(**vars({v}))",
               "{v}.__class__(**{v}.__dict__)"),
    "pydantic": ("{v}.model_copy()", "{v}.model_copy(deep=True)", "{v}.copy()", "<Auth>(**{v}.model_dump())",
                 "<Auth>.model_validate({v}.model_dump())", "<Auth>.model_construct(**{v}.model_dump())",
                 "<Auth>.parse_obj({v}.dict())", "type({v})(**{v}.dict())", "{v}.model_copy(update={{}})",
                 "<Auth>.model_validate_json({v}.model_dump_json())"),
    "dataclass": ("<dataclasses.replace>({v})", "<Auth>(**<dataclasses.asdict>({v}))",
                  "<dataclasses.replace>({v}, token='')"),
    "attrs": ("<attrs.evolve>({v})", "<Auth>(**<attrs.asdict>({v}))"),
    "TypedDict": ("dict({v})", "{{**{v}}}", "{v}.copy()", "{v} | {{}}", "<Auth>(**{v})",
                  "{{k: x for k, x in {v}.items()}}", "<Auth>({v})", "<json.loads>(<json.dumps>({v}))"),
    "NamedTuple": ("{v}._replace()", "<Auth>(**{v}._asdict())", "{v}._replace(token='')"),
}  # fmt: skip
"""Copies without a reset."""
REBUILT = ("<Auth>(token={v}.token, end_user_id={v}.end_user_id, region={v}.region)",
           "type({v})({v}.token, end_user_limit={v}.end_user_limit)")  # fmt: skip
"""Objects that are given fields of another one, ..."""
LATER = 10_000
"""... among which programs from this seed on choose, too: the earlier ones stay what they were."""
COPIES_RESETTING: dict[str, tuple[str, ...]] = {
    "object": ("type({v})(**{{**vars({v}), {items}}})", "<Auth>(**dict(vars({v}), {keywords}))"),
    "pydantic": ("{v}.model_copy(update={{{items}}})", "{v}.copy(update={{{items}}})",
                 "{v}.model_copy(update=dict({keywords}))", "<Auth>(**{v}.model_dump(exclude={{{names}}}))",
                 "{v}.model_copy(update=dict.fromkeys(({names},)))", "<Auth>(**{{**{v}.model_dump(), {items}}})"),
    "dataclass": ("<dataclasses.replace>({v}, {keywords})",
                  "<dataclasses.replace>({v}, **dict.fromkeys(({names},)))",
                  "<dataclasses.replace>({v}, **{{{items}}})"),
    "attrs": ("<attrs.evolve>({v}, {keywords})", "<attrs.evolve>({v}, **{{{items}}})"),
    "TypedDict": ("dict({v}, {keywords})", "{{**{v}, {items}}}", "{v} | {{{items}}}",
                  "{{k: x for k, x in {v}.items() if k not in ({names},)}}", "{v} | dict.fromkeys(({names},))",
                  "{{k: None if k in ({names},) else x for k, x in {v}.items()}}"),
    "NamedTuple": ("{v}._replace({keywords})", "<Auth>(**{{**{v}._asdict(), {items}}})"),
}  # fmt: skip
"""Copies that reset by their own form."""

STORES: dict[str, str] = {
    "item": "cache[key] = {x}",
    "method": "cache.set(key, {x})",
    "keyword": "cache.set_cache(key=key, value={x}, ttl=60)",
    "awaited": "await cache.async_set_cache(key, {x})",
    "scheduled": "<asyncio.create_task>(cache.async_set_cache(key, {x}))",
    "setdefault": "cache.setdefault(key, {x})",
    "updated": "cache.update({{key: {x}}})",
    "dunder": "cache.__setitem__(key, {x})",
    "operator": "<operator.setitem>(cache, key, {x})",
    "listed": "cache[key] = [{x}]",
    "in a dict": "cache[key] = {{'auth': {x}, 'at': 0}}",
    "in a tuple": "cache.put(key, ({x}, 60))",
    "dumped": "cache.set(key, <json.dumps>({x}))",
    "wrapper": "<remember>(key, {x})",
    "wrapper by keyword": "<remember>(key=key, value={x})",
    "wrapper two away": "<remember_long>(key, {x})",
    "shelf": "shelf.put(key, {x})",
    "made shelf": "<Shelf>({{}}).put(key, {x})",
    "module's shelf": "<SHELF>.put(key, {x})",
    "typed": "<keep>[key] = {x}",
    "typed method": "<keep>.update({{key: {x}}})",
    "aliased": "store = cache\n{i}store[key] = {x}",
    "bound method": "put = cache.set\n{i}put(key, {x})",
    "partial": "<functools.partial>(<remember>, key)({x})",
    "lambda": "put = lambda k, x: <remember>(k, x)\n{i}put(key, {x})",
    "walrus": "<remember>(key, (entry := {x}))",
    "ternary": "cache[key] = {x} if key else None",
    "in a loop": "for each in ({x},):\n{i}    cache[key] = each",
    "with": "with <contextlib.suppress>(KeyError):\n{i}    cache[key] = {x}",
    "inner": "def put(value):\n{i}    cache[key] = value\n{i}put({x})",
    "starred": "<remember>(*(key, {x}))",
}
LOOKUPS = (
    "cache[key]", "cache.get(key)", "cache.get(key, <Auth>)", "<recall>(key)", "<recall>(key, <Auth>)",
    "await cache.async_get_cache(key)", "<keep>[key]", "<keep>.get(key)", "shelf.fetch(key)",
    "<typing.cast>('<Auth>', cache.get(key))", "cache.get(key) or <Auth>('')", "<load_memo>(key)",
    "(found := cache.get(key))", "<recall_long>(key)", "<SHELF>.fetch(key)", "cache.get(key) if key else None",
    "<RECALL>(key)", "next(iter([cache.get(key)]))", "cache.get(key)[0]", "[x for x in [cache.get(key)]][0]",
)  # fmt: skip


@dataclass
class Text:
    """A module in the making."""

    name: str
    blocks: list[str] = field(default_factory=list)


class Program:
    """One program of a seed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.rng = random.Random(seed)
        self.kind = self.rng.choice(KINDS)
        self.names = ["models", "stores", "helpers", "service"]
        self.modules = {name: Text(name) for name in self.names}
        self.homes: dict[str, str] = {}
        self.per_item = self.kind in MAPPINGS
        self.layout = self.rng.choice(["one", "two", "three", "package"])
        self._count = 0
        self._extra: dict[str, str] = {}
        if self.layout == "one":
            self.names = ["service"]
        elif self.layout == "two":
            self.names = ["models", "service"]
        self._model()
        self._stores()
        for _ in range(self.rng.randint(1, 3)):
            self.rng.choice([self._helper, self._helper, self._merge, self._merged_and_stored])()
        if not any("for_cache" in b for t in self.modules.values() for b in t.blocks):
            if self.rng.random() < 0.5:
                self._named_helper()

    # ----------------------------------------------------------------- parts

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def new(self, base: str) -> str:
        self._count += 1
        return f"{base}_{self._count}"

    def put(self, home: str, text: str, *names: str) -> None:
        """Write into a module what defines these names."""
        home = (
            home
            if home in self.names
            else self.names[min(len(self.names) - 1, len(self.names) // 2)]
        )
        self.modules[home].blocks.append(text)
        self.homes.update(dict.fromkeys(names, home))

    def some_home(self) -> str:
        return self.rng.choice(self.names)

    def _model(self) -> None:
        marker = "  # cache-leak: per-request" if self.chance(0.2) else ""
        fields = dict.fromkeys(FIELDS, "str | None")
        split = self.chance(0.4) and self.kind not in ("NamedTuple",)
        own = [name for name in FIELDS if not split or self.chance(0.5)]
        base = [name for name in FIELDS if name not in own]

        def body(names: list[str], first: bool) -> str:
            lines = ["    token: str = ''"] if first else []
            for name in names:
                text = f"    {name}: {fields[name]}"
                text += "" if self.per_item else " = None"
                lines.append(text + (marker if name == "asked_by" else ""))
            if self.per_item and first:
                lines[0] = "    token: str"
            return "\n".join(lines) or "    pass"

        heads = {
            "dataclass": ("@<dataclasses.dataclass>\n", ""), "pydantic": ("", "<pydantic.BaseModel>"),
            "attrs": ("@<attrs.define>\n", ""), "plain": ("", ""), "TypedDict": ("", "<typing.TypedDict>"),
            "NamedTuple": ("", "<typing.NamedTuple>"),
        }  # fmt: skip
        decorator, parent = heads[self.kind]
        if self.kind == "plain":
            params = "".join(f", {name}=None" for name in FIELDS)
            lines = "".join(f"        self.{name} = {name}{marker if name == 'asked_by' else ''}\n"
                            for name in FIELDS)  # fmt: skip
            text = f"class Auth:\n    def __init__(self, token=''{params}):\n        self.token = token\n{lines}"
        else:
            if base:
                self.put(
                    "stores" if self.chance(0.4) else "models",
                    f"{decorator}class Base({parent}):\n{body(base, True)}\n".replace("()", ""),
                    "Base",
                )
            parents = "<Base>" if base else parent
            text = f"{decorator}class Auth({parents}):\n{body(own, not base)}\n".replace("()", "")
        if self.kind not in MAPPINGS and self.kind != "NamedTuple" and self.chance(0.4):
            self.method = True
            text += (
                "\n    def scrub(self):\n        self.region = None\n        self.asked_by = None\n"
            )
        else:
            self.method = False
        self.put("models", text, "Auth")
        if self.kind in ("TypedDict", "NamedTuple") and self.chance(0.2):
            pass
        self.put(
            "models",
            "@<dataclasses.dataclass>\nclass EndUser:\n"
            + "".join(f"    {name}: str | None = None\n" for name in FIELDS),
            "EndUser",
        )
        self.put(
            "models",
            "class Holder:\n    def __init__(self, auth: <Auth>):\n        self.auth = auth\n"
            "        self.held: <Auth> = auth\n\n    @property\n    def current(self) -> <Auth>:\n"
            "        return self.auth\n",
            "Holder",
        )
        self.put(self.some_home(), f"NAMES = {tuple(self.rng.sample(FIELDS, 3))!r}\n", "NAMES")

    def _stores(self) -> None:
        home = "stores"
        self.put(home, "cache = {}\n", "CACHE_HOME")
        if self.chance(0.5):
            self.put(home, "keep = <cachetools.TTLCache>(10, 10)\n", "keep")
        else:
            self.put(
                home,
                "class MyCache(dict):\n    pass\n\n\nkeep: MyCache = MyCache()\n",
                "keep",
                "MyCache",
            )
        value = self.rng.choice(["value", "value: object", "value: <Auth>"])
        self.put(home, f"def remember(key, {value}):\n    cache[key] = value\n", "remember")
        self.put(
            self.some_home(),
            "def remember_long(key, value):\n    <remember>(key, value)\n",
            "remember_long",
        )
        returns = self.rng.choice(["", " -> <Auth>"])
        self.put(
            home,
            f"def recall(key, model_type=None){returns}:\n    return cache.get(key, model_type)\n",
            "recall",
        )
        self.put(self.some_home(), f"def recall_long(key){returns}:\n    found = <recall>(key)\n    return found\n",
                 "recall_long")  # fmt: skip
        self.put(home, "RECALL = <recall>\n", "RECALL")
        self.put(
            home,
            f"@<functools.lru_cache>(maxsize=None)\ndef load_memo(key){returns}:\n    return <Auth>(key)\n",
            "load_memo",
        )
        self.put(
            home,
            "class Shelf:\n    def __init__(self, cache):\n        self.cache = cache\n\n"
            "    def put(self, key, value):\n        self.cache.set(key, value)\n\n"
            f"    def fetch(self, key){returns}:\n        return self.cache.get(key)\n",
            "Shelf",
        )
        self.put(home, "SHELF = <Shelf>({})\n", "SHELF")
        self.put(home, "def handed(value):\n    return value\n", "handed")

    # ----------------------------------------------------------------- copies and resets

    def copied(self, name: str, names: list[str]) -> tuple[str, bool]:
        """A copy of a variable; true when it resets the fields by its own form."""
        own = COPIES_RESETTING.get(self.kind, ())
        if self.kind not in ("TypedDict", "NamedTuple"):
            own = (*own, *COPIES_RESETTING["object"])
        if names and own and self.chance(0.4):
            form = self.rng.choice(own)
            made = form.format(
                v=name, items=", ".join(f"{n!r}: None" for n in names),
                keywords=", ".join(f"{n}=None" for n in names), names=", ".join(map(repr, names)),
            )  # fmt: skip
            return made, True
        forms = (*COPIES["any"], *COPIES.get(self.kind, ()))
        if self.kind not in ("TypedDict", "NamedTuple"):
            forms += COPIES["object"]
        if self.kind not in MAPPINGS and self.seed >= LATER:
            forms += REBUILT * 4
        return self.rng.choice(forms).format(v=name), False

    def lhs(self, name: str, attr: str) -> str:
        return f"{name}[{attr!r}]" if self.per_item else f"{name}.{attr}"

    def resets(self, name: str, names: list[str]) -> list[str]:
        """Statements that reset fields of a variable, in one form or two."""
        forms: list[Callable[[str, list[str]], list[str]]] = [
            lambda v, n: [f"{self.lhs(v, one)} = None" for one in n],
            lambda v, n: [" = ".join(self.lhs(v, one) for one in n) + " = None"],
            lambda v, n: [", ".join(self.lhs(v, one) for one in n) + " = " + ", ".join(["None"] * len(n)) if len(n) > 1
                          else f"{self.lhs(v, n[0])} = None"],
            lambda v, n: [f"if {self.lhs(v, one)} is not None: {self.lhs(v, one)} = None" for one in n],
            lambda v, n: [f"if key: {self.lhs(v, one)} = None" for one in n],
            lambda v, n: [f"{self.lhs(v, one)} = {self.lhs(v, one)} or None" for one in n],
            lambda v, n: [f"<scrubbed>({v})"],
            lambda v, n: [f"<scrubbed_long>({v})"],
            lambda v, n: [f"{v} = <scrubbed>({v})"],
            lambda v, n: [f"<functools.partial>(<scrubbed>, {v})()"],
            lambda v, n: [f"for each in [{v}]:", *(f"    {self.lhs('each', one)} = None" for one in n)],
            lambda v, n: [f"alias = {v}", *(f"{self.lhs('alias', one)} = None" for one in n)],
            lambda v, n: ["def blank(x):", *(f"    {self.lhs('x', one)} = None" for one in n), f"blank({v})"],
            lambda v, n: ["try:", f"    {self.lhs(v, n[0])} = None", "except KeyError:", "    pass"],
        ]  # fmt: skip
        if self.per_item:
            forms += [
                lambda v, n: [f"{v}.update({{{', '.join(f'{one!r}: None' for one in n)}}})"],
                lambda v, n: [f"{v}.update({', '.join(f'{one}=None' for one in n)})"],
                lambda v, n: [f"del {v}[{one!r}]" for one in n],
                lambda v, n: [f"{v}.pop({one!r}, None)" for one in n],
                lambda v, n: [f"for name in {tuple(n)!r}:", f"    {v}.pop(name, None)"],
                lambda v, n: ["for name in <NAMES>:", f"    {v}[name] = None"],
                lambda v, n: [f"{v} |= {{{', '.join(f'{one!r}: None' for one in n)}}}"],
                lambda v, n: [f"<operator.setitem>({v}, {one!r}, None)" for one in n],
                lambda v, n: [f"{v}.__setitem__({one!r}, None)" for one in n],
            ]
        else:
            forms += [
                lambda v, n: [f"setattr({v}, {one!r}, None)" for one in n],
                lambda v, n: [f"for name in {tuple(n)!r}:", f"    setattr({v}, name, None)"],
                lambda v, n: ["for name in <NAMES>:", f"    setattr({v}, name, None)"],
                lambda v, n: [f"{v}.__dict__.update({', '.join(f'{one}=None' for one in n)})"],
                lambda v, n: [f"vars({v}).update({{{', '.join(f'{one!r}: None' for one in n)}}})"],
                lambda v, n: [f"object.__setattr__({v}, {one!r}, None)" for one in n],
                lambda v, n: [f"{v}.__setattr__({one!r}, None)" for one in n],
                lambda v, n: [f"{v}.__dict__[{one!r}] = None" for one in n],
                lambda v, n: [f"for each in <dataclasses.fields>({v}):", "    if each.name.startswith('asked'):",
                              f"        setattr({v}, each.name, None)"],
                lambda v, n: [f"[setattr({v}, name, None) for name in {tuple(n)!r}]"],
                lambda v, n: [f"delattr({v}, {one!r})" for one in n],
                lambda v, n: ["with <contextlib.suppress>(Exception):", *(f"    {v}.{one} = None" for one in n)],
                lambda v, n: ["put = setattr", *(f"put({v}, {one!r}, None)" for one in n)],
            ]  # fmt: skip
            if self.method:
                forms += [lambda v, n: [f"{v}.scrub()"]] * 3
        if self.kind == "NamedTuple":
            forms = [
                lambda v, n: [f"{v} = {v}._replace({', '.join(f'{one}=None' for one in n)})"],
                lambda v, n: [f"if key: {v} = {v}._replace({n[0]}=None)"],
            ]
        if "scrubbed" not in self.homes:
            lines = [f"    {self.lhs('x', one)} = None" for one in self.rng.sample(FIELDS, 2)]
            self.put(
                self.some_home(),
                "\n".join(["def scrubbed(x):", *lines, "    return x", ""]),
                "scrubbed",
            )
            self.put(
                self.some_home(),
                "def scrubbed_long(x):\n    <scrubbed>(x)\n    return x\n",
                "scrubbed_long",
            )
        return self.rng.choice(forms)(name, names)

    def made_copy(self, source: str, target: str) -> list[str]:
        """Lines that copy a variable to another one and reset some fields of it."""
        names = self.rng.sample(FIELDS, self.rng.randint(1, 3))
        made, resetting = self.copied(source, names if self.chance(0.6) else [])
        prefix = self.rng.choice(
            ["{t} = {m}", "{t} = {m}", "{t} = <handed>({m})", "({t} := {m})", "{t}: <Auth> = {m}"]
        )
        lines = [prefix.format(t=target, m=made)]
        if not resetting or self.chance(0.3):
            lines += self.resets(target, names) if self.chance(0.9) else []
        return lines

    def function(self, name: str, params: str, body: list[str], *, home: str = "", decorator: str = "",
                 returns: str = "", owner: str = "") -> None:  # fmt: skip
        """A function, or a method of a class of its own."""
        asynchronous = any("await " in line or "create_task" in line for line in body)
        head = f"{'async ' if asynchronous else ''}def {name}({params}){returns}:"
        lines = [*([decorator] if decorator else []), head, *(f"    {line}" for line in body)]
        if owner:
            form = self.rng.choice(["self", "static", "class"])
            if form == "self":
                head = head.replace("(", "(self, ", 1)
            lines = [f"class {owner}:", *(["    @staticmethod"] if form == "static" else
                     ["    @classmethod"] if form == "class" else []),
                     "    " + (head if form != "class" else head.replace("(", "(cls, ", 1)),
                     *(f"        {line}" for line in body)]  # fmt: skip
            self.put(home or self.some_home(), "\n".join(lines) + "\n", owner)
            return
        self.put(home or self.some_home(), "\n".join(lines) + "\n", name)

    def store(self, value: str) -> list[str]:
        form = self.rng.choice(list(STORES.values()))
        return form.format(x=value, i="").split("\n")

    def param(self, name: str) -> str:
        return self.rng.choice([f"{name}: <Auth>", f"{name}: <Auth>", name, f"{name}: <Auth> | None = None",
                                f"{name}: <typing.Optional>[<Auth>] = None"])  # fmt: skip

    # ----------------------------------------------------------------- helpers

    def _named_helper(self) -> None:
        name = self.new(self.rng.choice(["copy_for_cache", "_strip_for_cache", "to_cacheable"]))
        owner = self.rng.choice(["", "", "Tools"]) and self.new("Tools")
        body = [
            *self.made_copy("auth", "c"),
            self.rng.choice(["return c", "return c", "return <handed>(c)", "yield c"]),
        ]
        self.function(name, self.param("auth") + ", key=None" if "=" not in self.param("") else "auth: <Auth>, key=None",
                      body, owner=owner)  # fmt: skip

    def _helper(self) -> None:
        self.rng.choice([
            self._named_helper, self._copied_and_stored, self._copied_then_stored_by_caller,
            self._copied_after_lookup, self._given_what_was_found, self._memoised,
        ])()  # fmt: skip

    def _copied_and_stored(self) -> None:
        shelf = self.rng.choice(["shelf: <Shelf>", "shelf"])
        value = self.rng.choice(["c", "c", "<handed>(c)"])
        body = [*self.made_copy("auth", "c"), *self.store(value)]
        if self.chance(0.3):
            body.append("return c")
        self.function(self.new("save"), f"key, auth: <Auth>, {shelf}, cache", body)

    def _copied_then_stored_by_caller(self) -> None:
        name = self.new("trimmed")
        owner = self.new("Trimmer") if self.chance(0.3) else ""
        self.function(
            name, "auth: <Auth>, key=None", [*self.made_copy("auth", "c"), "return c"], owner=owner
        )
        call = f"<{name}>(auth)"
        if owner:
            call = f"<{owner}>().{name}(auth)"
        if self.chance(0.3):
            middle = self.new("middle")
            self.function(middle, "auth", [f"return {call}"])
            call = f"<{middle}>(auth)"
        kept = self.rng.choice([call, f"x = {call}"])
        body = self.store(call) if kept == call else [kept, *self.store("x")]
        self.function(self.new("save"), "key, auth: <Auth>, shelf: <Shelf>, cache", body)

    def _copied_after_lookup(self) -> None:
        look = self.rng.choice(LOOKUPS)
        target = self.rng.choice(["found", "found: <Auth>"])
        body = [f"{target} = {look}", *self.made_copy("found", "c"), "return c"]
        if self.chance(0.3):
            body.insert(1, "if not isinstance(found, <Auth>):")
            body.insert(2, "    return None")
        self.function(self.new("load"), "key, shelf: <Shelf>, cache", body)

    def _given_what_was_found(self) -> None:
        name = self.new("given")
        self.function(name, "auth: <Auth>, key=None", [*self.made_copy("auth", "c"), "return c"])
        look = self.rng.choice(LOOKUPS)
        body = self.rng.choice([[f"return <{name}>({look})"], [f"x = {look}", f"y = <{name}>(x)", "return y"],
                                [f"return [<{name}>(x) for x in [{look}]]"]])  # fmt: skip
        self.function(self.new("load"), "key, shelf: <Shelf>, cache", body)

    def _memoised(self) -> None:
        decorator = self.rng.choice(
            ["@<functools.lru_cache>", "@<functools.cache>", "@<cachetools.cached>({})"]
        )
        self.function(self.new("memo"), "auth: <Auth>, key=None", [*self.made_copy("auth", "c"), "return c"],
                      decorator=decorator)  # fmt: skip

    # ----------------------------------------------------------------- merges

    def source(self) -> tuple[str, Callable[[str], str]]:
        if self.chance(0.5):
            return "src: dict", lambda name: f'src.get("{name}")'
        if self.chance(0.3):
            return "src", lambda name: f"src.{name}"
        return "src: <EndUser>", lambda name: f"src.{name}"

    def merging(self, target: str, fields: list[str], value: Callable[[str], str]) -> list[str]:
        """Lines that merge fields of the source onto a variable."""
        item = self.per_item
        forms: list[Callable[[str, str, str], list[str]]] = [
            lambda t, n, v: [f"{t} = {v} or {t}"],
            lambda t, n, v: [f"{t} = {t} or {v}"],
            lambda t, n, v: [f"{t} = {v}"],
            lambda t, n, v: [f"if {v}:", f"    {t} = {v}"],
            lambda t, n, v: [f"if {v} is not None:", f"    {t} = {v}"],
            lambda t, n, v: [f"if {t} is None:", f"    {t} = {v}"],
            lambda t, n, v: [f"{t} = {v} if {v} is not None else {t}"],
            lambda t, n, v: [f"if (new := {v}) is not None:", f"    {t} = new"],
            lambda t, n, v: [f"value = {v}", "if value:", f"    {t} = value"],
            lambda t, n, v: [f'{t} = getattr(src, "{n}", {t})'],
            lambda t, n, v: [f'if "{n}" in src:', f'    {t} = src["{n}"]'],
            lambda t, n, v: ["try:", f'    {t} = src["{n}"]', "except KeyError:", "    pass"],
            lambda t, n, v: [
                "match src:",
                f'    case {{"{n}": captured}}:',
                f"        {t} = captured",
            ],
            lambda t, n, v: [f"{t} = <first_of>({v}, {t})"],
            lambda t, n, v: [f"{t} = <coalesce>({v}, {t})"],
        ]
        if self.chance(0.4):
            names = tuple(fields)
            whole: list[list[str]] = [
                [f"for name in {names!r}:", "    if src.get(name):",
                 f"        {target + '[name] = src[name]' if item else f'setattr({target}, name, src[name])'}"],
                ["for name in <NAMES>:", "    value = getattr(src, name, None)", "    if value is not None:",
                 f"        {target + '[name] = value' if item else f'setattr({target}, name, value)'}"],
                [f"{target}.update(src)" if item else f"{target}.__dict__.update(src)"],
                [f"{target}.update({{k: v for k, v in src.items() if v is not None}})" if item
                 else f"vars({target}).update({{k: v for k, v in src.items() if v is not None}})"],
                ["for name, value in src.items():", "    if value is not None:",
                 f"        {target + '[name] = value' if item else f'setattr({target}, name, value)'}"],
                [f"<filled>({target}, src)"],
            ]  # fmt: skip
            if self.kind == "pydantic":
                whole += [[f"{target} = {target}.model_copy(update=src.model_dump(exclude_none=True))"],
                          [f"{target} = {target}.model_copy(update={{k: v for k, v in src.items() if v}})"]]  # fmt: skip
            if self.kind == "dataclass":
                whole += [
                    [f"{target} = <dataclasses.replace>({target}, **src)"],
                    [
                        f"{target} = <dataclasses.replace>({target}, end_user_id=src.end_user_id or {target}.end_user_id)"
                    ],
                ]
            lines = self.rng.choice(whole)
            if any("<filled>" in line for line in lines) and "filled" not in self.homes:
                body = self.merging_simple("x", fields)
                self.put(
                    self.some_home(),
                    "\n".join(["def filled(x, src):", *(f"    {b}" for b in body), ""]),
                    "filled",
                )
            return lines
        out: list[str] = []
        form = self.rng.choice(forms)
        for name in fields:
            if self.chance(0.3):
                form = self.rng.choice(forms)
            out += form(self.lhs(target, name), name, value(name))
        for helper in ("first_of", "coalesce"):
            if any(f"<{helper}>" in line for line in out) and helper not in self.homes:
                self.put(
                    self.some_home(),
                    f"def {helper}(a, b):\n    return a if a is not None else b\n",
                    helper,
                )
        return out

    def merging_simple(self, target: str, fields: list[str]) -> list[str]:
        return [f"{self.lhs(target, n)} = src.get({n!r}) or {self.lhs(target, n)}" for n in fields]

    def _merge(self) -> None:
        fields = self.rng.sample(FIELDS, self.rng.randint(1, 4))
        source, value = self.source()
        name = self.new(self.rng.choice(["update_token", "adopt", "apply_end_user", "fill"]))
        carriers: list[tuple[str, list[str], str]] = [
            ("token: <Auth>", [], "token"), ("token", [], "token"), ("token: <Auth> | None", [], "token"),
            ("holder: <Holder>", [], "holder.auth"), ("holder: <Holder>", ["token = holder.held"], "token"),
            ("holder: <Holder>", ["token = holder.current"], "token"),
            ("holder", ["token = holder.auth"], "token"),
            ("key, cache, shelf: <Shelf>", [f"token = {self.rng.choice(LOOKUPS)}"], "token"),
            ("key", ["token = <recall>(key)"], "token"), ("key", ["token = <fetched>(key)"], "token"),
            ("token", ["if not isinstance(token, <Auth>):", "    return None"], "token"),
            ("token", ["assert isinstance(token, <Auth>)"], "token"),
            ("token: <Sub>", [], "token"), ("tokens: list[<Auth>]", ["token = tokens[0]"], "token"),
            ("token", ["token = <typing.cast>('<Auth>', token)"], "token"),
            ("tokens: dict[str, <Auth>]", ["for token in tokens.values():"], "token"),
            ("token: <Alias>", [], "token"), ("token: '<Auth>'", [], "token"),
            ("token: <Auth>", ["token = token or <Auth>('')"], "token"),
            ("**tokens: <Auth>", ["token = tokens['a']"], "token"), ("*tokens: <Auth>", ["token, = tokens"], "token"),
        ]  # fmt: skip
        params, before, target = self.rng.choice(carriers)
        if any("fetched" in line for line in before) and "fetched" not in self.homes:
            self.put(
                self.some_home(),
                "def fetched(key) -> <Auth>:\n    return <recall>(key)\n",
                "fetched",
            )
        if "<Sub>" in params and "Sub" not in self.homes:
            self.put(self.some_home(), "class Sub(<Auth>):\n    pass\n", "Sub")
        if "<Alias>" in params and "Alias" not in self.homes:
            self.put("models", "Alias = <Auth>\n", "Alias")
        lines = self.merging(target, fields, value)
        if before and before[-1].endswith(":"):
            lines = [f"    {line}" for line in lines]
        params = f"{source}, {params}" if params.startswith("*") else f"{params}, {source}"
        self.function(name, params, [*before, *lines, f"return {target}"],
                      owner=self.new("Merger") if self.chance(0.2) else "")  # fmt: skip
        self._shared()

    def _shared(self) -> None:
        """Let the model reach a cache somewhere."""
        shape = self.rng.randrange(5)
        if shape == 0:
            self._named_helper()
        elif shape == 1:
            self.function(
                self.new("keep_it"), "key, auth: <Auth>, shelf: <Shelf>, cache", self.store("auth")
            )
        elif shape == 2:
            self.function(self.new("look"), "key, cache", ["return cache.get(key, <Auth>)"])
        elif shape == 3:
            self._copied_and_stored()

    def _merged_and_stored(self) -> None:
        fields = self.rng.sample(FIELDS, self.rng.randint(1, 4))
        source, value = self.source()
        look = self.rng.choice([*LOOKUPS, "auth", "auth", "auth"])
        body = [f"t = {look}"]
        name = self.new("filling")
        call = self.rng.choice(
            [f"t = <{name}>(t, src)", f"<{name}>(t, src)", f"<{name}>(src=src, token=t)"]
        )
        first, second = [call], self.store("t")
        if self.chance(0.2):
            first, second = second, first
        annotation = self.rng.choice(["token: <Auth>", "token"])
        if self.chance(0.7):
            merge = self.merging("token", fields, value)
            self.function(name, f"{annotation}, {source}", [*merge, "return token"])
        else:
            first = self.merging("t", fields, value)
        self.function(
            self.new("handle"),
            f"key, auth: <Auth>, {source}, shelf: <Shelf>, cache",
            [*body, *first, *second],
        )

    # ----------------------------------------------------------------- rendering

    def files(self) -> dict[str, str]:
        """The text of every file by its path."""
        out: dict[str, str] = {}
        for name in self.names:
            out[name] = self._rendered(self.modules[name])
        out.update(self._extra)
        if self.layout == "package":
            out = {f"app/{name}": text for name, text in out.items()}
            out["app/__init__"] = ""
        return {f"{path}.py": text for path, text in out.items()}

    def _rendered(self, text: Text) -> str:
        imports: dict[str, None] = {}
        written: dict[str, str] = {}
        names = list(dict.fromkeys(PLACE.findall("\n".join(text.blocks))))
        for name in names:
            if "." in name:
                written[name] = self._library(name, imports)
            elif self.homes.get(name, text.name) == text.name:
                written[name] = name
            else:
                written[name] = self._imported(name, imports)
        body = "\n\n".join(text.blocks)
        body = PLACE.sub(lambda hit: written[hit.group(1)], body)
        return HEAD + "\n".join(imports) + "\n\n\n" + body

    def _library(self, name: str, imports: dict[str, None]) -> str:
        module, _, what = name.rpartition(".")
        style = self.rng.randrange(5)
        if style == 0:
            imports[f"from {module} import {what} as _{what}_of"] = None
            return f"_{what}_of"
        if style == 1:
            imports[f"import {module} as {module[:2]}_"] = None
            return f"{module[:2]}_.{what}"
        if style in (2, 3):
            imports[f"from {module} import {what}"] = None
            return what
        imports[f"import {module}"] = None
        return name

    def _imported(self, name: str, imports: dict[str, None]) -> str:
        home = self.homes[name]
        package = self.layout == "package"
        prefix = self.rng.choice([".", "app."]) if package else ""
        style = self.rng.randrange(9)
        if style == 0:
            other = self.rng.choice(["Renamed", "_renamed", "lowered"]) + name.lower()
            imports[f"from {prefix}{home} import {name} as {other}"] = None
            return other
        if style == 1:
            if package:
                imports[f"from {self.rng.choice(['.', 'app'])} import {home}"] = None
            else:
                imports[f"import {home}"] = None
            return f"{home}.{name}"
        if style == 2:
            imports[f"from {prefix if prefix == '.' else 'app'} import {home} as h_{home}" if package
                    else f"import {home} as h_{home}"] = None  # fmt: skip
            return f"h_{home}.{name}"
        if style == 3:
            imports[f"from {prefix}{home} import *"] = None
            return name
        if style == 4:
            via = f"api_{name.lower()}"
            self._extra[via] = f"from {prefix}{home} import {name}\n\n__all__ = ['{name}']\n"
            imports[f"from {prefix}{via} import {name}"] = None
            return name
        if style == 5:
            via = f"api2_{name.lower()}"
            self._extra[via] = f"from {prefix}{home} import {name}\n\nOther = {name}\n"
            imports[f"from {prefix}{via} import Other as {name}_o"] = None
            return f"{name}_o"
        imports[f"from {prefix}{home} import {name}"] = None
        return name


def generate(seed: int) -> dict[str, str]:
    """The files of one program: paths and texts."""
    return Program(seed).files()
