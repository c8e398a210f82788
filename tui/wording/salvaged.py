"""What a salvage brought back, in words that both front ends use.

The facts are those of `tui.operations.salvaging.reading.facts_of`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tui.wording.clean import one_line
from tui.wording.quantities import count, plural

SUSPECT = "suspect: salvaged from a damaged file"
UNKNOWABLE = (
    "What cannot be known: a value that was altered where it stands, without its page or an index "
    "showing it. Compare with a backup."
)


def sentence(facts: Mapping[str, Any]) -> str:
    """What came of it, in one sentence or two."""
    rows = plural(int(facts["rows_read"]), "row")
    if facts["complete"]:
        return f"{rows} read, which is proved to be all of them. {UNKNOWABLE}"
    return f"{rows} read; {losses(facts)}."


def losses(facts: Mapping[str, Any]) -> str:
    """`24 rows lost, how many are lost is not known in 3 tables, 3 doubtful`."""
    parts = []
    if facts["rows_lost"]:
        parts.append(f"{plural(int(facts['rows_lost']), 'row')} lost")
    if unknown := int(facts["loss_unknown"]):
        parts.append(f"how many are lost is not known in {plural(unknown, 'table')}")
    if facts["rows_doubtful"]:
        parts.append(f"{count(int(facts['rows_doubtful']))} doubtful")
    if facts["strays"]:
        parts.append(f"{plural(int(facts['strays']), 'stray row')} of no table for certain")
    if facts["torn"]:
        parts.append("the file was written meanwhile, so pages of two moments may be in it")
    parts += _beside(facts)
    if not parts and not facts["schema_whole"]:
        parts.append("the list of tables is damaged, so tables may be missing")
    return ", ".join(parts) or "not proved to be all"


def _beside(facts: Mapping[str, Any]) -> list[str]:
    """What could not be read of its WAL or journal: changes that no table shows to be missing."""
    image = facts.get("image") or {}
    parts = []
    if facts.get("unreadable_beside"):
        parts.append("the disk did not give all of its wal or journal")
    if image.get("wal_frames_unused"):
        if image.get("overlay") == "journal":
            parts.append("its journal is damaged, so half a change may be in it")
        else:
            parts.append("its wal is damaged, cut or unfinished, so commits may be missing")
    if ignored := image.get("beside_ignored"):
        names = " and ".join(one_line(str(name)) for name in ignored)
        parts.append(f"its {names} could not be used at all, so commits may be missing")
    if facts.get("hidden_wal"):
        parts.append("its wal is inside the container, so commits may be missing")
    return parts


def suspect(facts: Mapping[str, Any]) -> str:
    """What stands beside a salvaged file in the catalogue and in a plan."""
    if not facts:
        return SUSPECT
    try:
        told = "all rows read, as is proved" if facts["complete"] else losses(facts)
    except (KeyError, TypeError, ValueError):
        return SUSPECT
    return one_line(f"{SUSPECT}: {told}")


def table_words(table: Mapping[str, Any]) -> str:
    """`read 1,181 · lost 18 (idx_metrics_tool) · 3 doubtful`, without the name."""
    if problem := table.get("problem"):
        return f"left out: {one_line(str(problem))}"
    parts = [f"{count(int(table['read']))} read"]
    lost, proof = table.get("lost"), one_line(str(table.get("proof") or ""))
    if lost is None:
        parts.append("lost: not known")
    elif lost:
        parts.append(f"{count(int(lost))} lost")
    if table.get("doubtful"):
        parts.append(f"{count(int(table['doubtful']))} doubtful")
    if table.get("loose"):
        parts.append(f"{count(int(table['loose']))} from pages without a tree")
    if table.get("complete"):
        parts.append("complete: " + ("its tree is whole" if proof == "walk" else f"by {proof}"))
    if table.get("definition") not in ("file", None):
        parts.append(f"defined by a {one_line(str(table['definition']))}")
    return ", ".join(parts)


def verdict_of(table: Mapping[str, Any]) -> str:
    """`ok`, `warn` or `FAIL`."""
    if table.get("problem") or table.get("lost"):
        return "FAIL"
    return "ok" if table.get("complete") and not table.get("doubtful") else "warn"


def remarks(facts: Mapping[str, Any]) -> list[str]:
    """What is to be known beside the tables, a sentence each."""
    image = facts.get("image") or {}
    found = []
    if facts.get("pages_damaged"):
        pages = plural(int(facts["pages_damaged"]), "page")
        found.append(f"{pages} of {count(int(facts['pages']))} damaged.")
    if facts.get("source_problem"):
        found.append(f"Not all of it could be unpacked: {one_line(str(facts['source_problem']))}")
    if facts.get("unreadable_bytes"):
        found.append(f"The disk did not give {count(int(facts['unreadable_bytes']))} bytes.")
    if facts.get("unreadable_beside"):
        lost = count(int(facts["unreadable_beside"]))
        found.append(f"The disk did not give {lost} bytes of its wal or journal.")
    if image.get("pages_missing"):
        found.append(f"The file is cut: {plural(int(image['pages_missing']), 'page')} missing.")
    if image.get("header_damaged"):
        found.append("The header is damaged; how the file is laid out was found out otherwise.")
    if not facts.get("schema_whole"):
        found.append("The list of tables is damaged: what it did not say came from a backup.")
    if image.get("wal_frames"):
        found.append(
            f"{plural(int(image['wal_frames']), 'page')} came from its {image['overlay']}."
        )
    if image.get("wal_frames_unused"):
        frames = plural(int(image["wal_frames_unused"]), "page")
        found.append(f"{frames} of its {image['overlay'] or 'wal'} could not be used.")
    if facts.get("rows_doubtful"):
        found.append("Doubtful rows are in their tables; mcpdb_salvage_doubts names them.")
    if facts.get("rows_lost"):
        found.append(
            "mcpdb_salvage_lost names the lost rows by their keys: a backup may have them."
        )
    if facts.get("strays"):
        found.append("mcpdb_salvage_strays has the rows that belong to no table for certain.")
    found += [f"Left out: {one_line(str(each))}." for each in facts.get("left_out") or ()]
    return found
