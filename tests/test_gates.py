"""Every gate before a file is written, shown refusing; and letting a good repair through."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

import lint_rules.fixes.repair as repair_module
from lint_rules.engine import Engine, check_source, fix_source
from lint_rules.findings import Edit, FileReport, Finding
from lint_rules.fixes.apply import Outcome
from lint_rules.fixes.gates import refusal
from lint_rules.settings import Settings

OLD = "def f(x):\n    y = x  # kept\n    return y\n"


def _edited(old: str, *edits: Edit) -> str:
    new = old
    for edit in sorted(edits, key=lambda e: e.start, reverse=True):
        new = new[: edit.start] + edit.replacement + new[edit.end :]
    return new


def _refused(old: str, *edits: Edit, new: str | None = None) -> str | None:
    return refusal(old, _edited(old, *edits) if new is None else new, list(edits))


def _replace(old: str, part: str, replacement: str) -> Edit:
    start = old.index(part)
    return Edit(start, start + len(part), replacement)


def test_a_good_edit_passes() -> None:
    assert _refused(OLD, _replace(OLD, "y = x", "y = None")) is None
    assert _refused(OLD, _replace(OLD, "    return y", "    y = None\n    return y")) is None


def test_the_new_text_must_parse() -> None:
    reason = _refused(OLD, _replace(OLD, "y = x", "y = = x"))
    assert reason is not None
    assert "parse" in reason


def test_what_a_parser_did_not_read_before_is_no_fault_of_the_edit() -> None:
    """LibCST rejects an annotated name in brackets, Python does not."""
    old = OLD + "def g():\n    (x): int\n    print(x)\n"
    assert _refused(old, _replace(old, "y = x", "y = None")) is None
    assert _refused(old, _replace(old, "y = x", "y = = x")) is not None


@pytest.mark.parametrize(
    "new",
    [
        OLD.replace("return y", "return x"),  # after the edit
        OLD.replace("def f", "def g"),  # before it
        OLD + "\n",  # at the end
    ],
)
def test_nothing_changes_outside_the_edits(new: str) -> None:
    edit = _replace(OLD, "y = x", "y = None")
    reason = _refused(OLD, edit, new=new.replace("y = x", "y = None"))
    assert reason == "text outside the edited statements would change"


def test_overlapping_edits_are_refused() -> None:
    start = OLD.index("y = x")
    edits = [Edit(start, start + 5, "y = None"), Edit(start + 2, start + 5, "= 1")]
    assert refusal(OLD, OLD, edits) == "text outside the edited statements would change"


def test_every_comment_stays() -> None:
    reason = _refused(OLD, _replace(OLD, "y = x  # kept", "y = None"))
    assert reason is not None
    assert "# kept" in reason
    twice = "# same\nx = 1\n# same\ny = 2\n"
    reason = _refused(twice, Edit(0, 6, "pass"))
    assert reason is not None
    assert "# same" in reason


def test_a_comment_sign_in_a_string_is_no_comment() -> None:
    old = 'x = "# not one"\n'
    assert _refused(old, _replace(old, '"# not one"', "None")) is None


@pytest.mark.parametrize(
    ("newline", "other"), [("\n", "\r\n"), ("\r\n", "\n"), ("\r", "\n"), ("\n", "\r")]
)
def test_no_newline_of_another_kind_comes_in(newline: str, other: str) -> None:
    old = OLD.replace("\n", newline)
    assert _refused(old, _replace(old, "y = x", f"y = x{newline}    y = None")) is None
    reason = _refused(old, _replace(old, "y = x", f"y = x{other}    y = None"))
    assert reason == "a newline of another kind would come in"


def test_the_end_of_the_file_stays() -> None:
    old = "x = 1\ny = 2"
    assert _refused(old, Edit(len(old), len(old), "\n")) == "the end of the file would change"
    old += "\n"
    assert _refused(old, Edit(len(old) - 1, len(old), "")) == "the end of the file would change"


def test_code_swallowed_by_a_string_of_the_edit_is_noticed() -> None:
    old = "a = 1\nb = 2  # '''\nc = 3\n"
    edit = _replace(old, "a = 1", "a = '''")
    compile(_edited(old, edit), "new", "exec")  # it parses, and b is gone
    assert _refused(old, edit) == "code outside the edited statements would be read differently"


def test_form_feeds_stay() -> None:
    old = "x = 1\n\f\ny = 2\n"
    assert _refused(old, _replace(old, "x = 1\n\f\ny = 2", "x = 1\n\f\ny = 3")) is None
    reason = _refused(old, _replace(old, "x = 1\n\f\ny = 2", "x = 1\n\ny = 2"))
    assert reason == "a form feed would be lost"


@pytest.mark.parametrize(("sign", "name"), [("\t", "tab"), ("\f", "form feed")])
def test_no_tab_or_form_feed_comes_in(sign: str, name: str) -> None:
    edit = _replace(OLD, "y = x", f"y ={sign}None")
    assert _refused(OLD, edit) == f"a {name} would come in where the file has none"
    with_one = OLD + f"z ={sign}1\n"
    assert _refused(with_one, edit) is None


@pytest.mark.parametrize(
    "comment", ["# noqa", "# noqa: CCL202", "# noqa: CCL", "# NOQA:E501,CCL101"]
)
def test_suppressed_lines_are_untouched(comment: str) -> None:
    old = f"def f(x):\n    y = x  {comment}\n    return y\n"
    assert _refused(old, _replace(old, "y = x", "y = None")) == "line 2 is suppressed with noqa"
    across = _replace(old, "def f(x):\n    y = x", "def f(x):\n    y = None")
    assert _refused(old, across) == "line 1 is suppressed with noqa"
    assert _refused(old, _replace(old, "return y", "return None")) is None


def test_a_noqa_for_others_suppresses_nothing() -> None:
    old = "def f(x):\n    y = x  # noqa: E501\n    return y\n"
    assert _refused(old, _replace(old, "y = x", "y = None")) is None


def test_a_file_with_noqa_for_all_of_it_is_untouched() -> None:
    old = "# flake8: noqa\ny = 1\n"
    assert _refused(old, _replace(old, "y = 1", "y = None")) == "line 2 is suppressed with noqa"


# --------------------------------------------------------------------------- the engine's own gates

LEAK = """from dataclasses import dataclass, replace


