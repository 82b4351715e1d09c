"""The assertions for users' own tests: kinds of models, sync and async, and what each failure says."""

from __future__ import annotations

import asyncio
import copy
import dataclasses
import datetime
import enum
import json
import pickle
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal, NamedTuple, NewType, TypedDict

import attrs
import pydantic
import pydantic.v1
import pytest

from lint_rules.testing import RecordingCache, assert_overwrites, assert_reset_for_cache
from lint_rules.testing.sentinels import FIRST, SECOND, blank

FIELDS = ("end_user_id", "end_user_max_budget")


class Pydantic2(pydantic.BaseModel):
    token: str = ""
    end_user_id: str | None = None
    end_user_max_budget: float | None = None


class Pydantic2Frozen(pydantic.BaseModel, frozen=True):
    token: str
    end_user_id: str | None = pydantic.Field(None, alias="endUserId")
    end_user_max_budget: float | None = None


class Pydantic1(pydantic.v1.BaseModel):
    token: str = ""
    end_user_id: str | None = None
    end_user_max_budget: float | None = None


@dataclasses.dataclass
class Data:
    token: str
    end_user_id: str | None = None
    end_user_max_budget: float | None = dataclasses.field(default=None, init=False)


@dataclasses.dataclass(frozen=True, slots=True)
class Frozen:
    token: str = ""
    end_user_id: str | None = None
    end_user_max_budget: float | None = None


@attrs.define
class Attrs:
    token: str
    end_user_id: str | None = None
    end_user_max_budget: float | None = None


class Tuple(NamedTuple):
    token: str = ""
    end_user_id: str | None = None
    end_user_max_budget: float | None = None


class Plain:
    def __init__(self, token: str) -> None:
        self.token = token
        self.end_user_id: str | None = None
        self.end_user_max_budget: float | None = None


class Typed(TypedDict, total=False):
    token: str
    end_user_id: str | None
    end_user_max_budget: float | None


MODELS: list[Any] = [
    Pydantic2, Pydantic2Frozen, Pydantic1, Data, Frozen, Attrs, Tuple, Plain, Typed, dict,
]  # fmt: skip
MUTABLE: list[Any] = [Pydantic2, Pydantic1, Data, Attrs, Plain, Typed, dict]


def changed(value: Any, values: Mapping[str, object]) -> Any:
    """A copy of any kind of model with other values in it."""
    if isinstance(value, dict):
        return {**value, **values}
    if isinstance(value, tuple):
        return value._replace(**values)  # type: ignore[attr-defined]
    if isinstance(value, Pydantic1):  # copy.copy of one shares its values
        return value.copy(update=values)
    copied = copy.copy(value)
    for name, one in values.items():
        object.__setattr__(copied, name, one)
    return copied


def put(value: Any, name: str, one: object) -> None:
    if isinstance(value, dict):
        value[name] = one
    else:
        setattr(value, name, one)


def reset(shared: Any, *names: str) -> Any:
    return changed(shared, dict.fromkeys(names))


@pytest.mark.parametrize("model", MODELS)
def test_a_helper_that_resets_passes_and_one_that_forgets_fails(model: Any) -> None:
    left = "'first-end_user_max_budget'" if model is dict else r"1001\.5"
    assert_reset_for_cache(lambda shared: reset(shared, *FIELDS), model, FIELDS)
    with pytest.raises(AssertionError, match=rf"end_user_max_budget of what goes .* still {left}"):
        assert_reset_for_cache(lambda shared: reset(shared, "end_user_id"), model, FIELDS)


@pytest.mark.parametrize("model", MODELS)
def test_a_helper_that_hands_on_the_object_itself_fails(model: Any) -> None:
    with pytest.raises(AssertionError, match="end_user_id of what goes into the cache is still"):
        assert_reset_for_cache(lambda shared: shared, model, FIELDS)


@pytest.mark.parametrize("model", MUTABLE)
def test_the_first_ones_object_must_be_unharmed(model: Any) -> None:
    def helper(shared: Any) -> Any:
        copied = reset(shared, *FIELDS)
        put(shared, "end_user_id", None)
        return copied

    with pytest.raises(AssertionError, match="end_user_id of the object it was given is None now"):
        assert_reset_for_cache(helper, model, FIELDS)


def test_a_reset_that_another_field_decides_about_fails() -> None:
    def helper(shared: Data) -> Data:
        return reset(shared, *FIELDS) if shared.end_user_id else copy.copy(shared)

    with pytest.raises(AssertionError, match="end_user_max_budget"):
        assert_reset_for_cache(helper, Data, FIELDS)


