"""What is kept of single files: it is used when nothing has changed, and never makes a difference."""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from lint_rules import filestore, joinstore
from lint_rules.engine import Engine
from lint_rules.filestore import FileStore
from lint_rules.findings import Finding
from lint_rules.project import kept, project
from lint_rules.project.functions import FunctionRef, Place
from lint_rules.project.kept import Kept
from lint_rules.reporting import Reporter
from lint_rules.screen.shapes import shape_as_json
from lint_rules.screen.survey import Survey
from lint_rules.settings import Settings

SOURCES = {
    "model.py": """from dataclasses import dataclass


@dataclass
class Auth:
    token: str
    region: str | None = None
    end_user_id: str | None = None
    end_user_limit: int | None = None


class Other:
    end_user_id = None


class lower(Auth):
    pass
""",
    "store.py": """from typing import Any

from cachetools import TTLCache

keep: TTLCache = TTLCache(10, 10)


def remember(key: str, value: Any) -> None:
    keep[key] = value


def recall(key: str) -> Any:
    return keep.get(key)


class Shelf:
    def __init__(self, cache: Any) -> None:
        self.cache = cache

    def put(self, key: str, value: Any) -> None:
        self.cache.set(key, value)
""",
    "helpers.py": """from copy import copy

from model import Auth
from store import remember


def fresh(auth: Auth) -> Auth:
    made = copy(auth)
    made.end_user_id = None
    made.region = None
    return made


def copy_for_cache(auth: Auth) -> Auth:
    made = copy(auth)
    made.end_user_limit = None
    return made


def save(auth: Auth) -> None:
    remember(auth.token, fresh(auth))
""",
    "merging.py": """from model import Auth
from store import recall


def update_token(auth: Auth, limits: dict) -> None:
    auth.end_user_id = limits.get("end_user_id") or auth.end_user_id
    auth.region = limits.get("region") or auth.region


def load(key: str, limits: dict) -> Auth:
    found: Auth = recall(key)
    if limits:
        found.end_user_limit = limits["end_user_limit"]
    return found
""",
    "ports.py": """from copy import deepcopy
from typing import Protocol

from model import Auth


class Port(Protocol):
    def find(self, key: str) -> Auth | None: ...

    def hold(self, key: str, value: Auth) -> None: ...


class Copying:
    held: dict[str, Auth] = {}

    def find(self, key: str) -> Auth | None:
        return deepcopy(self.held.get(key))

    def hold(self, key: str, value: Auth) -> None:
        self.held[key] = deepcopy(value)


class Half:
    def find(self, key: str) -> Auth | None:
        return None

    def keeps(self, key: str, value: Auth) -> None:
        pass
""",
    "entry.py": """from model import Auth
from ports import Port


def enter(port_cache: Port, key: str, limits: dict) -> Auth:
    found = port_cache.find(key)
    if found is None:
        found = Auth(key)
        port_cache.hold(key, found)
    if limits.get("end_user_limit"):
        found.end_user_limit = limits["end_user_limit"]
    return found
""",
    "service.py": """from __future__ import annotations

from model import Auth, Other, lower
from store import Shelf, recall, remember

FIELDS = ("end_user_id", "end_user_limit")


class Box:
    held: Auth


def caller(auth: Auth) -> Auth:
    return auth


def trimmed(auth: Auth) -> Auth:
    return lower(**vars(auth))


def sized(other):
    return Other(**other.__dict__)


def spread(box: Box, values: dict) -> None:
    for name in FIELDS:
        setattr(box.held, name, values.get(name))


def keep_all(auth: Auth, shelf: Shelf) -> None:
    shelf.put(auth.token, trimmed(auth))
    remember(auth.token, sized(auth))
    spread(auth, {})


def answer(key: str):
    found = recall(key)
    spread(caller(found), {})
    return found
""",
    "plain.py": """import json


def read(path: str) -> dict:
    with open(path) as stream:
        return json.load(stream)
""",
}
EDITS = [
    ("model.py", "    end_user_limit: int | None = None\n", "    limit: int | None = None\n"),
    ("model.py", "region: str | None = None", "region: str | None = None  # cache-leak: per-request"),
    ("model.py", "class Auth:", "class Auth(Other):"),
    ("model.py", "class lower(Auth)", "class upper(Auth)"),
    ("model.py", "token: str\n", "token: str\n    plan: str = ''\n"),
    ("store.py", "    keep[key] = value\n", "    print(key, value)\n"),
    ("store.py", "keep: TTLCache = TTLCache(10, 10)", "keep: dict = {}"),
    ("store.py", "def remember", "def note"),
    ("store.py", "    return keep.get(key)\n", "    return None\n"),
    ("store.py", "self.cache.set(key, value)", "self.cache.pop(key)"),
    ("helpers.py", "    made.end_user_id = None\n", ""),
    ("helpers.py", "    made.region = None\n", ""),
    ("helpers.py", "    made.end_user_limit = None\n", ""),
    ("helpers.py", "def copy_for_cache", "def duplicate"),
    ("helpers.py", "from store import remember\n", "from store import note as remember\n"),
    ("helpers.py", "def fresh", '"""Text before."""\n\n\ndef fresh'),
    ("helpers.py", "    made = copy(auth)\n    made.end_user_limit", "    made = auth\n    made.end_user_limit"),
    ("merging.py", "limits.get(\"region\") or auth.region", "limits.get(\"region\")"),
    ("merging.py", "    found: Auth = recall(key)\n", "    found = Auth(key)\n"),
    ("merging.py", "    if limits:\n        found", "    if True:\n        found"),
    ("merging.py", "from model import Auth\n", "from model import lower as Auth\n"),
    ("service.py", "from store import Shelf, recall, remember\n", "import store\n"),
    ("service.py", "class Box:\n    held: Auth\n", "class Box:\n    held: dict\n"),
    ("service.py", "def caller(auth: Auth) -> Auth:", "def caller(auth):"),
    ("service.py", "    shelf.put(auth.token, trimmed(auth))\n", ""),
    ("service.py", "    remember(auth.token, sized(auth))\n", ""),
    ("service.py", 'FIELDS = ("end_user_id",', 'FIELDS = ("region",'),
    ("service.py", "    return lower(**vars(auth))\n", "    return loud(**vars(auth))\n"),
    ("service.py", "box: Box, values", "box, values"),
    ("service.py", "    return found\n", "    return sized(found)\n"),
    ("plain.py", "\n\ndef read", "\n\ndef sized(x):\n    return x\n\n\ndef read"),
    ("plain.py", "\n\ndef read", "\n\nclass loud:\n    pass\n\n\ndef read"),
    ("plain.py", "import json\n", "import json\n\nfrom cachetools import Cache\n\nsized = Cache()\n"),
    ("plain.py", "        return json.load(stream)\n", "        return dict(**json.load(stream))\n"),
    ("plain.py", "import json\n", "import json\n\nfrom helpers import fresh\n\nfresh\n"),
    ("model.py", "class Other:", "    def __copy__(self):\n        return Auth(self.token, self.region, self.end_user_id)\n\n\nclass Other:"),
    ("ports.py", "def keeps", "def hold"),
    ("ports.py", "return deepcopy(self.held.get(key))", "return self.held.get(key)"),
]  # fmt: skip


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    (root / "pyproject.toml").write_text("")
    for name, text in SOURCES.items():
        (root / name).write_text(text)
    return root


