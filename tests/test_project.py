"""Where things are: names through imports, fields through bases, callers, in many layouts."""

from __future__ import annotations

from pathlib import Path

import pytest

from lint_rules.project.classes import ClassRef
from lint_rules.project.functions import FunctionRef
from lint_rules.project.index import External
from lint_rules.project.project import Project
from lint_rules.project.roots import Roots
from lint_rules.project.words import names_like

MODEL = (
    "from pydantic import BaseModel\n\n"
    "class Key(BaseModel):\n    token: str\n    end_user_id: str | None = None\n\n"
    "class Auth(Key):\n    spend: float = 0.0\n    tags: list[str] = []\n"
    "    end_user_id: 'str | None' = None  # cache-leak: shared\n"
)


def project(tmp_path: Path, files: dict[str, str]) -> Project:
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (tmp_path / "pyproject.toml").touch()
    return Project(tmp_path)


def resolved(tmp_path: Path, files: dict[str, str], name: str, dotted: str) -> object:
    found = project(tmp_path, files)
    return found.resolve(found.module(tmp_path / name), dotted)


@pytest.mark.parametrize(
    ("files", "dotted"),
    [
        ({"pkg/__init__.py": "", "pkg/use.py": "from pkg.models import Auth"}, "Auth"),
        ({"pkg/__init__.py": "", "pkg/use.py": "from .models import Auth as A"}, "A"),
        ({"pkg/__init__.py": "", "pkg/use.py": "from . import models"}, "models.Auth"),
        ({"pkg/__init__.py": "", "pkg/use.py": "import pkg.models"}, "pkg.models.Auth"),
        ({"pkg/__init__.py": "", "pkg/use.py": "import pkg.models as m"}, "m.Auth"),
        ({"pkg/__init__.py": "", "pkg/use.py": "from .models import *"}, "Auth"),
        ({"pkg/__init__.py": "from .models import Auth", "pkg/use.py": "from pkg import Auth"}, "Auth"),
        (
            {
                "pkg/__init__.py": "",
                "pkg/use.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n"
                "    from pkg.models import Auth",
            },
            "Auth",
        ),
        ({"pkg/__init__.py": "", "pkg/use.py": "from .models import Auth\nOld = Auth"}, "Old"),
        ({"pkg/use.py": "from .models import Auth"}, "Auth"),
        ({"pkg/sub/use.py": "", "pkg/use.py": "from ..pkg.models import Auth"}, "Auth"),
        (
            {
                "pkg/__init__.py": "",
                "pkg/use.py": "try:\n    from pkg.fast import Auth\n"
                "except ImportError:\n    from pkg.models import Auth",
            },
            "Auth",
        ),
        (
            {
                "pkg/__init__.py": "",
                "pkg/use.py": "import sys\nif sys.version_info >= (3, 11):\n"
                "    from pkg.models import Auth as A\nelse:\n    from pkg.models import Auth as A",
            },
            "A",
        ),
        (
            {
                "pkg/__init__.py": "from .facade import *",
                "pkg/facade.py": "from .models import Auth\n__all__ = ['Auth']",
                "pkg/use.py": "from pkg import Auth",
            },
            "Auth",
        ),
    ],
)  # fmt: skip
def test_a_class_is_found(tmp_path: Path, files: dict[str, str], dotted: str) -> None:
    found = resolved(tmp_path, {**files, "pkg/models.py": MODEL}, "pkg/use.py", dotted)
    assert isinstance(found, ClassRef)
    assert found.qualname == "Auth"


def test_a_source_layout_is_an_import_root(tmp_path: Path) -> None:
    files = {
        "src/pkg/__init__.py": "",
        "src/pkg/models.py": MODEL,
        "src/pkg/use.py": "import pkg.models",
    }
    assert isinstance(resolved(tmp_path, files, "src/pkg/use.py", "pkg.models.Auth"), ClassRef)


def test_a_cycle_of_re_exports_ends(tmp_path: Path) -> None:
    files = {"a.py": "from b import Auth", "b.py": "from a import Auth"}
    assert resolved(tmp_path, files, "a.py", "Auth") is None


def test_what_leads_out_is_named_in_full(tmp_path: Path) -> None:
    found = resolved(tmp_path, {"a.py": "from copy import deepcopy as dc"}, "a.py", "dc")
    assert found == External("copy.deepcopy")


def test_fields_come_through_bases_and_the_nearest_declaration_counts(tmp_path: Path) -> None:
    found = resolved(tmp_path, {"models.py": MODEL}, "models.py", "Auth")
    assert isinstance(found, ClassRef)
    assert [field.name for field in found.fields] == ["token", "end_user_id", "spend", "tags"]
    decl = found.field("end_user_id")
    assert decl is not None and (decl.owner.name, decl.line, decl.marker) == ("Auth", 10, "shared")
    assert decl.nullable
    spend, tags = found.field("spend"), found.field("tags")
    assert spend is not None and not spend.nullable and spend.default.text == "0.0"
    assert tags is not None and tags.default.kind == "factory" and tags.default.text == "[]"


