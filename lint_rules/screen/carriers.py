"""The words without which a function cannot hold an object of some classes.

Those classes are first of all the ones that have per-request fields by their names.  Fields that are written under names which the text does not show (``setattr``, ``update``) matter only
on such an object.  Its class is known by an annotation, by a call that returns it, or by an attribute
that holds it: so the function names the class, that function or that attribute.  A collection of
field names is known by its own name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple

from lint_rules.naming import longest_literal
from lint_rules.project.kept import NO_CONTEXT, digest
from lint_rules.project.lines import before
from lint_rules.project.markers import COMMENT, WORD
from lint_rules.project.words import begins_word, names_like
from lint_rules.screen.statements import Statements
from lint_rules.screen.wrappers import stem

if TYPE_CHECKING:
    from pathlib import Path

    from lint_rules.project.classes import ClassRef
    from lint_rules.project.functions import FunctionRef
    from lint_rules.project.joins import Join, Said
    from lint_rules.project.modules import Module
    from lint_rules.project.project import Project
    from lint_rules.settings import Settings

LONGEST_SIGNATURE = 20_000
"""How far before a return type its ``def`` may be, in characters."""
ROUNDS = 4
"""How many aliases, subclasses and attributes a word is followed through."""
_STAR = re.compile(rb"import[ \t]*(?:\([ \t]*)?\*")
_FIRST = re.compile(r"\s*(self\.)?")
#: What follows is only looked at: ``if self.a: self.b = c`` keeps it in the second of two attributes.
_KEPT = re.compile(r"\bself\.(\w+)(?=[ \t]*(?::[^=\n]{0,2000})?=[ \t]*(\w+))")
#: What a line makes of a word in it: an alias, a subclass, what holds or returns it.  Where a form has to begin
#: is told in the form, so that a search for it anywhere begins nowhere else.
_ALIAS = re.compile(r"\A(?:type[ \t]+)?(\w+)[ \t]*(?::[^=\n]*)?=[^=\n]*$")
_RENAMED = re.compile(r"(?<!\s)\s+as\s+(\w+)")
_SUBCLASS = re.compile(r"\A[ \t]*class[ \t]+(\w+)[ \t]*[(\[][^\n]*$")
_HOLDS = re.compile(r"\A[ \t]+(\w+)[ \t]*:[^=\n]*$")
_ANNOTATES = re.compile(r"(\bself\.)?\b(\w+)[ \t]*:[^=:\n]*$")
#: The last arrow: what is behind an earlier one would be read again from each.
_RETURNS = re.compile(r"\Adef[ \t]+(\w+)\b[\s\S]*?->(?:[^:\n-]|-(?!>))*$")


class CarrierWords:
    """The words of one project, from its declarations on, or from the names of one model and its bases."""

    def __init__(self, project: Project, settings: Settings, model: ClassRef | None = None) -> None:
        self.project = project
        self.settings = settings
        self._family = tuple(model.mro) if model is not None else ()
        #: What else extends the bases of a model is no object of it.
        self._bases = {cls.name for cls in self._family[1:]}
        globs = [pattern.rpartition(".") for pattern in settings.per_request_fields]
        self._kind = "carriers"
        if model is not None:
            family = [(cls.name, str(cls.module.path)) for cls in self._family]
            self._kind = f"words of {model.dotted} {digest(family)}"
        self._globs = tuple(glob for _, _, glob in globs)
        self._owners = [owner for owner, _, _ in globs if owner]
        each, join = project.joins.each, project.joins.join
        #: True where a file imports what it does not name: any word may be among it.
        self._imports_all = each(self._ask_star)
        #: The words that a file imports (or the modules of), defines, or uses as attributes.
        self.present = each(self._ask_present)
        first = None if self._family else self._declared_by
        self._words = join(f"{self._kind} declared", first, self._fold_first, _Words.told)
        for number in range(ROUNDS):
            step = _Round(self, number, self._words)
            self._words = join(f"{self._kind} {number}", step.told, step.fold, _Words.told)

    @property
    def words(self) -> frozenset[str]:
        """Every word that may lead to such an object, or to such names."""
        return self._words.value.all

    @property
    def digest(self) -> str:
        """A digest of the words and of where they were found."""
        return self._words.digest

    @property
    def words_digest(self) -> str:
        """A digest of the words."""
        return self._words.value.digest

    def _fold_first(self, said: Said) -> _Words:
        named = ((cls.module.path, [cls.name]) for cls in self._family)
        return _Words({}, named if self._family else said)

    def _ask_present(self, path: Path) -> frozenset[str]:
        known = self._words.value
        imported = self.project.names.imported(path)
        found = (known.all & imported) | known.at_home.get(path, frozenset())
        words, context = self._to_look_for(path, imported)
        ask = partial(self.project.held, words, path)
        return found.union(self.project.of_file(f"{self._kind} held", path, context, ask))

    def _to_look_for(self, path: Path, imported: frozenset[str]) -> tuple[tuple[str, ...], str]:
        """The words that a file need not import by name to mean them, and their digest."""
        known = self._words.value
        more = [known.by_module[module] for module in imported & known.by_module.keys()]
        if self._imports_all(path):
            more.append(set(known.all))
        if not more:
            return known.attributes
        words = tuple(sorted({*known.attributes[0], *set().union(*more)}))
        return words, digest(words)

    def in_function(self, function: FunctionRef) -> Iterator[str]:
        """The words that stand in a function's text, or name the class around it."""
        for word in self.present(function.module.path):
            if word in function.source or word == function.owner:
                yield word

    def _ask_star(self, path: Path) -> bool:
        ask = partial(self._has_star, path)
        return bool(self.project.of_file("star imports", path, NO_CONTEXT, ask))

    def _has_star(self, path: Path) -> bool:
        return bool(_STAR.search(self.project.bytes_of(path)))

    def _declared_by(self, path: Path) -> list[str]:
        """The names of classes that declare such fields, and of collections of their names."""
        ask = partial(self._declared, path)
        found: list[str] = self.project.of_file("carriers declared", path, NO_CONTEXT, ask)
        return found

    def _declared(self, path: Path) -> list[str]:
        data = self.project.bytes_of(path)
        found = [owner for owner in self._owners if f"class {owner}".encode() in data]
        for glob in self._globs:
            part = longest_literal(glob)
            if part and part.encode() in data:
                found += self._declared_in(self.project.module(path), glob)
        if WORD.encode() in data:
            found += self._marked_in(self.project.module(path))
        return sorted(set(found) - {""})

    def _marked_in(self, module: Module) -> Iterator[str]:
        for hit in COMMENT.finditer(module.text):
            for block in module.scan.around_offset(hit.start()):
                if block.is_class:
                    yield block.name

    def _declared_in(self, module: Module, glob: str) -> Iterator[str]:
        text, statements = module.text, Statements(module.text)
        start, seen = 0, 0
        for first, end in names_like(glob, text):
            start = max(text.rfind("\n", seen, first) + 1, start)
            yield from self._declaration(module, statements, start, first, end)
            seen = end

    def _declaration(
        self, module: Module, statements: Statements, start: int, first: int, end: int
    ) -> Iterator[str]:
        """What a field's name at a place declares, on a line that begins at ``start``: a class, or a
        collection of names."""
        text, scan = module.text, module.scan
        blocks = [b for b in scan.around_offset(first) if first < scan.span(b)[1]]
        quoted = text[first - 1 : first] in ("'", '"') and text[end : end + 1] in ("'", '"')
        if not blocks:
            if quoted:  # also a field of ``X = TypedDict("X", {...})``
                yield statements.collection_at_margin(start) or ""
            return
        head = _FIRST.fullmatch(text, start, first)
        if not blocks[0].is_class:
            yield from (block.name for block in blocks if block.is_class and head and head.group(1))
        elif head and not head.group(1):
            yield blocks[0].name
        elif quoted:
            yield statements.collection_around(start) or ""

    def following(self, number: int, known: _Words, path: Path) -> list[str]:
        """What in a file aliases, extends, holds or returns what one of the new words means."""
        if not known.new:
            return []
        imported = self.project.names.imported(path)
        leads = path in known.homes_of_new or not known.leading.isdisjoint(imported)
        if not leads and not self._imports_all(path):
            return []
        ask = partial(self._made_in, path, known.pattern)
        kind, context = f"{self._kind} {number}", known.digest_of_new
        found: list[str] = self.project.of_file(kind, path, context, ask)
        return found

    def _made_in(self, path: Path, pattern: re.Pattern[str]) -> list[str]:
        text = self.project.text_of(path)
        made = (word for hit in _words_in(text, pattern) for word in self._made_of(path, text, hit))
        return sorted(set(made))

    def _made_of(self, path: Path, text: str, hit: re.Match[str]) -> Iterator[str]:
        """What the line of a word makes of it."""
        head = before(text, hit.start())
        renamed = _RENAMED.match(text, hit.end())
        if renamed:
            yield renamed.group(1)
        for form in (_SUBCLASS, _ALIAS):
            found = form.match(head)
            if found and (form is _ALIAS or hit.group() not in self._bases):
                yield found.group(1)
        holds = _HOLDS.match(head)
        if holds and self._in_class(path, hit.start()):
            yield f".{holds.group(1)}"
        annotates = _ANNOTATES.search(head)
        if annotates:
            yield from self._kept_as(path, annotates.group(1), annotates.group(2), hit.start())
        if "->" in head:
            first = text.rfind("def ", max(hit.start() - LONGEST_SIGNATURE, 0), hit.start())
            returns = _RETURNS.match(text[first : hit.start()]) if first >= 0 else None
            if returns:
                yield returns.group(1)

    def _kept_as(self, path: Path, owner: str, name: str, at: int) -> Iterator[str]:
        """The attributes that hold what is annotated: ``self.x: Auth``, ``self.x = x`` of a parameter."""
        if owner:
            yield f".{name}"
            return
        scan = self.project.module(path).scan
        blocks = scan.around_offset(at)
        if len(blocks) > 1 and blocks[1].is_class:
            kept = _kept_parameters(scan.source(blocks[0]))
            yield from (f".{attribute}" for attribute in kept.get(name, ()))

    def _in_class(self, path: Path, at: int) -> bool:
        blocks = self.project.module(path).scan.around_offset(at)
        return bool(blocks) and blocks[0].is_class


