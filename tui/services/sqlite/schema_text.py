"""The text of a schema: what SQLite's PRAGMAs do not tell is read from the SQL it keeps.

Names of constraints, checks, collations, generated columns and conditions stand nowhere else.
Two texts that differ in spaces, comments, quotes or the case of a word are the same here. The
grammar: https://www.sqlite.org/lang_createtable.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

_TOKEN = re.compile(
    r"""(?P<space>\s+|--[^\n]*|/\*.*?(?:\*/|\Z))
    |(?P<name>"(?:[^"]|"")*"|\[[^\]]*\]|`(?:[^`]|``)*`)
    |(?P<text>[xX]?'(?:[^']|'')*')
    |(?P<word>[^\W\d][\w$]*)
    |(?P<number>\.?\d[\w.]*)
    |(?P<sign><=|>=|<>|!=|==|\|\||<<|>>|->>|->|.)""",
    re.VERBOSE | re.DOTALL,
)
_BEFORE_NOTHING = frozenset("(),.;")
_AFTER_NOTHING = frozenset("(.")
_APART = frozenset(("and", "as", "by", "else", "in", "not", "on", "or", "then", "when", "where"))
"""Words that no bracket is written at, unlike a function's name."""
_BEGIN_CONSTRAINT = ("constraint", "primary", "unique", "check", "foreign")


class Token(NamedTuple):
    """A piece of SQL that has a meaning."""

    kind: str
    """`name` (in quotes), `text`, `word`, `number` or `sign`."""
    value: str
    """Without its quotes if it is a name; words and names in lower case."""


@dataclass(frozen=True, slots=True)
class Clause:
    """A constraint as it is written."""

    kind: str
    """`primary key`, `unique`, `foreign key` or `check`."""
    name: str
    """Empty when it has none."""
    columns: tuple[str, ...]
    """Folded; of a check: none."""
    more: str = ""
    """Of a check its condition; otherwise what no PRAGMA tells, e.g. `autoincrement`."""


@dataclass(slots=True)
class TableText:
    """What the text of a table says beside its PRAGMAs."""

    columns: dict[str, str] = field(default_factory=dict)
    """Folded name → collation and expression as SQL; empty where there is neither."""
    clauses: list[Clause] = field(default_factory=list)
    options: str = ""
    """`without rowid`, `strict`."""


def fold(name: str) -> str:
    """Return a name as SQLite compares it: only ASCII letters have no case."""
    return "".join(c.lower() if c.isascii() else c for c in name)


def tokens(sql: str) -> list[Token]:
    """Cut SQL into its pieces; spaces and comments are left out."""
    found = []
    for match in _TOKEN.finditer(sql):
        kind, value = str(match.lastgroup), match.group()
        if kind == "name":
            quote = "]" if value[0] == "[" else value[0]
            value = fold(value[1:-1].replace(quote * 2, quote))
        elif kind == "word":
            value = fold(value)
        if kind != "space":
            found.append(Token(kind, value))
    return found


def text(pieces: Sequence[Token]) -> str:
    """Return SQL on one line, the same for all texts that mean the same."""
    said, last = "", ""
    for piece in pieces:
        close = piece.value in _BEFORE_NOTHING and not (piece.value == "(" and last in _APART)
        close = close or not said or last in _AFTER_NOTHING
        said += piece.value if close else f" {piece.value}"
        last = piece.value
    return said


def normal(sql: str) -> str:
    """Return a statement so that two which mean the same are the same."""
    return text(tokens(sql))


def expression(sql: str) -> str:
    """Return an expression without brackets around the whole of it."""
    pieces = tokens(sql)
    while len(pieces) > 2 and pieces[0].value == "(" and _closing(pieces, 0) == len(pieces) - 1:
        pieces = pieces[1:-1]
    return text(pieces)


def index_terms(sql: str) -> str:
    """Return what an index is of, and its condition: `(a, b desc) where c is not null`."""
    pieces = tokens(sql)
    begin = next((n for n, piece in enumerate(pieces) if piece.value == "("), len(pieces))
    return text([piece for piece in pieces[begin:] if piece != Token("word", "asc")])


def read_table(sql: str) -> TableText:
    """Read the text that made a table; what it does not say plainly is left out."""
    pieces = tokens(sql)
    found = TableText()
    begin = next((n for n, piece in enumerate(pieces) if piece == Token("sign", "(")), None)
    if begin is None:
        return found
    end = _closing(pieces, begin)
    for part in _parts(pieces[begin + 1 : end]):
        if part[0].kind == "word" and part[0].value in _BEGIN_CONSTRAINT:
            found.clauses.extend(_clauses(part, ""))
        else:
            column = part[0].value if part[0].kind != "text" else fold(part[0].value.strip("'"))
            found.clauses.extend(_clauses(part[1:], column))
            found.columns[column] = _of_column(part[1:])
    found.options = " ".join(sorted(text(part) for part in _parts(pieces[end + 1 :])))
    return found


