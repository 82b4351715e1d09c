"""One source file as bytes and as text: read it, and encode it again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from lint_rules.regularfile import NotReadable, first_lines, read_regular

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
        except UnicodeError as error:  # of an encoding that knows no places (idna)
            raise FileProblem(
                f"the text cannot be written in {self.encoding}; declare another encoding"
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
    if encoding != "utf-8" and not _is_kept(source):
        raise FileProblem(f"line 1: text in {encoding!r} cannot be kept as it is; save as UTF-8")
    return source


def _is_kept(source: SourceText) -> bool:
    """True where encoding the text gives the bytes again."""
    try:
        return source.encode(source.text) == source.raw
    except FileProblem:
        return False


def _declared_encoding(raw: bytes) -> str:
    import io
    import tokenize

    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(first_lines(raw)).readline)
    except SyntaxError as error:
        remedy = "correct the declaration, or save as UTF-8"
        raise FileProblem(f"line 1: {error.msg}; {remedy}") from error
    return "utf-8" if encoding == "utf-8-sig" else encoding


def read_source(path: Path) -> SourceText:
    """Read and decode one file; ``FileProblem`` says why not."""
    try:
        raw = read_regular(path)
    except FileNotFoundError as error:
        raise FileProblem("no such file or directory; check the path") from error
    except IsADirectoryError as error:
        raise FileProblem("is a directory, not a file") from error
    except NotReadable as error:
        raise FileProblem(f"was not read: {error.strerror}; exclude it") from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise FileProblem(f"cannot be read: {reason}; check its permissions") from error
    return decode(raw)
