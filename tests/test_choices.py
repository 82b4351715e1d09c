"""What flake8's own options say of our codes, read by the command as flake8 reads it."""

from __future__ import annotations

from argparse import Namespace
from itertools import product
from pathlib import Path

import pytest
from flake8.style_guide import Decision, DecisionEngine

from lint_rules.choices import read_choices
from lint_rules.findings import Finding
from lint_rules.settings import SettingsError

CODES = ("CCL101", "CCL102", "CCL202", "CCL901")
LISTS: tuple[tuple[str, ...], ...] = ((), ("CCL1",), ("C", "E"), ("CCL101", "CCL2"), ("CCL",))


def finding(code: str) -> Finding:
    return Finding(code, "", "", "a.py", 1, 1, 1, 2, "f", None, ())


def section(**keys: tuple[str, ...]) -> str:
    lines = (f"{key.replace('_', '-')} = {','.join(v)}" for key, v in keys.items() if v)
    return "\n".join(["[flake8]", *lines, ""])


def chosen(folder: Path, **given: tuple[str, ...]) -> list[str]:
    choices = read_choices(folder, config=None, isolated=False, **given)
    return [code for code in CODES if choices.selection(finding(code))]


def test_every_combination_is_decided_as_flake8_decides_it(tmp_path: Path) -> None:
    for select, extend, ignore, more in product(LISTS, repeat=4):
        text = section(select=select, extend_select=extend, ignore=ignore, extend_ignore=more)
        (tmp_path / "setup.cfg").write_text(text, encoding="utf-8")
        theirs = DecisionEngine(
            Namespace(
                select=list(select) or None, extend_select=list(extend), ignore=list(ignore) or None,
                extend_ignore=list(more), extended_default_select=["CCL"],
                extended_default_ignore=[],
            )
        )  # fmt: skip
        expected = [code for code in CODES if theirs.decision_for(code) is Decision.Selected]
        assert chosen(tmp_path) == expected, text
        # On the command line the same codes take the place of those in the file.
        (tmp_path / "setup.cfg").write_text(
            section(
                select=("CCL5",) if select else (), extend_select=extend,
                ignore=("CCL",) if ignore else (), extend_ignore=more,
            ),
            encoding="utf-8",
        )  # fmt: skip
        assert chosen(tmp_path, select=select, ignore=ignore) == expected, text


def test_what_a_select_of_other_codes_leaves_out_its_extension_names(tmp_path: Path) -> None:
    for extend, ignore in product(LISTS, repeat=2):
        if not extend:
            continue
        text = section(select=("E", "F"), extend_select=extend, ignore=ignore)
        (tmp_path / "setup.cfg").write_text(text, encoding="utf-8")
        theirs = DecisionEngine(
            Namespace(
                select=["E", "F"], extend_select=list(extend), ignore=list(ignore) or None,
                extend_ignore=[], extended_default_select=["CCL"], extended_default_ignore=[],
            )
        )  # fmt: skip
        expected = [code for code in CODES if theirs.decision_for(code) is Decision.Selected]
        assert chosen(tmp_path) == expected, text


@pytest.mark.parametrize("key", ["select", "extend-select", "ignore", "extend-ignore"])
@pytest.mark.parametrize("code", ["ccl1", "CCL1011", "CCLX"])
def test_a_malformed_code_of_ours_is_an_error_with_file_and_key(
    tmp_path: Path, key: str, code: str
) -> None:
    (tmp_path / "tox.ini").write_text(f"[flake8]\n{key} = E501, {code}\n", encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        chosen(tmp_path)
    assert f"tox.ini: [flake8]: {key}: '{code}' is no code" in str(caught.value)


def test_other_plugins_codes_mean_nothing(tmp_path: Path) -> None:
    text = section(select=("E", "F"), ignore=("CCD1", "D", "C901"))
    (tmp_path / ".flake8").write_text(text, encoding="utf-8")
    assert chosen(tmp_path) == list(CODES)


def test_it_says_where_each_choice_comes_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "setup.cfg").write_text(
        "[flake8]\nselect = CCL1,E\nextend_ignore = CCL102,W\nexclude = a,\n  b/c\n"
        "per-file-ignores =\n  x.py: CCL1\n",
        encoding="utf-8",
    )
    choices = read_choices(tmp_path, config=None, isolated=False, select=("CCL2",))
    assert choices.told == (
        "select = CCL2  [command line]",
        "extend-ignore = CCL102  [setup.cfg]",
        "per-file-ignores = x.py: CCL1  [setup.cfg]",
        "exclude = a, b/c  [setup.cfg]",
    )
    assert choices.exclude == ("a", str(tmp_path / "b" / "c"))
    isolated = read_choices(tmp_path, config=None, isolated=True, select=("CCL2",))
    assert isolated.told == ("select = CCL2  [command line]",)
    assert isolated.exclude == isolated.per_file_ignores == ()