def _closing(pieces: Sequence[Token], begin: int) -> int:
    """Return where the bracket that opens at `begin` closes; the end where it does not."""
    depth = 0
    for at in range(begin, len(pieces)):
        depth += {"(": 1, ")": -1}.get(pieces[at].value, 0) if pieces[at].kind == "sign" else 0
        if depth == 0:
            return at
    return len(pieces)


def _parts(pieces: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """Yield what stands between commas outside brackets; nothing that is empty."""
    begin = at = 0
    while at < len(pieces):
        if pieces[at] == Token("sign", "("):
            at = _closing(pieces, at)
        elif pieces[at] == Token("sign", ","):
            if begin < at:
                yield pieces[begin:at]
            begin = at + 1
        at += 1
    if begin < len(pieces):
        yield pieces[begin:]


def _clauses(pieces: Sequence[Token], column: str) -> Iterator[Clause]:
    """Yield the constraints of one column, or those that stand by themselves."""
    name, at = "", 0
    while at < len(pieces):
        word = pieces[at].value if pieces[at].kind == "word" else ""
        if word == "constraint" and at + 1 < len(pieces):
            name, at = pieces[at + 1].value, at + 2
            continue
        if word in ("primary", "unique", "check", "foreign", "references"):
            found, at = _clause(pieces, at, column)
            yield Clause(found.kind, name, found.columns, found.more)
            name = ""
            continue
        if word == "default" and at + 1 < len(pieces):
            at += 1  # its value is no clause, whatever it is
            name = ""
        at = _closing(pieces, at) + 1 if pieces[at] == Token("sign", "(") else at + 1


def _clause(pieces: Sequence[Token], at: int, column: str) -> tuple[Clause, int]:
    """Read one constraint; where the next thing begins."""
    word = pieces[at].value
    kind = {"primary": "primary key", "foreign": "foreign key", "references": "foreign key"}.get(
        word, word
    )
    at += 2 if word in ("primary", "foreign") else 1
    columns: tuple[str, ...] = (column,) if column else ()
    if word == "check" or (not column and word != "references"):
        end = _closing(pieces, at)
        inside = pieces[at + 1 : end]
        at = end + 1
        if kind == "check":
            return Clause(kind, "", (), text(inside)), at
        columns = tuple(part[0].value for part in _parts(inside))
    if kind == "foreign key":
        at = _behind_references(pieces, at, already=word == "references")
    end = _end_of_tail(pieces, at)
    tail = [piece for piece in pieces[at:end] if piece.value not in ("asc", "desc")]
    return Clause(kind, "", columns, _told_by_text(kind, tail)), end


def _behind_references(pieces: Sequence[Token], at: int, *, already: bool) -> int:
    """Skip `references parent (columns)`: the PRAGMA tells them."""
    at += 1 if already else 2
    if at < len(pieces) and pieces[at] == Token("sign", "("):
        at = _closing(pieces, at) + 1
    return at


_TAIL = re.compile(
    r"on|conflict|rollback|abort|fail|ignore|replace|autoincrement|asc|desc|delete|update|set|null"
    r"|cascade|restrict|no|action|match|simple|full|partial|deferrable|initially|deferred"
    r"|immediate"
)


def _end_of_tail(pieces: Sequence[Token], at: int) -> int:
    while at < len(pieces) and pieces[at].kind == "word":
        word = pieces[at].value
        following = pieces[at + 1].value if at + 1 < len(pieces) else ""
        # `not null` behind a constraint is the column's own; `set null`, `set default` are not.
        is_own = word == "not" and following == "deferrable"
        is_set = word == "default" and pieces[at - 1].value == "set"
        if not _TAIL.fullmatch(word) and not is_own and not is_set:
            break
        if word == "null" and pieces[at - 1].value != "set":
            break
        at += 1
    return at


def _told_by_text(kind: str, tail: Sequence[Token]) -> str:
    """What of a constraint's end no PRAGMA tells."""
    said = " ".join(piece.value for piece in tail)
    if kind != "foreign key":
        return said
    found = re.search(r"(?<!not )deferrable initially deferred", said)
    return found[0] if found else ""


def _of_column(pieces: Sequence[Token]) -> str:
    """Collation and expression of a column."""
    said = []
    for at, piece in enumerate(pieces):
        if piece == Token("word", "collate") and at + 1 < len(pieces):
            named = pieces[at + 1].value
            said += [] if named == "binary" else [f"collate {named}"]
        opens = at + 1 < len(pieces) and pieces[at + 1] == Token("sign", "(")
        if piece == Token("word", "as") and opens:
            end = _closing(pieces, at + 1)
            said.append(f"as {text(pieces[at + 1 : end + 1])}")
    return " ".join(said)


def names_of(found: TableText, kind: str) -> Mapping[tuple[str, ...], Clause]:
    """Return the constraints of a kind by their columns; the first where two have the same."""
    known: dict[tuple[str, ...], Clause] = {}
    for clause in found.clauses:
        if clause.kind == kind:
            known.setdefault(clause.columns, clause)
    return known
