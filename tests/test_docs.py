"""Every block of every page is run or compared, every link leads somewhere.

How a page is tried is said in ``page_runner`` and ``page_blocks``; the marks that a page may carry in
``page_format``.  A new page is found by itself.  Its commands run in ``tests/pages/<its name>``, or in
``tests/pages/default`` where there is no such folder.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from page_blocks import HOME_PAGE
from page_format import MARKS, Block, Command, PageError, prose_of, read_blocks
from page_runner import (
    NETWORK,
    PAGES,
    ROOT,
    PageRun,
    committed,
    compare,
    current_scripts,
    fresh_environment,
    make_origin,
    make_release,
)

from lint_rules.naming import CACHE_COPY_HELPERS, MERGE_FUNCTIONS
from lint_rules.settings import OPTIONS, PREFIX

NAMES = [
    "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "examples/README.md",
    *sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md")),
]  # fmt: skip


def blocks_of(name: str) -> list[Block]:
    return read_blocks(ROOT / name, name)


def needs_the_index(block: Block) -> bool:
    lines = (line.removeprefix("$ ") for line in block.text.splitlines())
    return "network" in block.marks or any(
        NETWORK.match(re.sub(r"^\s*-?\s*(run: )?", "", line)) for line in lines
    )


ONLINE = [name for name in NAMES if any(needs_the_index(block) for block in blocks_of(name))]


def run_page(name: str, run: PageRun) -> None:
    own = Path(name).stem
    run.enter(own if (PAGES / own).is_dir() else "default")
    for block in blocks_of(name):
        run.do(block)


@pytest.mark.parametrize("name", NAMES)
def test_the_page_is_true(name: str, tmp_path: Path) -> None:
    run_page(name, PageRun(tmp_path, current_scripts()))


@pytest.mark.network
@pytest.mark.parametrize("name", ONLINE)
def test_the_page_is_true_from_an_empty_environment_on(name: str, tmp_path: Path) -> None:
    origin = make_origin(tmp_path / "origin")
    scripts = fresh_environment(tmp_path / "environment")
    release = make_release(origin, tmp_path / "release")
    run = PageRun(tmp_path, scripts, online=True, mirrors={HOME_PAGE: origin}, release=release)
    run_page(name, run)
    assert run.passed_over == []


@pytest.mark.network
def test_the_readme_s_flake8_hook_has_the_plugin(tmp_path: Path) -> None:
    """With a stand-in for flake8's repository: a package that needs nothing but flake8."""
    (block,) = [block for block in blocks_of("README.md") if "PyCQA/flake8" in block.text]
    (entry,) = yaml.safe_load(block.text)["repos"]
    flake8 = tmp_path / "flake8"
    flake8.mkdir()
    (flake8 / "setup.py").write_text(
        "from setuptools import setup\n"
        f"setup(name='standin', py_modules=[], install_requires=['flake8=={entry['rev']}'])\n"
    )
    (flake8 / ".pre-commit-hooks.yaml").write_text(
        "- {id: flake8, name: flake8, entry: flake8, language: python, types: [python]}\n"
    )
    mirrors = {
        entry["repo"]: committed(flake8, entry["rev"]),
        HOME_PAGE: make_origin(tmp_path / "origin"),
    }
    run = PageRun(tmp_path, current_scripts(), online=True, mirrors=mirrors)
    run.enter("default")
    config = run.project / ".pre-commit-config.yaml"
    config.write_text(block.text, encoding="utf-8")
    run.command("README.md", Command("git add .; ! pre-commit run --all-files"))
    assert run.printed is not None
    assert "src/auth.py:15:12: CCL101 copy_for_cache: end_user_max_budget\n" in run.printed


def test_what_is_not_run_says_why() -> None:
    for name in NAMES:
        for block in blocks_of(name):
            for mark in ("not run", "network"):
                if mark in block.marks:
                    assert len(block.marks[mark].split()) >= 4, f"{block.place}: say why"


def test_what_another_test_checks_is_checked_there() -> None:
    for name in NAMES:
        for block in blocks_of(name):
            path, _, test = block.marks.get("checked by", "").partition("::")
            if path:
                text = (ROOT / path).read_text(encoding="utf-8")
                assert f"def {test}(" in text, f"{block.place}: there is no {path}::{test}"
                assert name in text, f"{path} does not read {name}"


# ---------------------------------------------------------------------- settings and options


def test_every_setting_has_a_section_with_its_default_and_an_example() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## (\S+)\n(.*?)(?=^## )", text, re.MULTILINE | re.DOTALL))
    assert [name for name in sections if "-" in name] == [option.name for option in OPTIONS]
    for option in OPTIONS:
        section = sections[option.name]
        assert all(f"`{value}`" in section for value in option.default)
        assert f"--{option.name}" in section or f"--{PREFIX}{option.name}" in section
        assert f"\n{option.name} = [" in text
        assert f"\n{PREFIX}{option.name} = " in text


