from __future__ import annotations

import pytest

from tui.services.migrations.downgrades import judge


def source(*lines: str, before: str = "") -> str:
    body = "\n".join(f"    {line}" for line in lines)
    upgrade = "def upgrade():\n    op.drop_table('x')\n"
    return f"from alembic import op\n{before}\n{upgrade}\ndef downgrade():\n{body}\n"


@pytest.mark.parametrize(
    ("lines", "word"),
    [
        (["pass"], "no-op"),
        (['"""Words."""', "print('nothing to do')"], "no-op"),
        (["op.create_index('i', 't', ['c'])"], "no loss"),
        (["op.drop_index('i')"], "no loss"),
        (["op.drop_column('t', 'c')"], "drops data"),
        (["with op.batch_alter_table('t') as b:", "    b.drop_column('c')"], "drops data"),
        (["if has_table('t'):", "    op.drop_table('t')"], "drops data"),
        (["op.execute('DELETE FROM t')"], "drops data"),
        (["op.execute(text('drop table t'))"], "drops data"),
        (["bind.execute(text('SELECT 1'))"], "no-op"),
        (["bind.execute(sa.select(t.c.id))"], "no-op"),
        (["op.execute(statement)"], "unknown"),
        (["session.delete(row)"], "unknown"),
        (["raise NotImplementedError('no way back')"], "may refuse"),
        (["if rows:", "    raise RuntimeError(rows)", "op.drop_table('t')"], "may refuse"),
        (["try:", "    op.drop_table('t')", "except ValueError:", "    raise"], "drops data"),
    ],
)
def test_the_worst_thing_that_is_written_there_is_the_word(lines: list[str], word: str) -> None:
    assert judge(source(*lines)) == word


def test_what_sqlite_does_not_reach_does_not_count() -> None:
    early = ["if bind.dialect.name == 'sqlite':", "    return", "op.drop_table('t')"]
    other = ["if bind.dialect.name == 'postgresql':", "    op.drop_table('t')"]
    listed = ["if bind.dialect.name not in ('postgresql',):", "    return", "op.drop_table('t')"]
    assert [judge(source(*lines)) for lines in (early, other, listed)] == ["no-op"] * 3


def test_what_only_sqlite_reaches_counts() -> None:
    lines = ["if op.get_bind().dialect.name == 'sqlite':", "    op.drop_table('t')"]
    assert judge(source(*lines)) == "drops data"


def test_a_function_of_the_same_file_is_followed() -> None:
    helper = "def undo():\n    again()\n\ndef again():\n    undo()\n    op.drop_table('t')\n"
    assert judge(source("undo()", before=helper)) == "drops data"


@pytest.mark.parametrize("text", ["", "def upgrade(): pass", "def downgrade(:", "\0"])
def test_a_source_that_cannot_be_judged_is_unknown(text: str) -> None:
    assert judge(text) == "unknown"
