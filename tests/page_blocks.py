"""What each kind of block must be able to do: be executed, or be read by the tool it is meant for."""

from __future__ import annotations

import configparser
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from page_format import Block, PageError

from lint_rules.settings import load_settings

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HOOKS = Path(__file__).resolve().parent.parent / ".pre-commit-hooks.yaml"
HOME_PAGE = "https://github.com/flake8-cache-leak/flake8-cache-leak"


@dataclass(frozen=True, slots=True)
class Checked:
    """What a block printed (None when it is nothing that prints), and the scripts it holds, by lines."""

    printed: str | None = None
    scripts: tuple[tuple[str, ...], ...] = ()


def _python(block: Block, run: Any) -> Checked:
    done = run("python", "-c", block.text)
    if done.returncode:
        raise PageError(f"{block.place}: this Python fails\n{done.stdout}")
    return Checked(done.stdout)


def _json(block: Block, run: Any) -> Checked:
    json.loads(block.text)
    return Checked()


def _toml(block: Block, run: Any) -> Checked:
    tools = tomllib.loads(block.text).get("tool", {})
    known = {"cache-leak": _read_by_us, "ruff": _read_by_ruff}
    return _each(block, tools, known, "pyproject.toml", run)


def _ini(block: Block, run: Any) -> Checked:
    parser = configparser.RawConfigParser()
    parser.read_string(block.text)
    sections = {name.partition(":")[0]: None for name in parser.sections()}
    return _each(block, sections, {"flake8": _read_by_flake8}, "setup.cfg", run)


def _each(
    block: Block, tables: Mapping[str, Any], known: Mapping[str, Any], name: str, run: Any
) -> Checked:
    if not tables or not tables.keys() <= known.keys():
        raise PageError(
            f"{block.place}: only {', '.join(known)} can be read here, not {list(tables)}; mark the "
            "block 'not run: why'"
        )
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_text(block.text, encoding="utf-8")
        for table in tables:
            known[table](block, path, run)
    return Checked()


def _read_by_us(block: Block, path: Path, run: Any) -> None:
    origins = load_settings(path.parent, config=path).origins
    if all(origin == "default" for origin in origins.values()):
        raise PageError(f"{block.place}: no setting comes from this block")


def _read_by_ruff(block: Block, path: Path, run: Any) -> None:
    _accepted(
        block, run(_tool("ruff"), "check", "--config", str(path), "--show-settings", "--quiet", ".")
    )


def _read_by_flake8(block: Block, path: Path, run: Any) -> None:
    load_settings(path.parent, config=path)
    _accepted(block, run(_tool("flake8"), "--config", str(path), "--version"))


def _tool(name: str) -> str:
    """A tool of the environment that runs the tests; the reader's may not have it."""
    return str(Path(sys.executable).parent / name)


def _accepted(block: Block, done: Any) -> None:
    if done.returncode:
        raise PageError(f"{block.place}: the tool refuses this configuration\n{done.stdout}")


# ---------------------------------------------------------------------- yaml


def _yaml(block: Block, run: Any) -> Checked:
    document = yaml.safe_load(block.text)
    hooks = list(_repositories(document))
    if hooks:
        _pre_commit(block, hooks, run)
        return Checked()
    scripts = tuple(_scripts(document))
    if not scripts:
        raise PageError(
            f"{block.place}: this YAML has neither hooks nor steps to run; mark it 'not run: why'"
        )
    return Checked(scripts=scripts)


def _repositories(document: Any) -> Iterator[Mapping[str, Any]]:
    entries = document.get("repos", []) if isinstance(document, dict) else document
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and "hooks" in entry:
            yield entry


def _pre_commit(block: Block, repositories: list[Mapping[str, Any]], run: Any) -> None:
    ours = {hook["id"] for hook in yaml.safe_load(HOOKS.read_text(encoding="utf-8"))}
    for repository in repositories:
        if repository["repo"] == HOME_PAGE:
            named = {hook["id"] for hook in repository["hooks"]}
            if not named <= ours:
                raise PageError(f"{block.place}: there are no hooks {named - ours}")
    with TemporaryDirectory() as folder:
        path = Path(folder) / ".pre-commit-config.yaml"
        path.write_text(yaml.safe_dump({"repos": repositories}), encoding="utf-8")
        _accepted(block, run(_tool("pre-commit"), "validate-config", str(path)))


def _scripts(node: Any) -> Iterator[tuple[str, ...]]:
    """What one shell runs: each ``run`` of a GitHub workflow, each ``script`` of a GitLab job."""
    if isinstance(node, list):
        for item in node:
            yield from _scripts(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key in ("run", "script", "before_script"):
                texts = value if isinstance(value, list) else [value]
                yield tuple(
                    line for text in texts for line in str(text).splitlines() if line.strip()
                )
            else:
                yield from _scripts(value)


CHECKS: Mapping[str, Callable[[Block, Any], Checked]] = {
    "python": _python,
    "json": _json,
    "toml": _toml,
    "ini": _ini,
    "yaml": _yaml,
}
"""How a block of each kind is tried."""
