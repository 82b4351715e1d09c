"""Which class is the one that implements what another leaves open, and which is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from lint_rules.engine import Engine
from lint_rules.folders import is_of_tests
from lint_rules.project.classes import ClassRef
from lint_rules.project.project import Project
from lint_rules.settings import Settings

LOADER = "from typing import Protocol\nclass Loader(Protocol):\n    def load(self, key): ...\n"
STORE = LOADER.replace("Loader", "Store") + "    def save(self, key, value): ...\n"
RAISING = (
    "class Store:\n    def load(self, key):\n        {}\n    def name(self):\n        return 1\n"
)
BASE = RAISING.format("raise NotImplementedError")
OWN = "from ports import *\nclass Own(%s):\n    def load(self, key): pass\n    def save(self, key, value): pass\n"


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (root / "pyproject.toml").touch()
    return root


def runs(root: Path, files: dict[str, str], cls: str = "Store") -> str:
    """The class of the method that ``load`` runs on an object of a class in ``ports.py``."""
    path = write(root, files) / ("ports.py" if "ports.py" in files else "tests/ports.py")
    found = Project(root)
    owner = found.module(path).class_(cls)
    assert isinstance(owner, ClassRef)
    method = found.implementations.method(owner, "load")
    assert method is not None and method.class_name is not None
    return method.class_name


def test_a_class_that_says_so_implements(tmp_path: Path) -> None:
    assert runs(tmp_path, {"ports.py": LOADER, "own.py": OWN % "Loader"}, "Loader") == "Own"


def test_one_method_of_the_name_is_chance(tmp_path: Path) -> None:
    assert runs(tmp_path, {"ports.py": LOADER, "own.py": OWN % ""}, "Loader") == "Loader"


@pytest.mark.parametrize(
    ("own", "same"),
    [
        ("self, key, value", True),
        ("self, key, value, ttl=None", True),
        ("self, key, value, *more, **others", True),
        ("self, value, key", False),
        ("self, name, value", False),
        ("self, key, value, ttl", False),
        ("self, key", False),
    ],
)
def test_two_methods_with_the_same_parameters_are_none(
    own: str, same: bool, tmp_path: Path
) -> None:
    text = (OWN % "").replace("save(self, key, value)", f"save({own})")
    assert runs(tmp_path, {"ports.py": STORE, "own.py": text}) == ("Own" if same else "Store")


def test_what_may_be_another_one_is(tmp_path: Path) -> None:
    """A class that has the methods with other parameters may be handed over, too."""
    other = (OWN % "").replace("Own", "Other").replace("key", "name")
    files = {"ports.py": STORE, "own.py": OWN % "Store", "other.py": other}
    assert runs(tmp_path, files) == "Store"


@pytest.mark.parametrize(
    ("body", "own"),
    [
        ("raise NotImplementedError", True),
        ("raise NotImplementedError(key)", True),
        ("raise NotImplementedError(\n            key\n        )", True),
        ('"""What it does."""\n        raise NotImplementedError from None', True),
        ("text = f'no {key}'\n        raise NotImplementedError(text)", True),
        ("if key:\n            return 1\n        raise NotImplementedError", False),
        ("self.key = 'a'\n        raise NotImplementedError", False),
        ("found = self.cache[key]\n        raise NotImplementedError", False),
        ("if key:\n            raise NotImplementedError", False),
        ("raise ValueError('raise NotImplementedError')", False),
    ],
)
def test_a_method_that_does_anything_else_is_not_open(body: str, own: bool, tmp_path: Path) -> None:
    files = {"ports.py": RAISING.format(body), "own.py": OWN % "Store"}
    assert runs(tmp_path, files) == ("Own" if own else "Store")


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("from ports import Store\nstore = Store()\n", True),
        ("import ports\ndef f():\n    return ports.Store ()\n", True),
        ("from ports import Store as Base\nstore = Base()\n", True),
        ("from other import Store\nstore = Store()\n", False),
        ("from ports import Store\ndef f(x: Store): return (x, Store)\n", False),
    ],
)
def test_an_object_of_the_base_runs_its_own_methods(text: str, made: bool, tmp_path: Path) -> None:
    files = {"ports.py": BASE, "own.py": OWN % "Store", "use.py": text}
    assert runs(tmp_path, files) == ("Store" if made else "Own")


@pytest.mark.parametrize(
    "name", ["tests/fakes.py", "pkg/tests/fakes.py", "test_it.py", "it_test.py", "conftest.py"]
)
@pytest.mark.parametrize("base", ["", "Store"])
def test_what_tests_define_is_no_implementation(name: str, base: str, tmp_path: Path) -> None:
    fake = (OWN % base).replace("Own", "Fake")
    assert runs(tmp_path / "a", {"ports.py": STORE, name: fake}) == "Store"
    assert runs(tmp_path / "b", {"ports.py": STORE, "own.py": OWN % "", name: fake}) == "Own"
    made = "from ports import Store\nstore = Store()\n"
    assert runs(tmp_path / "c", {"ports.py": BASE, "own.py": OWN % "Store", name: made}) == "Own"


def test_what_tests_leave_open_they_implement(tmp_path: Path) -> None:
    files = {"tests/ports.py": STORE, "tests/own.py": OWN % ""}
    assert runs(tmp_path, files) == "Own"
    made = "from ports import Store\nstore = Store()\n"
    files = {"tests/ports.py": BASE, "tests/own.py": OWN % "Store", "tests/use.py": made}
    assert runs(tmp_path, files) == "Store"


def test_names_say_what_belongs_to_tests() -> None:
    theirs = ["tests/a.py", "a/tests/b/c.py", "test_a.py", "a_test.py", "a/conftest.py"]
    others = ["a.py", "latest.py", "testing.py", "mytests/a.py", "tests.py", "contest.py"]
    for root in ("/project/tests", "/project/tests/"):
        assert all(is_of_tests(root, f"/project/tests/{name}") for name in theirs)
        assert not any(is_of_tests(root, f"/project/tests/{name}") for name in others)


MODEL = """from dataclasses import dataclass
from typing import Optional, Protocol
@dataclass
class Auth:
    token: str = ""
    end_user_id: Optional[str] = None