def test_async_helpers_are_awaited_also_inside_a_running_loop() -> None:
    async def leaks(shared: Data) -> Data:
        await asyncio.sleep(0)
        return copy.copy(shared)

    async def resets(shared: Data) -> Data:
        await asyncio.sleep(0)
        return reset(shared, *FIELDS)

    async def inside() -> None:
        assert_reset_for_cache(resets, Data, FIELDS)

    asyncio.run(inside())
    with pytest.raises(AssertionError, match="leaks: end_user_id"):
        assert_reset_for_cache(leaks, Data, FIELDS)


STORES: list[Callable[[RecordingCache, Any], object]] = [
    lambda cache, copied: cache.set("k", copied, ttl=60),
    lambda cache, copied: cache.__setitem__("k", copied),
    lambda cache, copied: cache.update({"k": copied}),
    lambda cache, copied: cache.set("k", (copied, 12.5)),
    lambda cache, copied: cache.set("k", SimpleNamespace(value=copied, expires=1)),
    lambda cache, copied: cache.set("k", json.dumps(dataclasses.asdict(copied))),
    lambda cache, copied: cache.set("k", json.dumps(dataclasses.asdict(copied)).encode()),
    lambda cache, copied: cache.set("k", pickle.dumps(copied)),
    lambda cache, copied: cache.set(key="k", value=dataclasses.asdict(copied)),
]


@pytest.mark.parametrize("store", STORES)
def test_what_goes_into_the_cache_is_seen_in_whatever_form(
    store: Callable[[RecordingCache, Any], object],
) -> None:
    cache = RecordingCache()
    assert_reset_for_cache(
        lambda shared: store(cache, reset(shared, *FIELDS)), Data, FIELDS, stored_in=cache
    )
    with pytest.raises(AssertionError, match="end_user_max_budget of what goes into the cache"):
        assert_reset_for_cache(
            lambda shared: store(cache, reset(shared, "end_user_id")), Data, FIELDS, stored_in=cache
        )


def test_every_field_that_leaks_is_named() -> None:
    with pytest.raises(AssertionError) as helper:
        assert_reset_for_cache(lambda shared: copy.copy(shared), Data, FIELDS)
    with pytest.raises(AssertionError) as merge:
        assert_overwrites(lambda shared, params: None, Data, dict, FIELDS)
    for failure in (helper, merge):
        lines = str(failure.value).splitlines()
        assert [line.split()[1] for line in lines] == list(FIELDS)


def test_a_helper_that_hands_on_nothing_says_so() -> None:
    with pytest.raises(AssertionError, match="handed on no Data: it returned None"):
        assert_reset_for_cache(lambda shared: None, Data, FIELDS)


def test_stores_by_a_task_are_seen() -> None:
    cache = RecordingCache()

    async def helper(shared: Data) -> None:
        task = asyncio.create_task(cache.async_set_cache("k", copy.copy(shared)))
        await asyncio.gather(task)
        assert await cache.async_get_cache("k") is None

    async def late(shared: Data) -> None:
        async def store() -> None:
            await asyncio.sleep(0.01)
            cache.set("k", copy.copy(shared))

        helper.task = asyncio.create_task(store())  # type: ignore[attr-defined]

    for leaking in (helper, late):
        with pytest.raises(AssertionError, match="end_user_id of what goes into the cache"):
            assert_reset_for_cache(leaking, Data, FIELDS, stored_in=cache)


# ------------------------------------------------------------------------------------ merges


class Source(pydantic.BaseModel):
    end_user_id: str | None = None
    end_user_max_budget: float | None = None


SOURCES: list[Any] = [dict, Typed, SimpleNamespace, Source, Data, Attrs, Pydantic1]


def taken(source: Any, name: str) -> Any:
    return source.get(name) if isinstance(source, dict) else getattr(source, name, None)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("model", MUTABLE)
def test_a_merge_that_overwrites_passes_and_one_that_guards_fails(model: Any, source: Any) -> None:
    def overwrites(shared: Any, params: Any) -> Any:
        for name in FIELDS:
            put(shared, name, taken(params, name))
        return shared

    def guards(shared: Any, params: Any) -> None:
        put(shared, "end_user_id", taken(params, "end_user_id"))
        if taken(params, "end_user_max_budget") is not None:
            put(shared, "end_user_max_budget", taken(params, "end_user_max_budget"))

    def misses(shared: Any, params: Any) -> None:
        put(shared, "end_user_id", taken(params, "end_user_id"))

    left = "'first-end_user_max_budget'" if model is dict else r"1001\.5"
    assert_overwrites(overwrites, model, source, FIELDS)
    with pytest.raises(AssertionError, match=rf"guards: end_user_max_budget is still {left}"):
        assert_overwrites(guards, model, source, FIELDS)
    with pytest.raises(
        AssertionError, match=rf"misses: end_user_max_budget is {left} .*, not .*(2|second)"
    ):
        assert_overwrites(misses, model, source, FIELDS)


