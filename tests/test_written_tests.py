"""What ``--write-tests`` writes fails on leaking code and passes on repaired and on right code: every fixture."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from fixture_format import Fixture, collect
from written_tests import Outcome, Written, renamed, run_pytest, stem_of, write_for

from lint_rules.output.testfile import content

#: Right fixtures with a helper or a merge function of which no test can be written: the module says why.
RIGHT_UNTESTED = {
    "CCL101/abstract_reset_right",
    "CCL101/cache_class_keeps_a_copy_right",
    "CCL101/dump_after_the_merge_right",
    "CCL101/handed_out_right",
    "CCL101/row_handed_over_right",
    "CCL104/in_a_field_right",
    "CCL104/own_cache_class_include_right",
    "CCL104/reset_before_the_store",
    "CCL105/in_a_field_right",
    "CCL201/added_up_right",
    "CCL201/coalesce_right",
    "CCL201/old_values_for_the_log_right",
    "CCL202/all_where_the_user_changed_right",
    "CCL202/async_lookup_right",
    "CCL202/behind_a_protocol_right",
    "CCL202/cache_in_attribute_right",
    "CCL202/cache_of_bytes_right",
    "CCL202/class_told_shared_right",
    "CCL202/copy_goes_back_as_a_copy_right",
    "CCL202/copy_of_memoised_right",
    "CCL202/entry_of_cache_right",
    "CCL202/helper_of_any_class_right",
    "CCL202/json_goes_back_right",
    "CCL202/key_of_two_parts_right",
    "CCL202/own_memoise_right",
    "CCL202/redis_hash_right",
    "CCL202/reset_of_found_or_made_right",
    "CCL202/shared_class_below_right",
    "CCL202/yielded_right",
}
#: Leaking fixtures for which no test can be written; the module must say why.
UNTESTED = {
    "CCL104/row_of_many_changed": "what it stores is out of a test's reach",
    "CCL202/handed_to_a_thread": "its object comes from a cache, not from a parameter",
    "CCL202/names_of_another_class": "its object comes from a cache, not from a parameter",
    "CCL202/one_of_several_classes": "the class of 'found' is not known",
    "CCL202/behind_a_getter": "its object comes from a cache, not from a parameter",
    "CCL104/copied_by_a_function": "what it stores is out of a test's reach",
    "CCL104/kept_by_a_cache_class": "its object comes from a cache, not from a parameter",
    "CCL202/kept_by_a_cache_class": "its object comes from several places",
    "CCL202/loaded_entries": "its object comes from a cache, not from a parameter",
    "CCL202/read_through": "its object comes from a cache, not from a parameter",
    "CCL202/text_of_the_value": "its object comes from a cache, not from a parameter",
    "CCL202/all_where_the_user_changed": "its object comes from a cache, not from a parameter",
    "CCL201/old_of_found_or_made_over_new": "its object comes from several places",
    "CCL201/old_spread_over_other_mapping": "its object comes from several places",
    "CCL201/or_merge_into_built": "its object comes from several places",
    "CCL101/abstract_reset": "Base needs arguments",
    "CCL101/stores_of_many_ways": "the cache that it fills is out of reach",
    "CCL104/class_told_by_what_is_called": "what it stores is out of a test's reach",
    "CCL104/one_of_several": "its object comes from a cache",
    "CCL202/looked_up_for_all_users": "its object comes from a cache",
    "CCL202/among_other_arguments": "its object comes from an attribute",
    "CCL201/merged_by_the_caller": "its object comes from a cache",
    "CCL202/class_told_by_what_is_stored": "its object comes from a cache",
    "CCL202/inner_copies_to_itself": "its object comes from an attribute",
    "CCL202/items_of_an_entry": "its object comes from an attribute",
    "CCL202/one_of_several_returned": "its object comes from a cache",
    "CCL202/entry_handed_to_any_class": "the class of 'tenant' is not known",
    "CCL202/part_of_entry_in_its_method": "its object comes from an attribute, not from a parameter",
    "CCL202/cached_property_of_entry": "its object comes from an attribute, not from a parameter",
    "CCL201/found_in_a_constructor": "its object comes from a cache",
    "CCL202/found_by_constructor": "its object comes from an attribute, not from a parameter",
    "CCL101/inside_deep_copy": "its object is in limits of the copy",
    "CCL101/inside_deep_copy_alone": "its object is in limits of the copy",
    "CCL101/inside_deep_copy_in_place": "its object is in limits of the copy",
    "CCL101/inside_deep_copy_untouched": "its object is in limits of the copy",
    "CCL102/inside_deep_copy": "its object is in limits of the copy",
    "CCL202/told_where_it_is_written": "the class of 'target' is not known",
    "CCL202/found_or_made_of_any_class": "its object comes from a cache",
    "CCL202/cache_of_the_app": "its object comes from a cache",
    "CCL201/old_values_for_another_function": "its object comes from a cache",
    "CCL202/cache_that_keeps_nothing_by_default": "its object comes from a cache",
    "CCL202/copy_of_found_or_made_dict": "its object comes from several places",
    "CCL202/default_of_a_lookup": "its object comes from a cache",
    "CCL202/cache_with_shared_default": "its object comes from a cache",
    "CCL101/built_of_request": "the class of 'request' is not known",
    "CCL101/built_of_row_and_merged": "its object comes from a call",
    "CCL101/copy_of_built_of_row_and_merged": "its object comes from a call",
    "CCL101/row_or_request_handed_over": "the class of 'row' is not known",
    "CCL202/own_copy_is_the_object_itself": "its object comes from several places",
    "CCL202/inner_copy_is_the_object_itself": "its object comes from an attribute",
    "CCL202/inner_copy_goes_back": "its object comes from an attribute",
    "CCL202/inner_copy_handed_over": "its object comes from an attribute",
    "CCL104/in_a_field": "its object comes from an attribute",
    "CCL105/in_a_field": "its object comes from an attribute",
    "CCL202/found_inside_new": "its object comes from an attribute",
    "CCL202/in_a_field": "its object comes from an attribute",
    "CCL104/saved_by_a_base": "what it stores is out of a test's reach",
    "CCL202/behind_a_protocol": "its object comes from a cache",
    "CCL202/behind_one_of_two": "its object comes from a cache",
    "CCL202/behind_a_base_that_is_made": "its object comes from a cache",
    "CCL202/setter_of_found_or_made": "its object comes from a cache",
    "CCL202/cached_or_new": "its object comes from a cache",
    "CCL202/looked_up_in_a_pair": "its object comes from a cache",
    "CCL202/memoised_for_each_token": "its object comes from a cache",
    "CCL202/met_later": "its object comes from a cache",
    "CCL202/object_asked_for": "its object comes from a cache",
    "CCL202/object_setattr": "its object comes from a cache",
    "CCL202/yielded": "its object comes from a cache",
    "CCL101/handed_out": "its object comes from a cache",
    "CCL101/copy_reset_where_found": "its object comes from a cache",
    "CCL101/copy_or_new_with_value": "its object comes from a cache",
    "CCL101/copy_or_new": "its object comes from a cache",
    "CCL101/copy_of_one_found": "its object comes from a cache",
    "CCL101/dump_after_a_complete_merge": "its object comes from a cache",
    "CCL101/dump_after_the_merge": "its object comes from a cache",
    "CCL101/lru_cache_result": "its object comes from an attribute",
    "CCL104/through_calls": "what it stores is out of a test's reach",
    "CCL201/proven_by_field_defaults": "its object comes from a cache",
    "CCL201/cache_elsewhere": "its object comes from a cache",
    "CCL202/async_lookup": "its object comes from a cache",
    "CCL202/names_decide": "the class of 'valid_token' is not known",
    "layout/nested_blocks": "its object comes from an attribute",
    "CCL101/copies_of_filled_entries": "its object comes from a cache",
    "CCL201/added_taken_away": "its object comes from a cache",
    "CCL201/added_spread": "its object comes from a cache",
    "CCL202/cache_hands_out_some_copies": "its object comes from a cache",
    "CCL202/cache_in_attribute": "its object comes from a cache",
    "CCL202/cache_of_bytes": "its object comes from a cache",
    "CCL202/class_of_written_out_cache": "its object comes from a cache",
    "CCL202/class_told_by_what_is_made": "its object comes from a cache",
    "CCL202/class_told_by_what_is_returned": "its object comes from a cache",
    "CCL202/class_unknown": "its object comes from a cache",
    "CCL202/copy_of_an_entry_that_goes_back": "its object comes from a cache",
    "CCL202/copy_of_what_is_added_to": "its object comes from a cache",
    "CCL202/copy_of_what_is_filled_later": "its object comes from a cache",
    "CCL202/copy_of_what_others_store": "its object comes from a cache",
    "CCL202/dict_made_for_all": "its object comes from a cache",
    "CCL202/entry_of_cache": "its object comes from a cache",
    "CCL202/entry_of_unknown_mapping": "its object comes from a cache",
    "CCL202/get_or_set": "its object comes from a cache",
    "CCL202/helper_of_a_protocol": "its object comes from a cache",
    "CCL202/helper_of_any_class": "its object comes from a cache",
    "CCL202/method_of_cache_owner": "its object comes from a cache",
    "CCL202/own_memoise": "its object comes from a cache",
    "CCL202/own_memoise_elsewhere": "its object comes from a cache",
    "CCL103/pop_key_leaves_entries": "only a part of it is taken out",
    "CCL103/remove_item": "only a part of it is taken out",
    "CCL104/cache_in_attribute": "what it stores is out of a test's reach",
    "CCL104/in_an_entry_of_a_called_function": "what it stores is out of a test's reach",
    "CCL201/added_twice": "what it merges comes from more than one object",
    "CCL202/copy_of_any_class": "its object comes from several places",
    "CCL101/copy_of_found_or_made": "its object comes from several places",
    "CCL202/copy_goes_back_as_a_copy": "its object comes from a cache",
    "CCL202/copy_of_memoised": "its object comes from a cache",
    "CCL202/json_goes_back": "its object comes from a cache",
    "CCL202/object_of_a_session": "its object comes from a cache",
    "CCL202/redis_hash": "its object comes from a cache",
}
#: Those of which the repaired code has less to test: what is added in place to an emptied field is no merge.
NARROWER = {
    "CCL103/del_key",
    "CCL103/pop_key",
    "CCL103/pop_key_proven_by_it",
    "CCL201/added_extend",
    "CCL201/added_extend_alone",
    "CCL201/added_if_absent",
    "CCL201/added_in_loop",
    "CCL201/added_to_shared_by_call",
    "CCL201/added_under_guard",
}
#: Leaking fixtures of which the tests see nothing: what they put on the object is overwritten before it is copied.
UNSEEN = {"CCL101/filled_then_copied_for_callers", "CCL202/fields_that_were_set"}
#: What a function by itself still keeps: without the merge that was repaired nothing tells any more that it forgets
#: others, or the repair is on the copy that its caller hands over.
UNREPAIRED = {
    "CCL201/added_extend_alone": {"end_user_id"},
    "CCL201/added_to_shared_by_call": {"end_user_tags"},
}
#: What is left to be found after the repair is about what a caller stores: a test of the function itself sees nothing of it.
STORED_ELSEWHERE = {"CCL201/old_spread_over_new"}
#: Repaired fixtures in which a test still fails, for a reason of its own and none of the rules'.
HARMED = {"CCL101/reset_alias_of_original", "CCL101/reset_on_wrong_object"}
ALL = collect()
_FAILURE = re.compile(
    r"AssertionError: [\w.]+: (\w+) (?:is|of) .*?(first|second|\d{4}|True|\{)", re.S
)


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Fixture, Written]]:
    """The tests written for every fixture as it is, with its files beside them in ``before``."""
    before = tmp_path_factory.getbasetemp() / "before"
    found = {}
    for fixture in map(renamed, ALL):
        root = fixture.write(before / stem_of(fixture))
        found[fixture.name] = (fixture, write_for(fixture, root))
    return found


def _run(
    directory: Path, written: dict[str, tuple[Fixture, Written]], *, fixed: bool
) -> dict[str, list[Outcome]]:
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    (directory / "pytest.ini").write_text("[pytest]\n")
    # What Python 3.13 has; the fixtures' own probes do the same.  And libraries that are only named.
    (directory / "conftest.py").write_text(
        "import copy\nimport dataclasses\nimport sys\nimport types\n\n"
        'copy.replace = getattr(copy, "replace", dataclasses.replace)\n'
        'for library, cls in ("cachelib", "SimpleCache"), ("diskcache", "Index"):\n'
        "    module = sys.modules.setdefault(library, types.ModuleType(library))\n"
        '    vars(module).setdefault(cls, type(cls, (dict,), {"set": dict.__setitem__}))\n'
    )
    for fixture, (_, made) in zip(map(renamed, ALL), written.values(), strict=True):
        root = fixture.write(directory / stem_of(fixture), fixed=fixed)
        if made.module.count:
            (root / f"test_{stem_of(fixture)}.py").write_text(content(made.module))
    return run_pytest(directory)


@pytest.fixture(scope="session")
def before(
    written: dict[str, tuple[Fixture, Written]], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[Outcome]]:
    """What pytest says of the fixtures as they are."""
    return _run(tmp_path_factory.getbasetemp() / "run-before", written, fixed=False)


@pytest.fixture(scope="session")
def after(
    written: dict[str, tuple[Fixture, Written]], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[Outcome]]:
    """What pytest says of the same tests on the repaired fixtures."""
    return _run(tmp_path_factory.getbasetemp() / "run-after", written, fixed=True)


def _failed(outcomes: list[Outcome]) -> list[str]:
    return [outcome.message for outcome in outcomes if outcome.message]


def _module(name: str) -> str:
    return f"test_{name.replace('/', '_')}"


def _names(which: str) -> list[str]:
    return [
        fixture.name
        for fixture in ALL
        if fixture.leaks is (which == "leaking") and (which != "fixed" or fixture.is_fixed)
    ]


@pytest.mark.parametrize("name", _names("leaking"))
def test_leaking_code_fails_and_field_and_value_are_named(
    name: str, written: dict[str, tuple[Fixture, Written]], before: dict[str, list[Outcome]]
) -> None:
    fixture, made = written[name]
    if name in UNTESTED:
        assert any(UNTESTED[name] in line for line in made.module.left_out)
        assert _failed(before.get(_module(name), [])) == []
        return
    failures = _failed(before.get(_module(name), []))
    assert bool(failures) is (name not in UNSEEN), "the code leaks, and the tests pass"
    leaking = {field for s in fixture.sources for _, _, names in s.expected for field in names}
    for message in failures:
        match = _FAILURE.match(message)
        assert match, message
        if name not in HARMED:
            assert match[1] in leaking


@pytest.mark.parametrize("name", [f.name for f in ALL if f.is_fixed])
def test_the_same_tests_pass_on_the_repaired_code(
    name: str, written: dict[str, tuple[Fixture, Written]], after: dict[str, list[Outcome]],
    tmp_path: Path,
) -> None:  # fmt: skip
    fixture, made = written[name]
    failures = _failed(after.get(_module(name), []))
    if name in HARMED:
        assert all("of the object it was given is None now" in message for message in failures)
        assert failures
        return
    again = write_for(fixture, fixture.write(tmp_path, fixed=True))
    remaining = {field for finding in again.findings for field in finding.field_names}
    unreached = any("CCL104" in line for line in again.module.left_out)  # what it stores
    tested = [found for found in again.findings if not (unreached and found.code == "CCL104")]
    unrepaired = UNREPAIRED.get(name, set())
    for message in failures:
        match = _FAILURE.match(message)
        assert match and match[1] in remaining | unrepaired, message
    if made.module.count and name not in UNTESTED:
        assert failures or not (tested or unrepaired) or name in STORED_ELSEWHERE
        assert (again.module.text != made.module.text) is (name in NARROWER)


@pytest.mark.parametrize("name", [f.name for f in ALL if not f.leaks])
def test_right_code_passes(name: str, before: dict[str, list[Outcome]]) -> None:
    assert _failed(before.get(_module(name), [])) == []


def test_most_fixtures_are_tested(
    written: dict[str, tuple[Fixture, Written]], before: dict[str, list[Outcome]]
) -> None:
    assert not any("bug" in line for _, made in written.values() for line in made.module.left_out)
    leaking = [fixture.name for fixture in ALL if fixture.leaks]
    assert {name for name in leaking if _module(name) not in before} <= set(UNTESTED)
    # Those that hold a helper or a merge function: a test has something to call there, or says why not.
    right = [
        name
        for name, (fixture, made) in written.items()
        if not fixture.leaks and (made.module.count or made.module.left_out)
    ]
    assert len(right) > 170
    assert {name for name in right if _module(name) not in before} == RIGHT_UNTESTED


@pytest.mark.parametrize("tool", ["check", "imports", "select", "format", "flake8"])
def test_linters_and_formatters_have_nothing_to_say(
    tool: str, written: dict[str, tuple[Fixture, Written]], before: dict[str, list[Outcome]],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:  # fmt: skip
    directory = tmp_path_factory.getbasetemp() / "run-before"
    files = sorted(map(str, directory.rglob("test_*.py")))
    assert len(files) > 300
    command = {
        "check": ["ruff", "check", "--isolated", "--config", 'src = ["*/case"]'],
        "imports": ["ruff", "check", "--isolated", "--select", "I", "--config", 'src = ["*/case"]'],
        "select": ["ruff", "check", "--isolated", "--line-length", "79", "--select",
                   "E,F,W,B,C4,PIE,PT,RET,SIM,RUF,UP,N,ANN001,ANN201,D1,D4,ARG,Q,COM"],
        "format": ["ruff", "format", "--isolated", "--check"],
        "flake8": ["flake8", "--isolated"],
    }[tool]  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", *command, *files],
        cwd=directory, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]
