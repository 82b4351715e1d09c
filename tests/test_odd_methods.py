"""Methods that nobody could call are passed over: the rest of the file is looked at."""

from __future__ import annotations

from pathlib import Path

import pytest

from lint_rules import check_source

ODD = {
    "property without parameters": "@property\n    def x():\n        return a.b\n\n    @x.setter\n    def x():\n        a.b = 1",
    "property of all": "@property\n    def x(*all):\n        return all.z\n\n    @x.setter\n    def x(*all):\n        all.z = 1",
    "setter without a value": "@property\n    def x(self):\n        return self._x\n\n    @x.setter\n    def x(self):\n        self._x = self",
    "two getters": "@property\n    def x(self):\n        return self._x\n\n    @property\n    def x(self):\n        self._x = self",
    "copy": "def __copy__():\n        return 1",
    "deepcopy": "def __deepcopy__(self):\n        return memo[self]",
    "state": "def __getstate__(*all):\n        return all\n\n    def __setstate__():\n        pass",
    "reduce": "def __reduce__():\n        return ()",
    "reduce nothing": "def __reduce__(self):\n        return",
}  # fmt: skip


@pytest.mark.parametrize("method", ODD.values(), ids=ODD)
def test_the_rest_is_looked_at(tmp_path: Path, method: str) -> None:
    text = f"""import copy, pickle
from dataclasses import dataclass


@dataclass
class Auth:
    end_user_id: str | None = None

    {method}


_cache = {{}}


def odd_copy_for_cache(auth: Auth):
    copies = copy.copy(auth), copy.deepcopy(auth), pickle.dumps(auth)
    auth.x = None
    return copies


def update_token(auth: Auth, params):
    if params.get("end_user_id"):
        auth.end_user_id = params["end_user_id"]
        auth.x = params["x"]
    _cache[1] = auth
"""
    report = check_source(text, str(tmp_path / "m.py"))
    assert report.errors == ()
    assert "CCL202" in {finding.code for finding in report.findings}