@pytest.mark.parametrize("model", MODELS)
def test_merges_onto_a_copy_are_judged_by_what_they_return(model: Any) -> None:
    assert_overwrites(
        lambda shared, params: changed(shared, {n: params.get(n) for n in FIELDS}),
        model, dict, FIELDS,
    )  # fmt: skip
    left = "'first-end_user_max_budget'" if model is dict else r"1001\.5"
    with pytest.raises(AssertionError, match=rf"^<lambda>: end_user_max_budget is {left}"):
        assert_overwrites(
            lambda shared, params: (changed(shared, {"end_user_id": params.get("end_user_id")}), 1),
            model, dict, FIELDS,
        )  # fmt: skip


def test_what_is_returned_beside_the_shared_object_is_not_taken_for_it() -> None:
    def merge(shared: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
        return params

    for model in (dict, Data):
        with pytest.raises(AssertionError, match="end_user_id is 'first-end_user_id'"):
            assert_overwrites(merge, model, dict, FIELDS)


@pytest.mark.parametrize(
    "keeps",
    [
        lambda params, old: params.get("end_user_id", old),
        lambda params, old: {"end_user_id": old, **params}["end_user_id"],
        lambda params, old: params.get("end_user_id") or old,
    ],
)
def test_absent_and_empty_are_both_tried(keeps: Any) -> None:
    def merge(shared: Data, params: dict[str, Any]) -> None:
        shared.end_user_id = keeps(params, shared.end_user_id)

    with pytest.raises(AssertionError, match="the second one has nothing there"):
        assert_overwrites(merge, Data, dict, ["end_user_id"])


@pytest.mark.parametrize("source", [Source, Data, Attrs, Pydantic1])
def test_nothing_at_all_is_tried_with_one_field_of_a_class(source: Any) -> None:
    def merge(shared: Data, params: Any) -> None:
        shared.end_user_id = params.end_user_id or shared.end_user_id

    with pytest.raises(AssertionError, match="the second one has nothing there"):
        assert_overwrites(merge, Data, source, ["end_user_id"])


def test_a_key_that_must_be_there_is_no_leak() -> None:
    def merge(shared: Data, params: dict[str, Any]) -> None:
        shared.end_user_id = params["end_user_id"]

    assert_overwrites(merge, Data, dict, ["end_user_id"])


def test_a_function_that_raises_is_not_taken_for_right() -> None:
    def merge(shared: Data, params: dict[str, Any]) -> None:
        raise KeyError("end_user_id")

    with pytest.raises(KeyError):
        assert_overwrites(merge, Data, dict, ["end_user_id"])
    with pytest.raises(KeyError):
        assert_overwrites(merge, Data, dict, ["end_user_id"], also=["x"])


def test_none_in_place_of_a_source() -> None:
    def merge(shared: Data, params: dict[str, Any] | None) -> None:
        if params is not None:
            shared.end_user_id = params.get("end_user_id")

    assert_overwrites(merge, Data, dict, ["end_user_id"])
    with pytest.raises(AssertionError, match="end_user_id is still"):
        assert_overwrites(merge, Data, dict, ["end_user_id"], source_may_be_none=True)


def test_other_names_and_values_that_change_on_the_way() -> None:
    def merge(shared: Data, params: dict[str, Any]) -> None:
        shared.end_user_id = params.get("user")
        shared.end_user_max_budget = float(params["budget"]) * int(params["factor"])

    fields = {"end_user_id": "user", "end_user_max_budget": None}
    assert_overwrites(merge, Data, dict, fields, also=["budget", "factor"])

    def swaps(shared: Data, params: dict[str, Any]) -> None:
        shared.end_user_id, shared.end_user_max_budget = params.get("other"), None

    with pytest.raises(AssertionError, match="not 'second-user', which is the second end user's"):
        assert_overwrites(swaps, Data, dict, fields)


def test_what_a_merge_stores() -> None:
    cache = RecordingCache()

    def stores(shared: Data, params: dict[str, Any]) -> None:
        shared.end_user_id = params.get("end_user_id")
        cache["k"] = shared

    def stores_a_copy(shared: Data, params: dict[str, Any]) -> None:
        shared.end_user_id = params.get("end_user_id")
        cache["k"] = reset(shared, *FIELDS)

    assert_overwrites(stores, Data, dict, ["end_user_id"])
    assert_overwrites(stores_a_copy, Data, dict, ["end_user_id"], stored_in=cache)
    with pytest.raises(AssertionError, match=r"end_user_id of what it stores .* 'second-end_user"):
        assert_overwrites(stores, Data, dict, ["end_user_id"], stored_in=cache)


# ------------------------------------------------------------------------------------ values


class Region(enum.Enum):
    EU = "eu"
    US = "us"


UserId = NewType("UserId", str)


class Limits(pydantic.BaseModel):
    tpm: int
    name: str = ""


class Many(pydantic.BaseModel):
    """Every type with a default that a reset may bring back."""

    flag: bool = True
    off: bool = False
    maybe: bool | None = None
    text: str = "free"
    number: int = 0
    rate: float = 1.0
    region: Region = Region.EU
    tier: Literal["free", "paid"] = "free"
    only: Literal["x"] = "x"
    tags: list[str] = []
    names: frozenset[str] = frozenset()
    pair: tuple[int, ...] = ()
    models: dict[str, float] = {}
    nested: dict[str, list[int]] = {}
    when: datetime.datetime | None = None
    day: datetime.date | None = None
    secret: pydantic.SecretStr | None = None
    limits: Limits | None = None
    user: UserId | None = None
    short: str | None = pydantic.Field(None, max_length=3)
    anything: Any = None


@pytest.mark.parametrize("field", [name for name in Many.model_fields if name != "only"])
def test_a_value_of_every_type_is_told_from_the_default_and_from_the_others(field: str) -> None:
    default = Many().model_dump()[field]
    hint = Many.model_fields[field].annotation
    first = FIRST.value(hint, field, 1, (Many.model_fields[field].default,))
    second = SECOND.value(hint, field, 1, (first,))
    assert first != default
    assert first != second

    def resets(shared: Many) -> Many:
        return shared.model_copy(update={field: getattr(Many(), field)})

    def dumps(shared: Many) -> str:
        return shared.model_dump_json()

    assert_reset_for_cache(resets, Many, [field])
    with pytest.raises(AssertionError, match=f": {field} of what goes into the cache is still"):
        assert_reset_for_cache(lambda shared: shared.model_copy(), Many, [field])
    if field != "secret":  # pydantic writes stars
        with pytest.raises(AssertionError, match=f": {field} of what goes into the cache"):
            assert_reset_for_cache(dumps, Many, [field])


def test_a_field_with_one_value_only_is_no_leak() -> None:
    assert_reset_for_cache(lambda s: reset(s, "text"), Many, ["text", "only"])


def test_own_values() -> None:
    def helper(shared: Many) -> Many:
        return shared.model_copy(update={"models": {k: 1.0 for k in shared.models if k != "rpm"}})

    assert_reset_for_cache(helper, Many, ["models"], first={"models": {"rpm": 1.5}})
    with pytest.raises(AssertionError, match="models"):
        assert_reset_for_cache(
            lambda shared: shared.model_copy(), Many, ["models"], first={"models": {"rpm": 1.5}}
        )

    def merge(shared: Data, params: dict[str, Any]) -> None:
        if params.get("end_user_id") == "bob":
            shared.end_user_id = "bob"

    with pytest.raises(AssertionError, match="still 'alice'"):
        assert_overwrites(
            merge, Data, dict, ["end_user_id"],
            first={"end_user_id": "alice"}, second={"end_user_id": "bob"},
        )  # fmt: skip


def test_blank_is_none_where_none_may_be() -> None:
    assert blank(str | None) is None
    assert blank(Any) is None
    assert blank(str) == ""
    assert blank(list[str]) == []


@pytest.mark.parametrize("model", [Pydantic2, Pydantic1, Data, Attrs, Tuple, Typed])
def test_a_slip_of_the_pen_is_said(model: Any) -> None:
    with pytest.raises(ValueError, match="has no field 'end_user_idd'"):
        assert_reset_for_cache(lambda s: s, model, ["end_user_idd"])
    with pytest.raises(ValueError, match="has no field 'end_user_idd'"):
        assert_overwrites(lambda s, p: s, model, dict, ["end_user_idd"])


def test_fields_that_test_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="no fields"):
        assert_reset_for_cache(lambda s: s, Data, [])
    with pytest.raises(TypeError, match=r"write \['end_user_id'\]"):
        assert_reset_for_cache(lambda s: s, Data, "end_user_id")