@dataclass
class Auth:
    end_user_id: str | None = None
    end_user_budget: float | None = None


def copy_for_cache(auth: Auth) -> Auth:
    copied = replace(auth)
    return copied
"""


def _fix_with(monkeypatch: pytest.MonkeyPatch, path: Path, old: str, new: str) -> str:
    """Repair ``LEAK`` with a repair that puts ``new`` in the place of ``old``; what was said."""
    edit = _replace(LEAK, old, new)

    def broken(text: str, findings: Iterable[Finding]) -> Outcome:
        wanted = [f for f in findings if f.code == "CCL101" and f.fix.available]
        return Outcome(_edited(text, edit), wanted, [edit]) if wanted else Outcome(text)

    with monkeypatch.context() as patched:
        patched.setattr(repair_module, "apply", broken)
        engine = Engine(Settings())
        report = engine.fix(path, LEAK, display="a.py")
    assert report.new_source is None
    assert report.fixed == ()
    assert [f.code for f in report.findings] == ["CCL101"]
    # What other files are judged by is the text that is still there.
    again = engine.fix(path, LEAK, display="a.py")
    assert again.new_source is not None
    reasons = [finding.fix.reason or "" for finding in report.findings]
    return "\n".join([*reasons, *(error.message for error in report.errors)])


def test_the_engine_names_the_gate(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    said = _fix_with(monkeypatch, tmp_path / "a.py", "replace(auth)", "replace(auth")
    assert "would not parse" in said


def test_the_finding_must_be_gone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    said = _fix_with(monkeypatch, tmp_path / "a.py", "return copied", "return (copied)")
    assert "would not end the leak" in said


def test_no_new_finding_comes_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    new = (
        "copied = replace(auth, end_user_id=None, end_user_budget=None)\n    return copied\n\n\n"
        "def update_auth(auth: Auth, params: dict) -> None:\n"
        '    auth.end_user_id = params.get("end_user_id") or auth.end_user_id'
    )
    old = "copied = replace(auth)\n    return copied"
    said = _fix_with(monkeypatch, tmp_path / "a.py", old, new)
    assert "bring a new CCL201 for end_user_id" in said


def test_a_second_run_must_change_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def restless(text: str, findings: Iterable[Finding]) -> Outcome:
        wanted = [f for f in findings if f.fix.available][:1]
        edit = Edit(len(text) - 1, len(text) - 1, "\n")
        return Outcome(_edited(text, edit), wanted, [edit]) if wanted else Outcome(text)

    # Each round ends one finding, and the next check of the text always finds another one.
    engine = Engine(Settings())
    real = engine.check(tmp_path / "a.py", LEAK, display="a.py")
    (finding,) = (f for f in real.findings if f.code == "CCL101")
    count = iter(range(1000))

    def check(*_: object) -> FileReport:
        return replace(real, findings=(replace(finding, function=f"f{next(count)}", fields=()),))

    with monkeypatch.context() as patched:
        patched.setattr(repair_module, "apply", restless)
        patched.setattr(engine, "_checked", check)
        report = engine.fix(tmp_path / "a.py", LEAK, display="a.py")
    assert report.new_source is None
    assert report.fixed == ()
    (error,) = report.errors
    assert error.message == (
        "not rewritten: a second run would change it again; the file is as it was"
    )


def test_what_was_in_vain_is_tried_again_when_the_text_has_changed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The second function's repair is refused at first: only a second run would have made it."""
    second = LEAK[LEAK.index("def copy") :].replace("copy_for_cache", "second_copy_for_cache")
    text = LEAK + "\n\n" + second

    def refuse(old: str, new: str, edits: list[Edit]) -> str | None:
        both_leak = old.count("replace(auth)") == 2
        if both_leak and any(edit.start > text.index("def second") for edit in edits):
            return "not yet"
        return refusal(old, new, edits)

    with monkeypatch.context() as patched:
        patched.setattr(repair_module, "refusal", refuse)
        report = Engine(Settings()).fix(tmp_path / "a.py", text, display="a.py")
    assert [finding.function for finding in report.fixed] == [
        "copy_for_cache",
        "second_copy_for_cache",
    ]
    assert report.findings == ()