def engine(cache: Path | None) -> Engine:
    """An engine of a run of its own."""
    made = Engine(Settings())
    made.cache_dir, made.lists_subjects = cache, False
    return made


def found(root: Path, cache: Path | None, names: list[str] | None = None) -> list[list[Finding]]:
    """The findings of one run in each file."""
    one, out = engine(cache), []
    for name in names or sorted(SOURCES):
        path = root / name
        known = one.clean(path, name)
        report = known or one.check(path, path.read_text(), display=name)
        assert not report.errors
        out.append(list(report.findings))
    one.keep()
    return out


def toggle(root: Path, number: int) -> None:
    name, old, new = EDITS[number]
    text = (root / name).read_text()
    if old and old in text:
        text = text.replace(old, new, 1)
    elif new and new in text:
        text = text.replace(new, old, 1)
    (root / name).write_text(text)


def surveyed(root: Path, cache: Path | None) -> dict[str, Any]:
    """What a survey says, told in names and places."""
    told = project.Project(root)
    told.reads.keeping = cache is not None
    store = None
    if cache is not None:
        store = FileStore(cache / "survey.jsonl", root)
        store.load(told.kept)
        store.load_joins(told.joins)
    survey = Survey(told, Settings())
    modules = [told.module(path) for path in told.paths]

    def names(functions: Iterable[FunctionRef]) -> list[tuple[str, Place]]:
        return sorted((function.module.path.name, function.place) for function in functions)

    shapes = [one for path in told.paths for one in survey.caches.shapes(path).items()]
    said: dict[str, Any] = {
        "shapes": sorted((f.module.path.name, f.place, str(shape_as_json(s))) for f, s in shapes),
        "beside": sorted((n, sorted(map(str, c))) for n, c in survey.caches.beside.items()),
        "carriers": {module.path.name: survey.carriers.present(module.path) for module in modules},
        "functions": [names(survey.functions(module)) for module in modules],
        "helpers": names(survey.helpers),
        "named": names(survey.named_helpers),
        "provable": survey.provable,
        "rewriting": [names(survey.rewriting(module, survey.provable)) for module in modules],
        "marking": sorted(name for _, name in survey.marking()),
    }
    if store is not None:
        told.reads.flush()
        store.save(told.kept)
        store.save_joins(told.joins)
    return said


