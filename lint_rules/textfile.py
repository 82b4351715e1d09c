"""One source file as bytes and as text: read it, encode it again, and replace it atomically."""

from __future__ import annotations

import os
import re
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

_BOM = b"\xef\xbb\xbf"
_DECLARED = re.compile(rb"\A(?:[^\n\r]*(?:\r\n|\r|\n))?[^\n\r]*coding")


class FileProblem(Exception):
    """A file that cannot be read or written: the place, the reason and the remedy in one line."""


@dataclass(frozen=True, slots=True)
class SourceText:
    """The bytes of a file, their text with newlines as they are, and how to get back."""

    raw: bytes
    text: str
    encoding: str
    bom: bool

    def encode(self, text: str) -> bytes:
        """``text`` in the file's own encoding; ``FileProblem`` when it has no such characters."""
        try:
            body = text.encode(self.encoding)
        except UnicodeEncodeError as error:
            line = text.count("\n", 0, error.start) + 1
            character = ascii(text[error.start])
            raise FileProblem(
                f"line {line}: {character} cannot be written in {self.encoding}; "
                "declare another encoding, or mend the file by hand"
            ) from error
        return _BOM + body if self.bom else body


def decode(raw: bytes) -> SourceText:
    """Decode a Python source by its BOM or its declaration (PEP 263)."""
    bom = raw.startswith(_BOM)
    body = raw[len(_BOM) :] if bom else raw
    encoding = _declared_encoding(raw) if _DECLARED.match(body) else "utf-8"
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise FileProblem(
            f"line {line}: byte 0x{body[error.start]:02x} is not {encoding}; save it as UTF-8 "
            "or declare its encoding in the first line"
        ) from error
    except (LookupError, UnicodeError) as error:
        raise FileProblem(
            f"line 1: the encoding {encoding!r} cannot be used for source code; save as UTF-8"
        ) from error
    source = SourceText(raw, text, encoding, bom)
    if encoding != "utf-8" and source.encode(text) != raw:
        raise FileProblem(f"line 1: text in {encoding!r} cannot be kept as it is; save as UTF-8")
    return source


def _declared_encoding(raw: bytes) -> str:
    import io
    import tokenize

    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(raw).readline)
    except SyntaxError as error:
        remedy = "correct the declaration, or save as UTF-8"
        raise FileProblem(f"line 1: {error.msg}; {remedy}") from error
    return "utf-8" if encoding == "utf-8-sig" else encoding


def read_source(path: Path) -> SourceText:
    """Read and decode one file; ``FileProblem`` says why not."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError as error:
        raise FileProblem("no such file or directory; check the path") from error
    except IsADirectoryError as error:
        raise FileProblem("is a directory, not a file") from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise FileProblem(f"cannot be read: {reason}; check its permissions") from error
    return decode(raw)


def replace_atomically(path: Path, before: bytes, after: bytes) -> None:
    """Put ``after`` in the place of ``before``, or leave the file exactly as it is.

    The new bytes are complete on disk, with the file's mode, before they take the name; a file that
    changed since it was read is left alone.  ``FileProblem`` says why not.
    """
    target = Path(os.path.realpath(path))
    try:
        mode = stat.S_IMODE(target.stat().st_mode)
        if not os.access(target, os.W_OK):
            raise FileProblem("not written: the file is read-only; make it writable")
        _replace(target, mode, before, after)
    except OSError as error:
        reason = error.strerror or str(error)
        raise FileProblem(f"not written: {reason}; the file is as it was") from error


def _replace(target: Path, mode: int, before: bytes, after: bytes) -> None:
    handle, name = tempfile.mkstemp(
        prefix=f".{target.name[:64]}.", suffix=".tmp", dir=target.parent
    )
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(after)
            stream.flush()
            os.fsync(stream.fileno())
        _keep_owner(name, target)
        os.chmod(name, mode)
        if target.read_bytes() != before:
            raise FileProblem("not written: the file changed while it was analysed; run again")
        os.replace(name, target)
    except BaseException:
        # Also on Ctrl-C: no temporary file stays behind.
        os.unlink(name)
        raise


def _keep_owner(name: str, target: Path) -> None:
    """Give the new file the old one's owner, where we may (it matters when root runs us)."""
    if not hasattr(os, "chown"):
        return
    old, new = target.stat(), os.stat(name)
    if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
        try:
            os.chown(name, old.st_uid, old.st_gid)
        except PermissionError:
            # Only root can give files away; the content is what was asked for.
            return


def create_atomically(path: Path, content: bytes) -> None:
    """Make a file that is there with all of ``content`` or not at all.

    ``FileProblem`` when another has made it meanwhile, ``OSError`` where it cannot be written.
    """
    name = path.with_name(f".{path.name[:64]}.{os.getpid()}.tmp")
    handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)  # less the user's umask
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        if path.exists():
            raise FileProblem("not written: another program has just made it; run again")
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