def test_a_class_that_cannot_be_made_is_said() -> None:
    class Locked:
        def __init__(self, *, token: str) -> None:
            raise RuntimeError("only from the database")

    with pytest.raises(TypeError, match="Locked cannot be built with token: only from the data"):
        assert_reset_for_cache(lambda s: s, Locked, ["end_user_id"])


def test_the_failure_points_at_the_users_line(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "from lint_rules.testing import assert_reset_for_cache\n\n\n"
        "def test_it():\n    assert_reset_for_cache(lambda s: s, dict, ['end_user_id'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_it.py"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "test_it.py:5: AssertionError" in done.stdout
    assert "assertions.py" not in done.stdout


def test_importing_it_is_light() -> None:
    code = (
        "import sys; before = set(sys.modules); import lint_rules.testing; "
        "new = {m.split('.')[0] for m in set(sys.modules) - before}; "
        "print(sorted(new & {'libcst', 'click', 'flake8', 'pydantic', 'attr', 'attrs', 'pytest',"
        " 'pathspec'}), sorted(m for m in sys.modules if m.startswith('lint_rules')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    libraries, _, ours = done.stdout.partition("] ")
    assert libraries == "["
    assert all(
        name in ("lint_rules", "lint_rules._version") or name.startswith("lint_rules.testing")
        for name in ours.strip("[]\n'").split("', '")
    ), ours


_PYDANTIC_1 = """
import pydantic
from lint_rules.testing import assert_overwrites, assert_reset_for_cache

assert pydantic.VERSION.startswith("1."), pydantic.VERSION


class Auth(pydantic.BaseModel):
    token: str
    end_user_id: str = pydantic.Field(None, alias="endUserId")
    end_user_flag: bool = True
    end_user_max_budget: float = None


FIELDS = ["end_user_id", "end_user_flag", "end_user_max_budget"]
NOTHING = {"end_user_id": None, "end_user_flag": True, "end_user_max_budget": None}


def merges(auth, params):
    for name in FIELDS:
        setattr(auth, name, params.get(name))
    return auth


def guards(auth, params):
    for name in FIELDS:
        if params.get(name) is not None:
            setattr(auth, name, params[name])


def fails(call):
    try:
        call()
    except AssertionError as problem:
        return print(problem)
    raise SystemExit("it did not fail")


assert_reset_for_cache(lambda auth: auth.copy(update=NOTHING), Auth, FIELDS)
fails(lambda: assert_reset_for_cache(lambda auth: auth.copy(), Auth, FIELDS))
fails(lambda: assert_reset_for_cache(lambda auth: auth.json(), Auth, FIELDS))
assert_overwrites(merges, Auth, dict, FIELDS)
fails(lambda: assert_overwrites(guards, Auth, dict, FIELDS))
"""


@pytest.mark.network
def test_the_real_pydantic_1(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "env")], check=True)
    python = tmp_path / "env" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    root = Path(__file__).parents[1]
    install = [str(python), "-m", "pip", "install", "-q", "pydantic<2"]
    subprocess.run(install, check=True)
    done = subprocess.run(
        [str(python), "-c", _PYDANTIC_1], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for name in ("end_user_id", "end_user_flag", "end_user_max_budget"):
        assert done.stdout.count(f"<lambda>: {name} of what goes into the cache is still") == 2
    assert "guards: end_user_max_budget is still" in done.stdout


def test_every_field_that_stays_is_named_at_once() -> None:
    class Three:
        def __init__(self) -> None:
            self.end_user_id: str | None = None
            self.end_user_cap: int | None = None
            self.end_user_plan: str | None = None

    def merge(carrier: Three, source: dict[str, object]) -> None:
        carrier.end_user_id = source.get("end_user_id")  # type: ignore[assignment]
        if source.get("end_user_cap"):
            carrier.end_user_cap = source["end_user_cap"]  # type: ignore[assignment]
        carrier.end_user_plan = carrier.end_user_plan or source.get("end_user_plan")  # type: ignore[assignment]

    with pytest.raises(AssertionError) as caught:
        assert_overwrites(merge, Three, dict, ["end_user_id", "end_user_cap", "end_user_plan"])
    lines = str(caught.value).splitlines()
    assert [line.split()[1] for line in sorted(lines)] == ["end_user_cap", "end_user_plan"]