class _Words:
    """The words after some rounds."""

    def __init__(self, known: Mapping[str, frozenset[Path]], said: Said) -> None:
        """``known`` are those of the rounds before, ``said`` the words that are found by file."""
        found: dict[str, set[Path]] = {}
        for path, words in said:
            for word in words:
                found.setdefault(word, set()).add(path)
        #: The words, and the files in which each was found to be one.
        self.homes = {
            word: known.get(word, frozenset()).union(found.get(word, ()))
            for word in (*known, *(word for word in found if word not in known))
        }
        self.all = frozenset(self.homes)
        #: Those that the next round follows: functions and attributes lead no further.
        self.new = {w for w in found if w not in known and (_may_be_class(w) or not known)}

    def told(self) -> list[Any]:
        """What others may see of them."""
        homes = [(word, sorted(map(str, paths))) for word, paths in sorted(self.homes.items())]
        return [homes, sorted(self.new)]

    @cached_property
    def digest(self) -> str:
        """A digest of the words."""
        return digest(sorted(self.all))

    @cached_property
    def digest_of_new(self) -> str:
        """A digest of the new ones."""
        return digest(sorted(self.new))

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The new ones, to the end of each; where each begins :func:`_words_in` looks."""
        return re.compile(rf"(?:{'|'.join(sorted(map(re.escape, self.new)))})\b")

    @cached_property
    def homes_of_new(self) -> frozenset[Path]:
        """The files in which the new ones were found."""
        return frozenset().union(*(self.homes[word] for word in self.new))

    @cached_property
    def leading(self) -> frozenset[str]:
        """What a file imports that may use a new one: the word, or its module."""
        return frozenset(self.new).union(map(stem, self.homes_of_new))

    @cached_property
    def by_module(self) -> dict[str, set[str]]:
        """The words that are found in the modules of a name."""
        out: dict[str, set[str]] = {}
        for word, homes in self.homes.items():
            for path in homes if word[0] != "." else ():
                out.setdefault(stem(path), set()).add(word)
        return out

    @cached_property
    def at_home(self) -> dict[Path, set[str]]:
        """The words that were found in each file."""
        found: dict[Path, set[str]] = {}
        for word, homes in self.homes.items():
            for path in homes:
                found.setdefault(path, set()).add(word)
        return found

    @cached_property
    def attributes(self) -> tuple[tuple[str, ...], str]:
        """The attributes among the words, and their digest."""
        words = tuple(sorted(word for word in self.all if word[0] == "."))
        return words, digest(words)


class _Round(NamedTuple):
    """What the words that a round before it found lead to."""

    carriers: CarrierWords
    number: int
    before: Join[_Words]

    def told(self, path: Path) -> list[str]:
        """What a file says."""
        return self.carriers.following(self.number, self.before.value, path)

    def fold(self, said: Said) -> _Words:
        """The words of this round and of those before."""
        return _Words(self.before.value.homes, said)


@lru_cache(maxsize=4)
def _kept_parameters(source: str) -> dict[str, list[str]]:
    """By what is assigned the attributes of ``self`` that a function assigns it to."""
    found: dict[str, list[str]] = {}
    for hit in _KEPT.finditer(source):
        found.setdefault(hit.group(2), []).append(hit.group(1))
    return found


def _may_be_class(word: str) -> bool:
    """True for what begins like a class or a constant: functions and attributes lead no further."""
    return word.lstrip("_")[:1].isupper()


def _words_in(text: str, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
    """Where one of the words stands; an attribute (``.name``) may stand behind any."""
    for hit in pattern.finditer(text):
        if text[hit.start()] == "." or begins_word(text, hit.start()):
            yield hit
