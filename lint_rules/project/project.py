"""Projects: the files below a root, searched by bytes, and the one door to what their names mean."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lint_rules.deadline import check_time
from lint_rules.folders import in_utf8, is_of_tests
from lint_rules.project.joins import Joins
from lint_rules.project.kept import NO_CONTEXT, Entry, Kept, digest
from lint_rules.project.listing import Listing
from lint_rules.project.names import Names
from lint_rules.project.pieces import WHOLE, declared_in
from lint_rules.project.reads import Reads
from lint_rules.project.search import Search
from lint_rules.project.trees import RecentTrees
from lint_rules.regularfile import decode, read_regular

if TYPE_CHECKING:
    from lint_rules.project.calls import CallGraph
    from lint_rules.project.classes import ClassRef
    from lint_rules.project.functions import FunctionRef
    from lint_rules.project.implementations import Implementations
    from lint_rules.project.index import Constant, External, Index
    from lint_rules.project.modules import Module
    from lint_rules.project.typeinfo import TypeInfo

_DERIVED = ("index", "graph", "implementations", "names", "names_digest", "entries", "_listed")
"""What is worked out of the texts when it is asked for, and again when a text has changed."""


class Project:
    """The files below a root, and what their names mean."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._bytes: dict[Path, bytes] = {}
        self._texts: dict[Path, bytes] = {}
        #: The same texts, which need not be what their bytes would be decoded to.
        self._decoded: dict[Path, str] = {}
        self._modules: dict[Path, Module] = {}
        self._listing = Listing(root)
        self._paths: list[Path] | None = None
        self._named: dict[str, Module | None] = {}
        self._holding: dict[bytes, list[Path]] = {}
        #: What was read off the files, also by earlier runs.
        self.kept = Kept()
        self._overlaid = Kept(on_disk=False)
        self._search = Search(self)
        self.reads = Reads(self)
        #: What they say together, also as of earlier runs.
        self.joins = Joins(self)
        #: The trees of definitions and files that were asked for lately.
        self.trees = RecentTrees()

    @cached_property
    def index(self) -> Index:
        """What names mean."""
        from lint_rules.project.index import Index

        return Index(self)

    @cached_property
    def graph(self) -> CallGraph:
        """Who calls whom."""
        from lint_rules.project.calls import CallGraph

        return CallGraph(self)

    @cached_property
    def implementations(self) -> Implementations:
        """What implements what is abstract."""
        from lint_rules.project.implementations import Implementations

        return Implementations(self)

    @cached_property
    def names(self) -> Names:
        """What the files import and define, by name."""
        return Names(self)

    # ----------------------------------------------------------------- files

    def is_of_tests(self, path: Path) -> bool:
        """True for a file that belongs to the project's tests."""
        return is_of_tests(str(self.root), str(path))

    @property
    def paths(self) -> list[Path]:
        """Every Python file of the project, sorted."""
        if self._paths is None:
            # A file that is there is asked about to be one of these (:meth:`include`).
            new = (path for path in self._texts if not path.is_file())
            found = self._listing.names.union(map(str, new))
            # By the parts of the paths, as paths compare, which takes ten times as long.
            self._paths = [
                Path(name) for name in sorted(found, key=lambda name: name.split(os.sep))
            ]
        return self._paths

    def include(self, name: str) -> bool:
        """Let a file that is asked about be one of the project, whatever its name or folder is.

        Returns True when that changed anything; all that was derived before is forgotten then.
        """
        if not self._listing.include(name):
            return False
        self._forget()
        return True

    def lists(self, path: Path) -> bool:
        """True for one of the :attr:`paths`; what lies in a folder of build results may be asked for, too."""
        return path in self._listed

    @cached_property
    def _listed(self) -> frozenset[Path]:
        return frozenset(self.paths)

    @cached_property
    def names_digest(self) -> str:
        """A digest of the names of all files."""
        return digest([str(path) for path in self.paths])

    def bytes_of(self, path: Path) -> bytes:
        """The bytes of a file (of its overlay); empty where it cannot be read."""
        self.reads.file(path)
        return self.unnoted_bytes(path)

    def unnoted_bytes(self, path: Path) -> bytes:
        """The bytes of a file, for who notes himself what he reads of them."""
        return self._texts[path] if path in self._texts else self.bytes_on_disk(path)

    def bytes_on_disk(self, path: Path) -> bytes:
        """The bytes of a file as it is, whatever stands for it; not noted."""
        if path not in self._bytes:
            check_time()
            try:
                self._bytes[path] = read_regular(path)
            except OSError:
                self._bytes[path] = b""
        return self._bytes[path]

    def text_of(self, path: Path) -> str:
        """The text of a file, for searching: bytes that do not fit are passed over."""
        self.reads.file(path)
        known = self._modules.get(path)
        return known.text if known is not None else self.bytes_of(path).decode("utf-8", "replace")

    def digest_of(self, path: Path) -> str:
        """A digest of the bytes of a file (of its overlay)."""
        return self._kept(path).digest_of(path, lambda: self.unnoted_bytes(path))

    def piece_digest(self, path: Path, piece: str) -> str:
        """A digest of a piece of a file (see :mod:`lint_rules.project.pieces`)."""
        return self.digest_of(path) if piece == WHOLE else self.module(path).digest_of(piece)

    def kept_piece_digest(self, path: Path, piece: str) -> str:
        """The digest of a piece of a file that parses, kept for runs that ask once more.

        Where a field is declared depends on other files, too: that is asked again.
        """
        if declared_in(piece) is not None:
            return self.piece_digest(path, piece)
        known: dict[str, str] = self.of_file("pieces", path, NO_CONTEXT, dict)
        if piece not in known:
            known[piece] = self.piece_digest(path, piece)
            self.keep_value("pieces", path, NO_CONTEXT, known)
        return known[piece]

    def parses(self, path: Path) -> bool:
        """True for a file whose whole text parses."""
        ask = partial(getattr, self.module(path).raw, "parses")
        return bool(self.of_file("parses", path, NO_CONTEXT, ask))

    def of_file(self, kind: str, path: Path, context: str, ask: Callable[[], Any]) -> Any:
        """What ``ask`` says of a file, which may depend on nothing but its text and the context.

        It is asked only where no earlier answer is kept: ``kind`` names the question, ``context`` is the
        digest of all else that the answer depends on.  The answer is JSON.
        """
        value = self.kept_value(kind, path, context)
        if value is None:
            value = ask()
            self.keep_value(kind, path, context, value)
        return value

    @cached_property
    def entries(self) -> list[tuple[Path, Entry]]:
        """What is kept of every file."""
        return [(path, self._kept(path).entry(path, self._reader(path))) for path in self.paths]

    def kept_value(self, kind: str, path: Path, context: str) -> Any:
        """What was kept of a file (or of the root, for all of the project) in a context, or None."""
        return self._kept(path).get(kind, path, context, self._reader(path))

    def earlier_value(self, kind: str, path: Path, context: str) -> Any:
        """What was kept of a file in the same context before its bytes changed, or None."""
        return self._kept(path).earlier(kind, path, context)

    def keep_value(self, kind: str, path: Path, context: str, value: Any) -> None:
        """Keep a value for the same context."""
        self._kept(path).put(kind, path, context, self._reader(path), value)

    def _reader(self, path: Path) -> Callable[[], bytes]:
        """What reads a file; the root stands for the project as a whole and has no text."""
        return bytes if path == self.root else partial(self.unnoted_bytes, path)

    def _kept(self, path: Path) -> Kept:
        """What is read off a text that stands for a file is nothing to keep for other runs."""
        return self._overlaid if path in self._texts else self.kept

    def overlay(self, path: Path, text: str) -> bool:
        """Let ``text`` stand for a file.

        Returns True when that changed anything; all that was derived before is forgotten then.
        """
        data = text.encode("utf-8", "surrogatepass")
        same = self._same(path, text)
        if self._texts.get(path) == data or (path not in self._texts and same):
            return False
        self._forget()
        if same:
            del self._texts[path], self._decoded[path]
        else:
            self._texts[path], self._decoded[path] = data, text
        self._overlaid.forget(path)
        return True

    def has_overlay(self, path: Path) -> bool:
        """True while a text stands for a file."""
        return path in self._texts

    @property
    def is_overlaid(self) -> bool:
        """True while a text stands for some file."""
        return bool(self._texts)

    def _forget(self) -> None:
        """Forget what was derived of the files as they were."""
        self.reads.flush()  # the answers up to here were read from these
        self.reads = Reads(self, keeping=self.reads.keeping)
        self.joins.forget()
        self._modules.clear()
        self._named.clear()
        self._holding.clear()
        self._paths = None
        for derived in _DERIVED:
            self.__dict__.pop(derived, None)

    def _same(self, path: Path, text: str) -> bool:
        """True for the text of a file as it is."""
        try:
            return path.is_file() and decode(self.bytes_on_disk(path)) == text
        except (SyntaxError, ValueError, LookupError):
            return False

    def files_containing(self, *literals: bytes) -> list[Path]:
        """The files that hold every one of the literals."""
        out: list[Path] | None = None
        for literal in literals:
            if literal not in self._holding:
                word = literal.decode("utf-8", "surrogateescape")
                known = self.reads.held.get(word)
                if known is None:
                    known = self._search.files(literal)
                    self.reads.searched[word] = known
                self._holding[literal] = known
            held = self._holding[literal]
            self.reads.word(literal, held)
            out = held if out is None else list(filter(set(held).__contains__, out))
        return list(out or [])

    def held(self, words: Iterable[str], path: Path) -> list[str]:
        """Those of the words whose bytes a file holds."""
        self.reads.file(path)
        literals = {word.encode(): word for word in words}
        return [literals[literal] for literal in self._search.held(literals, path)]

    # ----------------------------------------------------------------- modules

    def module(self, path: Path) -> Module:
        """The module of a file; what is read of it the module notes."""
        check_time()
        if path not in self._modules:
            from lint_rules.project.modules import Module

            self._modules[path] = Module(self, path, self._decoded.get(path))
        return self._modules[path]

    def class_at(self, path: str, qualname: str) -> ClassRef | None:
        """The class of a qualified name in a file."""
        return self.module(Path(path)).class_(qualname)

    def function_at(self, path: Path, piece: str) -> FunctionRef | None:
        """The function of which a piece of a file is the text (:attr:`FunctionRef.piece`)."""
        return self.module(path).function_of_piece(piece)

    def module_named(self, dotted: str) -> Module | None:
        """The module of a dotted name, wherever below the root its package sits."""
        if dotted not in self._named:
            self._named[dotted] = self._find(dotted)
        found = self._named[dotted]
        self.reads.module(dotted, str(found.path) if found is not None else "")
        return found

    def called(self, name: str) -> str:
        """What is noted of a module under a name (:attr:`Node.modules`), as it is now."""
        if name.startswith("="):
            path = Path(name.removeprefix("="))
            return self.module(path).name if self.has(path) else ""
        found = self.module_named(name)
        return str(found.path) if found is not None else ""

    def has(self, path: Path) -> bool:
        """True for a file of the project, also for one in a folder of build results."""
        return self.lists(path) or path in self._texts or path.is_file()

    def _find(self, dotted: str) -> Module | None:
        if not dotted:
            return None
        tail = dotted.replace(".", os.sep)
        known = self._suffixes.get(dotted.rsplit(".", 1)[-1], ())
        exact = [p for p in known if self._dotted_end(p).endswith(os.sep + tail)]
        named = [p for p in exact if self.module(p).name == dotted]
        if named:
            return self.module(min(named, key=lambda p: (len(p.parts), p)))
        if len(exact) == 1:  # a namespace package, or the root is inside the package
            return self.module(exact[0])
        return None

    def _dotted_end(self, path: Path) -> str:
        end = path.parent if path.name == "__init__.py" else path.with_suffix("")
        return os.sep + in_utf8(str(end))

    @property
    def _suffixes(self) -> dict[str, list[Path]]:
        cached = self.__dict__.get("_suffix_cache")
        if cached is None or cached[0] is not self.paths:
            table: dict[str, list[Path]] = {}
            for path in self.paths:
                end = path.parent.name if path.name == "__init__.py" else path.stem
                if path.suffix == ".py":  # nothing else can be imported
                    table.setdefault(in_utf8(end), []).append(path)
            cached = (self.paths, table)
            self.__dict__["_suffix_cache"] = cached
        found: dict[str, list[Path]] = cached[1]
        return found

    # ----------------------------------------------------------------- questions (see index, calls)

    def resolve(
        self, module: Module, dotted: str, scope: FunctionRef | None = None
    ) -> ClassRef | FunctionRef | Module | Constant | External | None:
        """What a dotted name means in a module (and function)."""
        return self.index.resolve(module, dotted, scope)

    def resolve_annotation(
        self, module: Module, text: str, scope: FunctionRef | None = None
    ) -> TypeInfo:
        """The classes that an annotation names."""
        return self.index.annotation(module, text, scope)

    def constant_strings(
        self, module: Module, dotted: str, scope: FunctionRef | None = None
    ) -> tuple[str, ...] | None:
        """The strings of a constant collection."""
        return self.index.strings(module, dotted, scope)

    def constant_entries(
        self, module: Module, dotted: str, scope: FunctionRef | None = None
    ) -> dict[str, object] | None:
        """The entries of a constant dict; what is empty is given as an empty string."""
        return self.index.entries(module, dotted, scope)

    def constant_string(
        self, module: Module, dotted: str, scope: FunctionRef | None = None
    ) -> str | None:
        """The text of a string constant."""
        return self.index.string(module, dotted, scope)

    def callers(self, function: FunctionRef) -> list[FunctionRef]:
        """The other functions of the project that call a function."""
        return self.graph.callers(function)

    def functions_mentioning(self, *names: str) -> list[FunctionRef]:
        """The innermost functions whose text holds all the names as words."""
        return self.graph.mentioning(names)
