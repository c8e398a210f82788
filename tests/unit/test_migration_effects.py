"""What a revision does, told from its source; and which other images are of the same kind."""

from __future__ import annotations

import pytest

from tui.services.migrations import cache
from tui.services.migrations.effects import effects
from tui.services.migrations.images import newer_than, others, repository


def told(body, direction="upgrade", head=""):
    source = f"import sqlalchemy as sa\nfrom alembic import op\n{head}\ndef {direction}():\n{body}"
    return [(e.sign, e.what, e.name, e.table, e.detail) for e in effects(source, direction)]


EACH = {
    "create_table('t', sa.Column('a'), sa.Column('b'))": ("+", "table", "t", "t", "2 columns"),
    "drop_table('t')": ("-", "table", "t", "t", ""),
    "rename_table('t', 'u')": ("~", "table", "t", "t", "becomes u"),
    "add_column('t', sa.Column('a'))": ("+", "column", "a", "t", ""),
    "drop_column('t', 'a')": ("-", "column", "a", "t", ""),
    "alter_column('t', 'a', nullable=False, existing_type=1)": (
        "~",
        "column",
        "a",
        "t",
        "nullable",
    ),
    "create_index('ix', 't', ['a'], unique=True)": ("+", "index", "ix", "t", "unique (a)"),
    "drop_index('ix', table_name='t')": ("-", "index", "ix", "t", ""),
    "create_unique_constraint('u', 't', ['a', 'b'])": ("+", "unique", "u", "t", "(a, b)"),
    "drop_constraint('u', 't')": ("-", "constraint", "u", "t", ""),
    "execute('UPDATE t  SET a = 1')": ("?", "sql", "UPDATE t SET a = 1", "", ""),
}


@pytest.mark.parametrize("call", list(EACH))
def test_each_operation_is_told_in_words(call):
    assert told(f"    op.{call}") == [EACH[call]]


def test_what_is_done_in_batch_names_its_table_and_says_so():
    body = "    with op.batch_alter_table('t') as b:\n        b.add_column(sa.Column('a'))"
    assert told(body) == [("+", "column", "a", "t", "")]
    source = f"def upgrade():\n{body}"
    assert effects(source, "upgrade")[0].batch


def test_functions_and_names_of_the_same_file_are_followed():
    head = "T = 'tools'\ndef _more():\n    op.drop_table(T)\n"
    assert told("    _more()\n    _more()", head=head) == [("-", "table", "tools", "tools", "")]


def test_what_raises_is_told_with_its_text_and_line():
    (effect,) = effects("def downgrade():\n    raise RuntimeError('two  people')", "downgrade")
    assert (effect.sign, effect.name, effect.line) == ("!", "two people", 2)


def test_another_dialects_way_and_mere_reading_are_left_out():
    body = (
        "    if bind.dialect.name == 'postgresql':\n        op.drop_table('t')\n"
        "    op.execute('SELECT 1')"
    )
    assert told(body) == []


@pytest.mark.parametrize("source", ["", "def upgrade(:", "x = 1", "\0"])
def test_what_is_no_revision_has_no_effects(source):
    assert effects(source, "upgrade") == ()


def test_names_made_at_run_time_are_said_to_be_unknown():
    assert told("    for t in x():\n        op.drop_table(t)") == [("-", "table", "…", "…", "")]


# --- images -------------------------------------------------------------------------------


def image(ident, *tags, created=0, label=""):
    labels = {"org.opencontainers.image.version": label} if label else None
    return {"Id": ident, "RepoTags": list(tags), "Created": created, "Labels": labels}


OWN = image("sha256:5", "ghcr.io/ibm/mcp-context-forge:1.0.5", created=500)


def found(*images):
    return [(i.id, i.release) for i in others([OWN, *images], "sha256:5", "mcpgateway")]


def test_images_of_the_same_repository_are_listed_newest_release_first():
    images = (
        image("sha256:2", "ghcr.io/ibm/mcp-context-forge:1.0.2", created=900),
        image("sha256:10", "registry.local:5000/mcp-context-forge:v1.0.10", created=100),
        image("sha256:r", "redis:7"),
    )
    assert found(*images) == [("sha256:10", "1.0.10"), ("sha256:2", "1.0.2")]


def test_the_version_is_the_labels_before_the_tags():
    assert found(image("sha256:7", "mcp-context-forge:latest", label="1.0.7")) == [
        ("sha256:7", "1.0.7")
    ]
    assert found(image("sha256:7", "mcp-context-forge:latest")) == [("sha256:7", "")]


def test_one_that_was_read_before_is_of_the_kind_whatever_it_is_called():
    key = cache.image_key("sha256:x", "mcpgateway")
    cache.remember(key, {"revisions": []}, "somewhere")
    assert found(image("sha256:x", "our-build:main")) == [("sha256:x", "")]


def test_only_a_later_release_is_newer():
    listed = others(
        [OWN, image("sha256:7", "x/mcp-context-forge:1.0.7")], "sha256:5", "mcpgateway"
    )  # fmt: skip
    assert newer_than(listed, "1.0.5") is listed[0]
    assert newer_than(listed, "1.0.7") is newer_than(listed, "") is newer_than((), "1.0.5") is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ghcr.io/ibm/mcp-context-forge:1.0.5", "mcp-context-forge"),
        ("localhost:5000/forge", "forge"),
        ("forge@sha256:abc", "forge"),
    ],
)
def test_a_repository_is_called_without_registry_and_tag(name, expected):
    assert repository(name) == expected