class Store(Protocol):
    def get(self, key: str) -> Optional[Auth]: ...
    def put(self, key: str, auth: Auth) -> None: ...
"""
MEMORY = """class Memory:
    def __init__(self): self._cache = {}
    def get(self, key): return self._cache.get(key)
    def put(self, key, auth): self._cache[key] = auth
"""
GATEWAY = """from model import Auth, Store
class Gateway:
    def __init__(self, store: Store): self.store = store
    def authenticate(self, key, params):
        auth = self.store.get(key)
        if auth is None:
            auth = Auth(token=key)
            self.store.put(key, auth)
        auth.end_user_id = params.get("end_user_id") or auth.end_user_id
        return auth
"""
FAKE = """import copy
class Fake:
    def __init__(self): self.d = {}
    def get(self, key): return copy.copy(self.d.get(key))
    def put(self, key, auth): self.d[key] = auth
"""
SHARED = {"model.py": MODEL, "memory.py": MEMORY, "gateway.py": GATEWAY}


def codes(root: Path, cache: Path | None = None) -> list[str]:
    engine, path = Engine(Settings()), root / "gateway.py"
    engine.cache_dir = cache
    report = engine.clean(path, path.name) or engine.check(
        path, path.read_text(), display=path.name
    )
    engine.keep()
    assert not report.errors
    return [finding.code for finding in report.findings]


@pytest.mark.parametrize("name", ["tests/fakes.py", "test_gateway.py"])
def test_a_fake_hides_no_leak(name: str, tmp_path: Path) -> None:
    assert codes(write(tmp_path, {**SHARED, name: FAKE})) == ["CCL201"]


def test_a_second_class_of_the_program_leaves_it_open(tmp_path: Path) -> None:
    assert codes(write(tmp_path, {**SHARED, "fakes.py": FAKE})) == []


def test_what_is_kept_makes_no_difference(tmp_path: Path) -> None:
    """Files come and go that hold another implementation, or make an object of the base."""
    root, cache = write(tmp_path / "project", SHARED), tmp_path / "cache"
    based = MODEL.replace("(Protocol)", "").replace("...", "raise NotImplementedError")
    owned = "from model import Store\n" + MEMORY.replace("Memory", "Memory(Store)")
    made = "from model import Store\nstore = Store()\n"
    steps: list[tuple[str, str | None]] = [
        ("tests/fakes.py", FAKE),
        ("fakes.py", FAKE),
        ("fakes.py", FAKE.replace("key, auth", "name, auth")),
        ("fakes.py", None),
        ("memory.py", MEMORY.replace("key, auth", "name, auth")),
        ("memory.py", owned),
        ("model.py", based),
        ("made.py", made),
        ("made.py", made.replace("Store()", "Store")),
        ("tests/test_made.py", made),
        ("made.py", made),
        ("made.py", None),
        ("model.py", based.replace("        raise", "        self._cache[key]; raise")),
    ]
    seen = []
    for name, text in steps:
        (root / name).unlink() if text is None else write(root, {name: text})
        seen.append(codes(root, cache))
        assert seen[-1] == codes(root), name
    assert [] in seen and ["CCL201"] in seen
