"""Programs from hypothesmith: every function of them goes through the whole analysis."""

from __future__ import annotations

import os
import textwrap
import warnings
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from unscreened import force

from lint_rules.engine import Engine
from lint_rules.settings import Settings

warnings.filterwarnings("ignore", module="hypothesmith|lark")
hypothesmith = pytest.importorskip("hypothesmith")

EXAMPLES = int(os.environ.get("CACHE_LEAK_EXAMPLES", "40"))
SLOW = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None
)
HEAD = """from dataclasses import dataclass, replace
@dataclass
class Auth:
    end_user_id: str | None = None
    request_id: str | None = None
"""
AROUND = (
    HEAD + "def copy_for_cache(self, auth: Auth, other, cache) -> Auth:\n"
    "    copied = replace(auth)\n    copied.request_id = None\n{body}\n    return copied\n",
    HEAD + "def copy_for_cache(auth: Auth) -> Auth:\n"
    "    copied = replace(auth)\n    if auth.request_id:\n    {body}\n    return copied\n",
    HEAD + "def update_token(auth: Auth, params: dict) -> None:\n"
    '    auth.end_user_id = params.get("end_user_id") or auth.end_user_id\n{body}\n',
)


def analyse(folder: Path, text: str, *, forced: bool) -> None:
    """Check and repair; a crash is an error of the report, a rewrite without a finding is none."""
    (folder / "pyproject.toml").touch()
    path = folder / "generated.py"
    path.write_text(text, encoding="utf-8", newline="")
    with pytest.MonkeyPatch.context() as patched:
        if forced:
            force(patched)
        engine = Engine(Settings())
        checked = engine.check(path, text, display="generated.py")
        fixed = engine.fix(path, text, display="generated.py")
    for error in (*checked.errors, *fixed.errors):
        assert "report this" not in error.message, error.message
    assert (fixed.new_source is None) == (not fixed.fixed)
    if not checked.findings:
        assert fixed.new_source is None
    if fixed.new_source is not None:
        compile(fixed.new_source, "fixed", "exec", dont_inherit=True)


@pytest.mark.slow
@given(st.one_of(hypothesmith.from_node(), hypothesmith.from_grammar()))
@SLOW
def test_any_program(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    analyse(tmp_path_factory.mktemp("generated"), text, forced=True)


@pytest.mark.slow
@given(hypothesmith.from_node(), st.sampled_from(AROUND))
@SLOW
def test_any_statements_in_a_function_that_leaks(
    tmp_path_factory: pytest.TempPathFactory, body: str, around: str
) -> None:
    text = around.format(body=textwrap.indent(body, "    "))
    try:
        compile(text, "generated", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError):
        assume(False)
    analyse(tmp_path_factory.mktemp("generated"), text, forced=False)