def test_a_clean_file_is_never_rewritten(tmp_path: Path) -> None:
    clean = LEAK.replace("replace(auth)", "replace(auth, end_user_id=None, end_user_budget=None)")
    report = Engine(Settings()).fix(tmp_path / "a.py", clean, display="a.py")
    assert report.findings == ()
    assert report.new_source is None


@pytest.mark.usefixtures("alone")
def test_a_check_says_what_a_gate_will_refuse() -> None:
    text = (
        "from dataclasses import dataclass\n\n\n@dataclass\nclass Auth:\n    token: str\n"
        "    end_user_id: str | None = None\n    end_user_cap: int | None = None\n\n\n"
        "_cache: dict[str, Auth] = {}\n\n\ndef enter(key: str, params: dict) -> Auth:\n"
        "    auth = _cache[key]\n    auth.end_user_id = params.get('end_user_id')\n"
        "    if params.get('end_user_cap'):\n"
        "        auth.end_user_cap = params['end_user_cap']  # noqa: CCL201\n    return auth\n"
    )
    checked, repaired = check_source(text), fix_source(text)
    assert [finding.fix.reason for finding in checked.findings] == [
        "the repair was refused: line 17 is suppressed with noqa"
    ]
    assert repaired.new_source is None
    assert repaired.findings == checked.findings