def test_the_built_in_names_are_listed() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    for title, names in (
        ("cache-copy-helpers", CACHE_COPY_HELPERS), ("merge-functions", MERGE_FUNCTIONS),
    ):  # fmt: skip
        section = text.partition(f"\n## {title}\n")[2].partition("```")[0]
        assert tuple(re.findall(r"`([^`]*\*[^`]*)`", section)) == names


def test_the_command_line_is_documented() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    table = text.partition("| option | what it does |")[2].partition("\n\n")[0]
    documented = {
        option
        for row in table.splitlines()
        for option in re.findall(r"`(--?[a-z-]+)", row.partition(" | ")[0])
    }
    offered = set(re.findall(r"(?:^ +|, )(--?[a-z][a-z-]*)", help_text(), re.MULTILINE))
    assert documented == offered


# ---------------------------------------------------------------------- links

_LINK = re.compile(r"\[[^\]]*\]\(\s*<?([^)\s>]+)>?\s*\)")
_HEADING = re.compile(r"^#{1,6} +(.*?) *$", re.MULTILINE)


def slugs(text: str) -> set[str]:
    """The anchors that GitHub gives to the headings of a page."""
    seen: dict[str, int] = {}
    found = set()
    for heading in _HEADING.findall(prose_of(text)):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        slug = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        count = seen.get(slug, 0)
        seen[slug] = count + 1
        found.add(f"{slug}-{count}" if count else slug)
    return found


def links_of(name: str) -> list[str]:
    prose = prose_of((ROOT / name).read_text(encoding="utf-8"))
    return _LINK.findall(re.sub(r"`[^`]*`", "", prose))