@pytest.mark.parametrize(
    ("text", "kind", "names"),
    [
        ("from dataclasses import dataclass\n@dataclass\nclass Auth:\n    a: int = 0", "dataclass", ["a"]),
        ("import attr\n@attr.s\nclass Auth:\n    a = attr.ib(default=None)", "attrs", ["a"]),
        ("from typing import NamedTuple\nclass Auth(NamedTuple):\n    a: int", "namedtuple", ["a"]),
        ("from typing import NamedTuple\nAuth = NamedTuple('Auth', [('a', int)])", "namedtuple", ["a"]),
        ("from typing import TypedDict\nclass Auth(TypedDict, total=False):\n    a: int", "typeddict", ["a"]),
        ("class Auth:\n    def __init__(self, a=None):\n        self.a = a", "plain", ["a"]),
    ],
)  # fmt: skip
def test_kinds_of_models(tmp_path: Path, text: str, kind: str, names: list[str]) -> None:
    found = resolved(tmp_path, {"models.py": text}, "models.py", "Auth")
    assert isinstance(found, ClassRef)
    assert found.kind == kind
    assert [field.name for field in found.fields] == names


@pytest.mark.parametrize(
    "annotation",
    [
        "Auth",
        "Auth | None",
        "Optional[Auth]",
        "'Auth'",
        "Annotated[Auth, 1]",
        "Union[None, 'Auth']",
        "Final[Auth]",
        "typing.Optional['Auth']",
        "Alias",
        "NewStyle",
        "Explicit",
        "Named",
        "Maybe | None",
    ],
)
def test_annotations(tmp_path: Path, annotation: str) -> None:
    aliases = (
        "\nAlias = Auth\nMaybe = Auth | None\nExplicit: TypeAlias = 'Auth | None'\n"
        "Named = NewType('Named', Auth)\ntype NewStyle = Auth | None\n"
    )
    found = project(tmp_path, {"models.py": MODEL + aliases})
    info = found.resolve_annotation(found.module(tmp_path / "models.py"), annotation)
    assert [cls.name for cls in info.classes] == ["Auth"]


@pytest.mark.parametrize("annotation", ["list[Auth]", "type[Auth]", "Callable[[Auth], None]"])
def test_a_container_of_it_is_not_it(tmp_path: Path, annotation: str) -> None:
    found = project(tmp_path, {"models.py": MODEL})
    info = found.resolve_annotation(found.module(tmp_path / "models.py"), annotation)
    assert info.classes == ()


def test_callers_through_imports_aliases_and_self(tmp_path: Path) -> None:
    files = {
        "helpers.py": "def blank(x):\n    return x\n\n_old_blank = blank\n",
        "use.py": "from helpers import blank as b\n\ndef one(x):\n    return b(x)\n",
        "other.py": "from helpers import _old_blank\n\ndef two(x):\n    return _old_blank(x)\n",
        "unrelated.py": "def blank(y):\n    pass\n\ndef three(x):\n    return blank(x)\n",
    }
    found = project(tmp_path, files)
    function = found.resolve(found.module(tmp_path / "helpers.py"), "blank")
    assert isinstance(function, FunctionRef)
    callers = {caller.name for caller in found.callers(function)}
    assert callers == {"one", "two"}


def test_words_in_strings_define_nothing(tmp_path: Path) -> None:
    text = 'TEXT = """\ndef ghost(x):\n    pass\n"""\n\ndef real(x):\n    """\ndef inner(): ...\n    """\n    return x\n'
    found = project(tmp_path, {"a.py": text})
    functions = found.module(tmp_path / "a.py").all_functions
    assert [function.name for function in functions] == ["real"]
    assert functions[0].source.endswith("return x\n")
    assert (functions[0].line, functions[0].end_line) == (6, 10)


def test_the_root_is_decided_by_the_place_of_the_file(tmp_path: Path) -> None:
    deep = tmp_path / "pkg" / "space" / "deep"
    deep.mkdir(parents=True)
    (tmp_path / "pkg" / "__init__.py").touch()
    assert Roots().of(deep / "a.py") == tmp_path / "pkg"
    (tmp_path / "setup.cfg").touch()
    assert Roots().of(deep / "a.py") == tmp_path


def test_star_imports_in_a_circle_are_followed_once(tmp_path: Path) -> None:
    names = [f"m{number}" for number in range(8)]
    files = {
        f"{name}.py": "".join(f"from {other} import *\n" for other in names if other != name)
        for name in names
    }
    files["m7.py"] += "class Auth:\n    pass\n"
    found = project(tmp_path, files)
    asked: list[str] = []
    real = found.module_named

    def counted(dotted: str) -> object:
        asked.append(dotted)
        assert len(asked) < 200
        return real(dotted)

    found.module_named = counted  # type: ignore[method-assign,assignment]
    module = found.module(tmp_path / "m0.py")
    assert found.resolve(module, "nowhere") is None
    assert isinstance(found.resolve(module, "Auth"), ClassRef)


def test_a_decoded_text_stays_as_it_is_beside_another(tmp_path: Path) -> None:
    """Its bytes are not those of the file: they may say another encoding than theirs."""
    found = project(tmp_path, {"a.py": "", "b.py": ""})
    text = "# -*- coding: latin-1 -*-\nNAME = 'é'\n"
    found.overlay(tmp_path / "a.py", text)
    found.overlay(tmp_path / "b.py", "X = 1\n")
    assert found.module(tmp_path / "a.py").text == text


@pytest.mark.parametrize(
    ("glob", "expected"),
    [
        ("end_*", ["end_a", "end_b"]),
        ("*_a", ["end_a", "xend_a"]),
        ("*", ["end_a", "xend_a", "end_b", "x"]),
        ("end_?", ["end_a", "end_b"]),
        ("[ex]*_a", ["end_a", "xend_a"]),
        ("*[xyz_]a", ["end_a", "xend_a"]),
        ("Auth", []),
    ],
)
def test_names_like(glob: str, expected: list[str]) -> None:
    text = "end_a, xend_a = end_b.x"
    assert [text[first:end] for first, end in names_like(glob, text)] == expected
