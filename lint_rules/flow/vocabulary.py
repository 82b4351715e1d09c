"""The names that the analysis knows: of libraries, of methods, and those built in by the contract.

The tables follow the "copies to know", "resets to know" and CCL201/CCL202 lists of the contract and
the documentation of the libraries named beside them.
"""

from __future__ import annotations

import re

#: Calls by full name that copy their first argument, and how deep.
COPY_CALLS = {
    "copy.copy": "shallow",
    "copy.deepcopy": "deep",
    "copy.replace": "shallow",
    "dataclasses.replace": "shallow",
    "attr.evolve": "shallow",
    "attrs.evolve": "shallow",
    "attr.assoc": "shallow",
    "msgspec.structs.replace": "shallow",
}
#: Calls by full name that turn their first argument into a mapping of its fields.
DUMP_CALLS = {
    "dataclasses.asdict": "deep",
    "attr.asdict": "deep",
    "attrs.asdict": "deep",
    "msgspec.structs.asdict": "view",
    "msgspec.to_builtins": "deep",
    "fastapi.encoders.jsonable_encoder": "deep",
    "builtins.vars": "view",
}
#: Methods of an object that copy it.
COPY_METHODS = frozenset(
    {"model_copy", "copy", "_replace", "__copy__", "__deepcopy__", "__replace__"}
)
#: Methods by which a class says itself how its objects are copied and pickled.
COPYING_HOOKS = frozenset(
    {"__copy__", "__deepcopy__", "__reduce_ex__", "__reduce__", "__getstate__", "__setstate__"}
)
#: Methods of an object that turn it into a mapping (or text) of its fields.
DUMP_METHODS = frozenset(
    {"model_dump", "dict", "_asdict", "to_dict", "model_dump_json", "json", "as_dict", "asdict"}
)
#: Methods of a class that build an object of it from one mapping or object (or from nothing).
BUILD_METHODS = frozenset(
    {
        "model_validate",
        "parse_obj",
        "from_dict",
        "model_validate_json",
        "parse_raw",
        "from_orm",
        "__new__",
    }
)
#: Methods of a class that build an object of it from keywords.
CONSTRUCT_METHODS = frozenset({"model_construct", "construct", "_make"})

#: Calls that hand their argument on unchanged as far as a field's value goes.
TRANSPARENT = frozenset(
    {
        "str", "int", "float", "bool", "list", "tuple", "set", "frozenset", "abs", "round", "dict",
        "typing.cast", "copy.deepcopy", "copy.copy", "decimal.Decimal", "json.loads", "json.dumps",
        "pickle.dumps", "pickle.loads", "types.MappingProxyType", "sorted", "reversed",
    }
)  # fmt: skip
#: Calls that serialise or restore a whole object.
SERIALISERS = frozenset(
    {"json.dumps", "json.loads", "pickle.dumps", "pickle.loads", "orjson.dumps", "orjson.loads",
     "ujson.dumps", "ujson.loads", "msgpack.packb", "msgpack.unpackb", "marshal.dumps",
     "msgspec.json.encode", "msgspec.json.decode", "msgspec.msgpack.encode", "msgspec.msgpack.decode",
     "cloudpickle.dumps", "cloudpickle.loads", "dill.dumps", "dill.loads"}
)  # fmt: skip
#: Those that restore an object: what they give can be reset again.
RESTORERS = frozenset(
    {"json.loads", "pickle.loads", "orjson.loads", "ujson.loads", "msgpack.unpackb", "msgspec.json.decode",
     "msgspec.msgpack.decode", "cloudpickle.loads", "dill.loads"}
)  # fmt: skip
#: The modules whose texts restore objects of the class that went in; the others know nothing but mappings.
PICKLES = frozenset({"pickle", "cloudpickle", "dill"})
#: Copies that are only another form of what was copied: resets belong before them.
SERIALISED = (SERIALISERS - RESTORERS) | DUMP_METHODS
#: Copies that are text or bytes: nothing can be reset on them.
TEXTS = (SERIALISERS - RESTORERS) | {"model_dump_json", "json"}
#: Methods of a text, or of bytes, that say the same in the other form.
RECODING = frozenset({"encode", "decode"})
#: Methods of texts, numbers and times, which make another one of them.
TEXT_METHODS = frozenset(
    {"lower", "upper", "casefold", "strip", "lstrip", "rstrip", "title", "capitalize", "swapcase", "removeprefix",
     "removesuffix", "zfill", "ljust", "rjust", "center", "expandtabs", "translate", "hex", "isoformat", "strftime",
     "timestamp", "total_seconds", "date", "quantize"}
)  # fmt: skip
#: Methods of a container that take something out of it.
EMPTYING = frozenset(
    {"clear", "pop", "popitem", "remove", "discard", "difference_update", "intersection_update"}
)
SCHEDULERS = frozenset(
    {"create_task", "ensure_future", "add_task", "run_in_executor", "submit", "call_soon",
     "call_later", "run_coroutine_threadsafe", "start_soon", "to_thread", "run_in_threadpool", "spawn",
     "apply_async"}
)  # fmt: skip
#: Calls that make another one in a thread, which may be waited for; where the function stands among their arguments.
MOVERS = {"to_thread": 0, "run_in_threadpool": 0, "run_sync": 0, "run_in_executor": 1}
#: Calls that hand out the function that they are given, to be called in another way.
ADAPTERS = frozenset({"sync_to_async", "async_to_sync", "database_sync_to_async", "partial"})
AWAITERS = frozenset(
    {"asyncio.wait_for", "asyncio.shield", "asyncio.gather", "asyncio.run", "asyncio.wait"}
)
#: Methods of event loops that run what they are given and hand out its result.
AWAITING = frozenset({"run_until_complete"})
#: Unknown functions that choose between a new and an old value, by name; nothing else can tell.
COALESCING = re.compile(
    r"coalesc|(^|_)first(_|$|of|non)|fallback|(^|_)nvl($|_)|if_?null|if_?none|not_?none|either"
    r"|(^|_)pick($|_)|prefer|default_to|or_default|(^|_)merge($|_)|(^|_)choose($|_)",
    re.IGNORECASE,
)
#: Unknown functions that may reset what they are given, by name.
SANITIZING = re.compile(
    r"reset|clear|scrub|strip|saniti[sz]e|blank|clean|redact|wipe|null|drop|remove|purge|forget"
    r"|anonymi[sz]e|erase|mask|detach|without",
    re.IGNORECASE,
)