COPY = "    return dataclasses.replace(auth, plan=None)\n"
ELSEWHERE = {
    "a cache under a name that does not say so": (
        {"a.py": "keep: TTLCache = make()\n",
         "b.py": "from a import keep\n\n\ndef f(auth):\n    keep.set(1, auth)\n"},
        "TTLCache", "dict",
    ),
    "the name of a cache": (
        {"a.py": "keep: TTLCache = make()\n",
         "b.py": "from a import hold\n\n\ndef f(auth):\n    hold.set(1, auth)\n"},
        "keep", "hold",
    ),
    "a class that is called like a function": (
        {"a.py": "class loud:\n    pass\n",
         "b.py": "import a\n\n\ndef copy_for_cache(auth):\n    return a.loud(**auth.__dict__)\n"},
        "class loud", "class Loud",
    ),
    "a wrapper": (
        {"a.py": "def put(x):\n    cache.set(1, x)\n",
         "b.py": "from a import put\n\n\ndef f(auth):\n    made = auth.copy()\n"
                 "    made.end_user_id = None\n    put(made)\n\n\ndef g():\n    return cache.get(1)\n"},
        "cache.set", "plain.sent",
    ),
    "another method of the same name": (
        {"a.py": "class Other:\n    def tidy(self):\n        pass\n",
         "b.py": f"class Auth:\n    def tidy(auth):\n    {COPY}",
         "c.py": "def f(auth):\n    cache.set(1, auth.tidy())\n"},
        "tidy", "clean",
    ),
    "what a function beside a cache imports": (
        {"a.py": "import b\n\n\ndef f(auth):\n    cache.set(1, b.tidy(auth))\n",
         "b.py": f"def tidy(auth):\n{COPY}"},
        "import b", "import z",
    ),
    "the class that a function beside a cache names": (
        {"a.py": "def f(auth: Auth):\n    cache.set(1, auth.tidy())\n",
         "b.py": f"class Auth:\n    def tidy(auth):\n    {COPY}",
         "c.py": "class Other:\n    def tidy(self):\n        pass\n"},
        ": Auth", ": Some",
    ),
    "a class with per-request fields": (
        {"a.py": "class Auth:\n    end_user_id = None\n\n\nclass Plan:\n    name = None\n",
         "b.py": "from a import Auth, Plan\n\n\ndef f(auth: Auth, plan: Plan, names):\n"
                 "    for n in names:\n        setattr(plan, n, names[n])\n"},
        "end_user_id = None\n\n\nclass Plan:\n    name", "name = None\n\n\nclass Plan:\n    end_user_id",
    ),
    "a subclass of it": (
        {"a.py": "class One:\n    end_user_id = None\n\n\nclass Two:\n    name = None\n",
         "b.py": "from a import One, Two\n\n\nclass First(One):\n    pass\n\n\nclass Second(Two):\n    pass\n",
         "c.py": "from b import First, Second\n\n\ndef f(auth: Second, names):\n"
                 "    for n in names:\n        setattr(auth, n, names[n])\n"},
        "end_user_id = None\n\n\nclass Two:\n    name", "name = None\n\n\nclass Two:\n    end_user_id",
    ),
    "a function that merges": (
        {"a.py": "def apply(auth, values):\n    auth.end_user_id = values\n",
         "b.py": "from a import apply\n\n\ndef f(auth):\n    apply(auth, 1)\n    cache.set(1, auth)\n"},
        "def apply", "def adopt",
    ),
    "a named helper": (
        {"a.py": "from c import Auth\n\n\ndef copy_for_cache(auth: Auth):\n"
                 "    made = auth.copy()\n    made.plan = None\n    return made\n",
         "b.py": "def f(auth, values):\n    auth.plan = values.plan or auth.plan\n",
         "c.py": "class Auth:\n    plan: str\n    name: str\n"},
        "def copy_for_cache", "def other",
    ),
    "a field of the class that a named helper copies": (
        {"a.py": "class Auth:\n    plan: str\n",
         "b.py": "def f(auth, values):\n    auth.plan = values.plan or auth.plan\n",
         "c.py": "from a import Auth\n\n\ndef copy_for_cache(auth: Auth):\n    return auth.copy()\n"},
        "plan", "name",
    ),
    "a copy on which something is reset": (
        {"a.py": "def copy_for_cache(auth: Auth):\n    made = auth.copy()\n    made.plan = None\n"
                 "    return made\n\n\nclass Auth:\n    plan = 1\n",
         "b.py": "from a import Auth\n\n\ndef keep(auth: Auth):\n    cache.set(1, auth.copy())\n"},
        "    made.plan = None\n", "",
    ),
    "what a name of another module stands for": (
        {"a.py": "from copy import copy\n\nclone = copy\n",
         "b.py": "from a import clone\n\n\ndef f(auth):\n    made = clone(auth)\n"
                 "    made.end_user_id = None\n    cache.set(1, made)\n"},
        "clone = copy", "clone = print",
    ),
    "whether a name of another module stands for a copy that is reset": (
        {"a.py": "from copy import copy\n\nclone = copy\n",
         "b.py": "from a import clone\n\n\ndef keep(auth: Auth):\n    made = clone(auth)\n"
                 "    made.plan = None\n    cache.set(1, auth.copy())\n\n\nclass Auth:\n    plan = 1\n"},
        "clone = copy", "clone = print",
    ),
    "what a function beside a cache calls by another name": (
        {"a.py": "from b import tidy\n\nOther = tidy\n",
         "b.py": f"def tidy(auth):\n{COPY}",
         "c.py": "from a import Other\n\n\ndef f(auth, one):\n    cache.set(1, Other(auth))\n"
                 "    cache.set(2, one.tidy(auth))\n"},
        "Other = tidy", "Other = print",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", ELSEWHERE)
def test_what_another_file_says_is_heard(tmp_path: Path, what: str) -> None:
    """The first file changes, and what the survey says of another one with it."""
    files, old, new = ELSEWHERE[what]
    root = tmp_path / "project"
    root.mkdir()
    (root / "pyproject.toml").write_text("")
    for name, text in files.items():
        (root / name).write_text(text)
    told = []
    for text in (files["a.py"], files["a.py"].replace(old, new), files["a.py"]):
        (root / "a.py").write_text(text)
        told.append(surveyed(root, tmp_path))
        assert told[-1] == surveyed(root, None)
    assert told[0] == told[2]
    asked = ("rewriting", "shapes", "named")
    others = [[one["functions"][1:], *(one[question] for question in asked)] for one in told]
    assert others[0] != others[1], "the edit makes no difference"


def test_what_a_function_means_by_its_class_is_heard(tmp_path: Path) -> None:
    """The class around a function changes, and what the function calls is another's method; its own text is the same."""
    root = tmp_path / "project"
    root.mkdir()
    (root / "pyproject.toml").write_text("")
    (root / "a.py").write_text(
        "class Store:\n    def put(self, x):\n        cache.set(1, x)\n\n\nclass Other:\n    pass\n"
        "\n\ndef look(x):\n    return cache.get(x)\n"
    )
    service = (
        "from a import Other, Store, look\n\n\nclass Service({}):\n    def f(self, auth):\n"
        "        look(1)\n        made = auth.copy()\n        made.end_user_id = None\n        self.put(made)\n"
    )
    told = []
    for base in ("Store", "Other", "Store"):
        (root / "b.py").write_text(service.format(base))
        told.append(surveyed(root, tmp_path))
        assert told[-1] == surveyed(root, None)
    assert told[0] == told[2] != told[1]


def test_the_bases_of_a_model_are_heard(tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    (root / "pyproject.toml").write_text("")
    model = "class Base:\n    pass\n\n\nclass Other:\n    pass\n\n\nclass Auth({}):\n    plan = 1\n"
    (root / "b.py").write_text(
        "from a import Base\n\n\ndef f(one: Base, values):\n    one.plan = values.plan\n    one.x = 1\n"
    )

    def writers(cache: Path | None) -> tuple[list[str], str]:
        told = project.Project(root)
        store = FileStore(tmp_path / "survey.jsonl", root)
        if cache is not None:
            store.load(told.kept)
            store.load_joins(told.joins)
        survey = Survey(told, Settings())
        auth = told.class_at(str(root / "a.py"), "Auth")
        assert auth is not None
        found = [f.name for f in survey.writers(["plan"]) if survey.may_hold(f, auth)]
        words = survey.derive(f"words of a model\0{root / 'a.py'}\0Auth")
        if cache is not None:
            store.save(told.kept)
            store.save_joins(told.joins)
        return found, words

    told = []
    for base in ("Base", "Other", "Base"):
        (root / "a.py").write_text(model.format(base))
        told.append(writers(tmp_path))
        assert told[-1] == writers(None)
    assert told[0] == told[2] != told[1]


@pytest.mark.parametrize("seed", range(4))
def test_a_survey_says_the_same_with_what_is_kept(tree: Path, tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    for step in range(60):
        number = rng.randrange(len(EDITS))
        toggle(tree, number)
        assert surveyed(tree, tmp_path) == surveyed(tree, None), (step, EDITS[number])


@pytest.mark.parametrize("seed", range(1, 7))
def test_what_is_kept_makes_no_difference(tree: Path, tmp_path: Path, seed: int) -> None:
    """Edits in any order: a run with what earlier ones kept says the same as one without."""
    rng = random.Random(seed)
    seen = set()
    for step in range(25):
        toggle(tree, rng.randrange(len(EDITS)))
        alone = found(tree, None)
        seen.add(str(alone))
        some = rng.sample(sorted(SOURCES), 2)
        wanted = [alone[sorted(SOURCES).index(name)] for name in some]
        assert found(tree, tmp_path / "cache", some) == wanted, step
        if rng.random() < 0.5:
            assert found(tree, tmp_path / "cache") == alone, step
    assert len(seen) > 5


def test_each_edit_makes_no_difference(tree: Path, tmp_path: Path) -> None:
    """Each edit alone, there and back again."""
    before = found(tree, tmp_path / "cache")
    for number, (name, _, _) in enumerate(EDITS):
        toggle(tree, number)
        assert found(tree, tmp_path / "cache") == found(tree, None), EDITS[number]
        (tree / name).write_text(SOURCES[name])
        assert found(tree, tmp_path / "cache") == before


def quiet(tree: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let stats stand for bytes at once; the names of the files that are read from here on."""
    monkeypatch.setattr(kept, "RACY", 0)
    time.sleep(0.02)
    read: list[str] = []
    real = project.read_regular

    def reading(path: str | Path) -> bytes:
        read.append(Path(path).name)
        return real(path)

    monkeypatch.setattr(project, "read_regular", reading)
    return read


def test_only_what_has_changed_is_read(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = quiet(tree, monkeypatch)
    found(tree, tmp_path / "cache")
    assert sorted(set(read)) == sorted(SOURCES)
    read.clear()
    (tree / "plain.py").write_text(SOURCES["plain.py"] + "\n\nX = 1\n")
    time.sleep(0.02)
    assert found(tree, tmp_path / "cache", ["plain.py"]) == [[]]
    assert set(read) == {"plain.py"}


def test_what_was_found_in_other_files_is_not_worked_out_again(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = found(tree, tmp_path / "cache")
    assert any(first)
    (tree / "plain.py").write_text(SOURCES["plain.py"] + "\n\nX = 1\n")
    monkeypatch.setattr(Reporter, "found", lambda *args: 1 / 0)
    assert found(tree, tmp_path / "cache") == first


def test_a_file_that_an_answer_rests_on_makes_it_void(tree: Path, tmp_path: Path) -> None:
    assert any(found(tree, tmp_path / "cache", ["helpers.py"]))
    (tree / "model.py").write_text(SOURCES["model.py"].replace("end_user_", "plan_"))
    changed = found(tree, tmp_path / "cache", ["helpers.py"])
    assert changed == found(tree, None, ["helpers.py"])
    assert all("end_user_limit" not in f.field_names for f in changed[0])


def test_a_file_in_which_a_word_is_new_makes_an_answer_void(tree: Path, tmp_path: Path) -> None:
    """A merge is reported where the class reaches a cache, in a file that did not name it before."""
    for name in SOURCES:
        (tree / name).unlink()
    model = "class Auth:\n    end_user_id: str | None = None\n"
    merge = "from model import Auth\n\n\ndef adopt(auth: Auth, new: str | None) -> None:\n"
    (tree / "model.py").write_text(f"from dataclasses import dataclass\n\n\n@dataclass\n{model}")
    (tree / "merging.py").write_text(f"{merge}    auth.end_user_id = new or auth.end_user_id\n")
    (tree / "store.py").write_text("def g(key, x):\n    cache.set(key, x)\n")
    assert found(tree, tmp_path / "cache", ["merging.py"]) == [[]]
    named = "from model import Auth\n\n\ndef g(key, x: Auth):\n    cache.set(key, x)\n"
    (tree / "store.py").write_text(named)
    (findings,) = found(tree, tmp_path / "cache", ["merging.py"])
    assert [finding.code for finding in findings] == ["CCL201"]


def test_a_new_name_for_a_model_makes_an_answer_void(tree: Path, tmp_path: Path) -> None:
    """A function that is passed over for its words is looked at when they come to mean the model."""
    for name in SOURCES:
        (tree / name).unlink()
    texts = {
        "names.py": "Token = dict\n",
        "model.py": "class Auth:\n    def __init__(self):\n        self.end_user_id = None\n        self.plan = None\n",
        "merging.py": "from names import Token\n\n\ndef adopt(auth: Token, new) -> None:\n"
                      "    auth.end_user_id = new.end_user_id\n    auth.plan = new.plan\n",
        "helper.py": "import copy\n\nfrom model import Auth\n\n\ndef copy_for_cache(auth: Auth):\n"
                     "    made = copy.copy(auth)\n    made.end_user_id = None\n    return made\n",
    }  # fmt: skip
    for name, text in texts.items():
        (tree / name).write_text(text)
    assert found(tree, tmp_path / "cache", ["helper.py"]) == [[]]
    (tree / "names.py").write_text("from model import Auth as Token\n")
    (findings,) = found(tree, tmp_path / "cache", ["helper.py"])
    assert [finding.field_names for finding in findings] == [("plan",)]
    assert [findings] == found(tree, None, ["helper.py"])


def test_a_file_that_is_touched_within_a_tick_is_read(tree: Path, tmp_path: Path) -> None:
    """Same size, same time: only a stat that is old enough stands for the bytes."""
    path = tree / "plain.py"
    store = Kept()
    before = store.digest_of(path, path.read_bytes)
    assert not store.entries[str(path)].signature
    path.write_text(SOURCES["plain.py"].replace("json", "yaml"))
    later = Kept()
    later.load(store.entries)
    assert later.digest_of(path, path.read_bytes) != before


def test_the_same_stat_is_believed_and_no_other(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "RACY", 0)
    time.sleep(0.02)
    path = tree / "plain.py"
    store = Kept()
    before = store.digest_of(path, path.read_bytes)
    later = Kept()
    later.load(store.entries)
    assert later.digest_of(path, lambda: b"not asked") == before
    os.utime(path, ns=(1, 1))
    last = Kept()
    last.load(store.entries)
    assert last.digest_of(path, lambda: b"asked") != before


def saved(tmp_path: Path, number: int = 3) -> tuple[FileStore, Path, Kept]:
    store = Kept()
    for index in range(number):
        path = tmp_path / f"{index}.py"
        path.write_text("")
        store.put("kind", path, "context", bytes, [index])
    path = tmp_path / "cache" / "one-two.jsonl"
    files = FileStore(path, tmp_path)
    files.save(store)
    return files, path, store


def loaded(path: Path, root: Path) -> dict[str, list[int]]:
    again = Kept()
    FileStore(path, root).load(again)
    found = {Path(p).name: entry.get("kind") for p, entry in again.entries.items()}
    return {name: value[1] for name, value in found.items() if value is not None}


def test_what_cannot_be_kept_ends_no_run(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FileStore, "save", lambda *args: 1 / 0)
    assert found(tree, tmp_path / "cache") == found(tree, None)


@pytest.mark.parametrize("which", [".jsonl", ".index"])
def test_damaged_lines_are_passed_over(tmp_path: Path, which: str) -> None:
    number = 3 if which == ".jsonl" else 3 * filestore.ROWS
    _, path, _ = saved(tmp_path, number)
    whole = {f"{n}.py": [n] for n in range(number)}
    assert loaded(path, tmp_path) == whole
    damaged = path.with_suffix(which)
    data = damaged.read_bytes()
    rng = random.Random(1)
    for _ in range(300):
        at = rng.randrange(len(data))
        kind = rng.randrange(3)
        changed = data[:at] + (b"", b"x", b"\n")[kind] + data[at + rng.randrange(2) :]
        damaged.write_bytes(changed)
        found = loaded(path, tmp_path)
        assert found.items() <= whole.items()
        assert len(found) >= 1
    damaged.write_bytes(data[: len(data) // 2])
    assert loaded(path, tmp_path).items() <= whole.items()


def test_a_damaged_line_leaves_all_others(tmp_path: Path) -> None:
    _, path, _ = saved(tmp_path)
    data = path.read_bytes()
    path.write_bytes(data.replace(b"[1]", b"[7]"))
    assert loaded(path, tmp_path) == {"0.py": [0], "2.py": [2]}


def test_an_index_of_another_time_leads_to_the_lines_that_it_means(tmp_path: Path) -> None:
    _, path, _ = saved(tmp_path)
    lines = path.read_bytes().splitlines(keepends=True)
    for there in ((1, 0, 2), (2, 2, 2), (0,), ()):
        path.write_bytes(b"".join(lines[number] for number in there))
        assert loaded(path, tmp_path) == {f"{number}.py": [number] for number in {*there}}
    path.unlink()
    assert loaded(path, tmp_path) == {}


def test_what_processes_add_at_the_same_time_is_found(tmp_path: Path) -> None:
    path = tmp_path / "cache" / "one-two.jsonl"
    stores = [(FileStore(path, tmp_path), Kept()) for _ in range(3)]
    for round_ in range(4):
        for number, (files, own) in enumerate(stores):
            (tmp_path / f"{number}.py").write_text("")
            own.put("kind", tmp_path / f"{number}.py", "context", bytes, [round_, number])
            files.save(own)
    assert loaded(path, tmp_path) == {f"{number}.py": [3, number] for number in range(3)}


def test_what_is_left_of_earlier_settings_goes_with_its_index(tmp_path: Path) -> None:
    (tmp_path / "x.py").write_text("")
    for number in range(filestore.KEPT + 3):
        kept = Kept()
        kept.put("kind", tmp_path / "x.py", "context", bytes, number)
        path = tmp_path / "cache" / f"one-{number}.jsonl"
        FileStore(path, tmp_path).save(kept)
        path.with_suffix(joinstore.SUFFIX).touch()
        os.utime(path, (number, number))
    left = sorted(path.suffix for path in (tmp_path / "cache").iterdir())
    assert left == sorted([".index", ".joins", ".jsonl"] * filestore.KEPT)


def test_lines_that_were_replaced_go_when_they_are_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filestore, "SPARE", 4)
    files, path, store = saved(tmp_path)
    for round_ in range(20):
        store.put("kind", tmp_path / "0.py", "context", bytes, [round_])
        files.save(store)
        assert len(path.read_bytes().splitlines()) <= 3 + 4 + 1
    assert loaded(path, tmp_path) == {"0.py": [19], "1.py": [1], "2.py": [2]}
    assert sorted(p.name for p in path.parent.iterdir()) == ["one-two.index", path.name]


def test_one_line_says_all_of_an_entry_when_it_has_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After edits of one file, again and again, few lines are read for it."""
    monkeypatch.setattr(filestore, "MANY", 4)
    read, lines = FileStore._read, []
    monkeypatch.setattr(FileStore, "_read", lambda *asked: lines.append(asked) or read(*asked))
    _, path, _ = saved(tmp_path)
    entry = tmp_path / "0.py"
    known: dict[str, list[object]] = {"kind": ["context", [0]]}
    for round_ in range(20):
        files, run = FileStore(path, tmp_path), Kept()
        files.load(run)
        lines.clear()
        assert {kind: run.entries[str(entry)].get(kind) for kind in known} == known
        assert 0 < len(lines) <= 4
        kind = f"kind {round_ % 7}"
        run.put(kind, entry, "context", bytes, [round_])
        known[kind] = ["context", [round_]]
        files.save(run)
    assert loaded(path, tmp_path)["2.py"] == [2]


def test_values_of_other_bytes_are_not_mixed_in(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    path.write_text("")
    files = FileStore(tmp_path / "cache" / "f.jsonl", tmp_path)
    for data, kind, value in ((b"one", "kind", 1), (b"two", "other", 2)):
        kept = Kept(on_disk=False)
        kept.put(kind, path, "", lambda data=data: data, value)
        files.save(kept)
    again = Kept()
    FileStore(tmp_path / "cache" / "f.jsonl", tmp_path).load(again)
    entry = again.entries[str(path)]
    assert (entry.get("kind"), entry.get("other")) == (None, ["", 2])


def test_what_is_kept_is_plain_data(tree: Path, tmp_path: Path) -> None:
    found(tree, tmp_path / "cache")
    index, joins, lines = sorted((tmp_path / "cache" / "files").iterdir())
    for line in lines.read_bytes().splitlines():
        name, *parts = map(json.loads, line.partition(b" ")[2].split(b"\t"))
        assert [type(one) for one in (name, *parts)] == [str, dict, dict]
    for line in index.read_bytes().splitlines():
        assert isinstance(json.loads(line.partition(b" ")[2]), list)
    first, *others = (line.partition(b" ")[2] for line in joins.read_bytes().splitlines())
    told = json.loads(first)
    assert set(told["files"]) == set(SOURCES)
    assert len(told["joins"]) == len(others)
    for line in others:
        head, _, said = line.decode("ascii").partition("\t")
        assert [type(one) for one in json.loads(head)] == [str, str, dict, dict]
        for row in said.split("\x1e")[1:]:
            name, one = map(json.loads, row.split("\x1f"))
            assert (type(name), bool(one)) == (str, True)
