"""Writing a test module: never over what somebody wrote by hand, and wholly or not at all."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from lint_rules.atomic import replace_atomically, write_atomically
from lint_rules.output.testmodule import MARKER, TestModule
from lint_rules.textfile import FileProblem

_OURS = re.compile(rf"^({re.escape(MARKER)}) \[([0-9a-f]{{16}})\]", re.MULTILINE)


class TestFileError(Exception):
    """The module cannot be written; the message says where, why and what to do."""

    __test__ = False


def content(module: TestModule) -> str:
    """The text of the file: the module, and a checksum by which a change by hand is seen."""
    return module.text.replace(MARKER, f"{MARKER} [{_checksum(module.text)}]", 1)


def write(path: Path, module: TestModule) -> None:
    """Write the module to ``path``; a file that is not as this tool wrote it is never replaced.

    Raises ``TestFileError``; the file is as it was then.
    """
    text = content(module).encode()
    if not path.parent.is_dir():
        raise TestFileError(f"{path}: not written: {path.parent} is no directory; make it first")
    try:
        if not path.exists():
            write_atomically(path, text)
            return
        if not path.is_file():
            raise TestFileError(f"{path}: not written: it is no regular file; give another name")
        before = path.read_bytes()
        refusal = _refusal(before)
        if refusal is not None:
            raise TestFileError(f"{path}: not written: {refusal}")
        if before != text:
            replace_atomically(path, before, text)
    except FileProblem as problem:
        raise TestFileError(f"{path}: {problem}") from problem
    except OSError as error:
        reason = error.strerror or str(error)
        raise TestFileError(f"{path}: not written: {reason}; give a path that can be written") from error  # fmt: skip


def _refusal(before: bytes) -> str | None:
    """Why a file may not be replaced; None for one that is as this tool wrote it."""
    text = before.decode("utf-8", "replace").replace("\r\n", "\n")
    found = _OURS.search(text)
    if not text.strip():
        return None
    if found is None:
        return "it is there already, and --write-tests did not write it; give another name"
    if _checksum(_OURS.sub(r"\1", text, count=1)) != found[2]:
        return "it was changed by hand since it was written; delete it, or give another name"
    return None


def _checksum(text: str) -> str:
    """A sum over the words, in no order: formatters and import sorters may have their way."""
    words = "\n".join(sorted(re.findall(r"\w+", text)))
    return hashlib.sha256(words.encode("utf-8", "backslashreplace")).hexdigest()[:16]
