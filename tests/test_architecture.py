"""The picture in docs/architecture.md, checked against the imports of every module."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "lint_rules"
#: What each room may import, itself left out; later rooms stand on earlier ones.
ROOMS = [
    {
        "findings",
        "settings",
        "naming",
        "deadline",
        "regularfile",
        "_version",
        "configfiles",
        "folders",
    },
    {"project"},
    {"store"},
    {"screen"},
    {"flow"},
    {"knowledge"},
    {"rules"},
    {"fixes"},
    {"calling"},
    {"inventory"},
    {"reporting"},
    {"engine"},
]
#: Modules that present and apply; they stand on everything and nothing stands on them.
FACES = {
    "flake8_plugin",
    "cli",
    "codemod",
    "output",
    "command",
    "console",
    "interrupts",
    "__main__",
}
HEAVY = {"libcst", "flake8", "click"}
ALLOWED = {
    "libcst": {
        "flow",
        "knowledge",
        "rules",
        "fixes",
        "calling",
        "inventory",
        "reporting",
        "codemod",
    },
    "flake8": {"flake8_plugin", "suppress"},
    "click": {"cli"},
}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imported(path: Path, *, lazy: bool) -> set[str]:
    """Dotted names that a module imports at its top, and with ``lazy`` inside functions too."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = ast.walk(tree) if lazy else _top(tree.body)
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module == "lint_rules":
            found |= {f"lint_rules.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def _top(body: list[ast.stmt]) -> list[ast.stmt]:
    out: list[ast.stmt] = []
    for node in body:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        out.append(node)
        for name in ("body", "orelse"):
            if isinstance(node, ast.If | ast.Try):
                out += _top(getattr(node, name, []))
    return out


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_rooms_stand_on_earlier_rooms_only(path: Path) -> None:
    room = room_of(path)
    order = {name: index for index, names in enumerate(ROOMS) for name in names}
    if room not in order:
        return
    for name in imported(path, lazy=False):
        parts = name.split(".")
        if parts[0] != "lint_rules" or len(parts) < 2:
            continue
        assert parts[1] not in FACES, f"{room} imports the face {name}"
        if parts[1] in order and parts[1] != room:
            assert order[parts[1]] <= order[room], f"{room} imports {name}"


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_heavy_libraries_stay_in_their_rooms(path: Path) -> None:
    for name in imported(path, lazy=True):
        top = name.split(".")[0]
        if top in HEAVY:
            assert room_of(path) in ALLOWED[top], f"{path.name} imports {name}"


MERGING = {
    "models.py": "class Auth(BaseModel):\n    token: str\n    plan: str | None = None\n",
    "copies.py": """from models import Auth


def copy_for_cache(auth: Auth) -> Auth:
    made = auth.model_copy()
    made.plan = None
    return made
""",
    "merges.py": """from models import Auth
from store import cache


def merge(key: str, params: Auth) -> Auth:
    auth: Auth = cache.get(key)
    auth.plan = params.plan or auth.plan
    return auth
""",
    "store.py": "cache = {}\n",
    "plain.py": "def add(a, b):\n    return a + b\n",
}


@pytest.mark.parametrize(
    "module", ["lint_rules", "lint_rules.runner", "lint_rules.engine", "lint_rules.settings"]
)
def test_importing_is_light(module: str) -> None:
    code = (
        f"import sys, {module}; "
        "print([n for n in ('libcst', 'click', 'flake8') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_run_without_candidates_imports_no_libcst(tmp_path: Path) -> None:
    (tmp_path / "plain.py").write_text("def add(a, b):\n    return a + b\n")
    code = (
        "import sys; from lint_rules.runner import check_paths; "
        "check_paths([sys.argv[1]]); print('libcst' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


def test_what_earlier_runs_told_of_a_model_imports_no_libcst(tmp_path: Path) -> None:
    project, kept = tmp_path / "project", tmp_path / "kept"
    project.mkdir()
    for name, text in MERGING.items():
        (project / name).write_text(text)
    code = """import sys
from lint_rules.cli import main

try:
    main(["--check", "--quiet", "--cache-dir", *sys.argv[1:]])
except SystemExit as ended:
    print(ended.code, "libcst" in sys.modules)
"""

    def run(what: Path) -> str:
        command = [sys.executable, "-c", code, str(kept), str(what)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return done.stdout.splitlines()[-1]

    assert run(project) == "1 True"
    edited = project / "plain.py"
    edited.write_text("def double(a):\n    a.plan = a.plan or a.other\n    return a\n")
    assert run(edited) == "0 False"


def test_the_assertions_for_users_and_the_analysis_do_not_know_each_other() -> None:
    for path in modules():
        inside = room_of(path) == "testing"
        for name in imported(path, lazy=True):
            if name.split(".")[0] == "lint_rules":
                assert (name.split(".")[1:2] == ["testing"]) is inside, f"{path} imports {name}"


def test_no_module_is_a_drawer() -> None:
    long = {p.name: n for p in modules() if (n := len(p.read_text().splitlines())) > 450}
    assert not long


# ---------------------------------------------------------------------- the picture

PAGE = "docs/architecture.md"
Arrows = set[tuple[str, str]]


def picture(text: str) -> tuple[dict[str, str], Arrows]:
    """The box of every module, and the arrows between boxes, of the page's mermaid block."""
    block = re.search(r"^```mermaid\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert block is not None
    boxes = re.findall(r'^ *(\w+)\["\1: (.*)"\]$', block[1], re.MULTILINE)
    arrows = re.findall(r"^ *(\w+) -->\|[^|]+\| (\w+)$", block[1], re.MULTILINE)
    lines = [line for line in block[1].splitlines()[1:] if line.strip()]
    assert len(lines) == len(boxes) + len(arrows), "a line of the picture is neither box nor arrow"
    placed = [(module, box) for box, modules in boxes for module in modules.split(", ")]
    assert len(placed) == len(dict(placed)), "a module stands in two boxes"
    return dict(placed), set(arrows)


def imports_between(box_of: dict[str, str]) -> Arrows:
    """The boxes that import each other, types and late imports included."""
    found: Arrows = set()
    for path in modules():
        here = box_of[room_of(path)]
        for name in imported(path, lazy=True):
            parts = name.split(".")
            if parts[0] == "lint_rules" and len(parts) > 1 and parts[1] != "__version__":
                found.add((here, box_of[parts[1]]))
    return {(here, there) for here, there in found if here != there}


def reachable(arrows: Arrows) -> Arrows:
    """The pairs of boxes that a way of arrows connects."""
    found = set(arrows)
    while True:
        more = {(a, d) for a, b in found for c, d in arrows if b == c} - found
        if not more:
            return found
        found |= more


def test_the_picture_shows_the_imports() -> None:
    box_of, arrows = picture((PACKAGE.parent / PAGE).read_text(encoding="utf-8"))
    assert set(box_of) == {room_of(path) for path in modules()}
    imports = imports_between(box_of)
    assert arrows - imports == set(), "these arrows are no imports"
    assert imports - reachable(arrows) == set(), "these imports go against the arrows"
    assert {(a, b) for a, b in reachable(arrows) if a == b} == set(), "the arrows go in a circle"


def test_a_wrong_picture_is_seen() -> None:
    text = (PACKAGE.parent / PAGE).read_text(encoding="utf-8")
    box_of, arrows = picture(text.replace("knowledge -->|what one", "project -->|what one"))
    assert ("project", "flow") in arrows - imports_between(box_of)
    _, arrows = picture(re.sub(r"^ *rules -->.*\n", "", text, flags=re.MULTILINE))
    assert ("rules", "knowledge") in imports_between(box_of) - reachable(arrows)