def dead(name: str, link: str) -> bool:
    """True when a link within the repository leads to no file or no heading."""
    path, _, anchor = link.partition("#")
    target = ((ROOT / name).parent / path).resolve() if path else ROOT / name
    if not target.exists() or not target.is_relative_to(ROOT):
        return True
    return bool(anchor) and anchor not in slugs(target.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_somewhere(name: str) -> None:
    inner = [link for link in links_of(name) if not re.match(r"[a-z]+:", link)]
    assert [link for link in inner if dead(name, link)] == []
    outer = [link for link in links_of(name) if re.match(r"[a-z]+:", link)]
    assert all(link.startswith("https://") for link in outer)


def test_the_index_links_every_page() -> None:
    linked = {link.partition("#")[0] for link in links_of("docs/index.md")}
    pages = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert pages - {"index.md"} <= linked


# ---------------------------------------------------------------------- commands in the text


@pytest.mark.parametrize("name", NAMES)
def test_commands_named_in_a_sentence_exist(name: str) -> None:
    prose = prose_of((ROOT / name).read_text(encoding="utf-8"))
    spans = [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", prose)]
    options = set(re.findall(r"--?[a-z][a-z-]*", help_text()))
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for span in spans:
        words = span.split()
        if words[0] == "fix-cache-leak":
            named = {re.sub(r"=.*", "", word) for word in words[1:] if word.startswith("-")} - {"-"}
            assert named <= options, f"{name}: `{span}`"
        elif words[0] == "make" and len(words) > 1:
            assert words[1] in targets, f"{name}: `{span}`"


def help_text() -> str:
    command = [sys.executable, "-m", "lint_rules", "--help"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


# ---------------------------------------------------------------------- the tests of these tests


def page(tmp_path: Path, text: str) -> PageRun:
    """Run a page of that text in the default project."""
    (tmp_path / "page.md").write_text(text, encoding="utf-8")
    run = PageRun(tmp_path, current_scripts())
    run.enter("default")
    for block in read_blocks(tmp_path / "page.md", "page.md"):
        run.do(block)
    return run


WRONG = {
    "another output": ("```console\n$ echo one\ntwo\n```\n", "something else"),
    "an output in the next block": (
        "```console\n$ echo one\n```\n\nIt prints:\n\n```text\ntwo\n```\n",
        "something else",
    ),
    "a line left out": ("```console\n$ printf 'a\\nb\\nc\\n'\na\nc\n```\n", "something else"),
    "nothing but dots": ("```console\n$ echo one\n...\n```\n", "nothing but dots"),
    "a failing command": ("```console\n$ false\n```\n", "ended with 1"),
    "a bad option": ("```console\n$ fix-cache-leak --chekc src\n```\n", "ended with 2"),
    "another exit": ("<!-- exit: 0 -->\n```console\n$ fix-cache-leak --check src\n```\n", "with 1"),
    "an unknown kind": ("```fortran\nPRINT *\n```\n", "'fortran'"),
    "no kind": ("```\nx\n```\n", "kind ''"),
    "an output of nothing": ("```text\none\n```\n", "'text'"),
    "an output after another block": (
        "```console\n$ echo one\n```\n```python\nx = 1\n```\n```text\none\n```\n",
        "something else",
    ),
    "an unknown mark": ("<!-- skip: me -->\n```console\n$ true\n```\n", "unknown mark 'skip'"),
    "a mark above nothing": ("<!-- exit: 1 -->\n\ntext\n", "above no block"),
    "an open block": ("```console\n$ true\n", "never closed"),
    "no command": ("```console\ntrue\n```\n", "begins with a command"),
    "failing Python": ("```python\nimport lint_rules.nothing\n```\n", "this Python fails"),
    "an unknown setting": ('```toml\n[tool.cache-leak]\nshared = ["x"]\n```\n', "unknown option"),
    "a setting of ruff's": ("```toml\n[tool.ruff]\nlong-lines = 1\n```\n", "refuses"),
    "another tool": ("```toml\n[tool.black]\nx = 1\n```\n", "only cache-leak, ruff"),
    "a flake8 setting": ("```ini\n[flake8]\ncache-leak-shared = x\n```\n", "unknown option"),
    "a hook": (
        "```yaml\n- repo: https://github.com/flake8-cache-leak/flake8-cache-leak\n"
        "  rev: main\n  hooks:\n    - id: cache-leek\n```\n",
        "no hooks {'cache-leek'}",
    ),
    "a step": ("```yaml\nsteps:\n  - run: fix-cache-leak --chekc src\n```\n", "ended with 2"),
    "an empty job": ("```yaml\njobs:\n  a: b\n```\n", "neither hooks nor steps"),
    "a tool that nobody installed": ("```console\n$ frobnicate src\n```\n", "ended with 127"),
    "a failing script": (
        "```yaml\nsteps:\n  - run: |\n      false\n      true\n```\n",
        "ended with 1",
    ),
    "a failing step after a passed one": (
        "```yaml\nsteps:\n  - run: |\n      pip install x\n      exit 3\n```\n",
        "ended with 3",
    ),
    "a part of no file": ("<!-- shows: src/auth.py -->\n```python\nx = 1\n```\n", "no part of"),
    "an unknown project": ("<!-- in: nowhere -->\n```console\n$ true\n```\n", "'nowhere'"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_page_is_refused(what: str, tmp_path: Path) -> None:
    text, reason = WRONG[what]
    with pytest.raises((PageError, ValueError)) as caught:
        page(tmp_path, text)
    assert reason in str(caught.value)


def test_a_right_page_is_run(tmp_path: Path) -> None:
    run = page(
        tmp_path,
        "<!-- file: a/b.py -->\n```python\nprint('x')\n```\n"
        "```console\n$ printf 'a\\nb\\nc\\nd 12\\n'\na\n...\nd ...\n$ python a/b.py \\\n  --x\n```\n"
        "```text\nx\n```\n"
        "<!-- shows: a/b.py -->\n```python\nprint('x')\n```\n"
        "<!-- not run: it would empty the disk -->\n```console\n$ exit 1\n```\n"
        "```console\n$ pip install everything\n```\n\n```text\neverything came\n```\n"
        "  ```yaml\n  steps:\n    - run: |\n        pip install . frobnicator\n        frobnicate src\n"
        "        status=1\n        exit $((status - 1))\n  ```\n",
    )
    assert run.compared == 3
    assert len(run.passed_over) == 3


def test_the_dots_stand_for_lines_and_parts_of_lines() -> None:
    compare("here", "a\n...\nz", "a\nb\n\nc\nz\n")
    compare("here", "took ... s", "took 1.23 s")
    for printed in ("a\nb\n", "b\nz\n", "a\nz\ny\n"):
        with pytest.raises(PageError):
            compare("here", "a\n...\nz", printed)


def test_anchors_are_github_s() -> None:
    text = "# A `b`: c!\n## D - e\n## D - e\n```text\n# no\n```\n## [F](x.md)\n"
    assert slugs(text) == {"a-b-c", "d---e", "d---e-1", "f"}
    assert dead("README.md", "docs/nowhere.md")
    assert dead("README.md", "docs/architecture.md#nowhere")
    assert not dead("README.md", "docs/architecture.md#evidence")


def test_the_marks_are_told_to_contributors() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert [mark for mark in MARKS if f"`{mark}`" not in text] == []


def test_what_stands_in_for_make_demo_is_its_recipe() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "\ndemo: $(VENV)/.demo\n\t@$(BIN)/python examples/demo.py\n" in makefile
