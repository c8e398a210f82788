"""Wrong inputs for every parser of what comes from elsewhere; `python -m tests.fuzz` takes more."""

from __future__ import annotations

import random

import pytest

from tests.fuzz.made import real_samples
from tests.fuzz.mutating import mutated
from tests.fuzz.parsers import parsers

COUNT = 200
NAMES = (
    "manifest", "manifest in the catalogue", "journal", "database file", "header",
    "Compose's answer", "settings", "crontab", "log", "rehearsal", "migrations",
)  # fmt: skip


@pytest.fixture(scope="module")
def every(tmp_path_factory):
    """The parsers by name, over what one real backup wrote."""
    folder = tmp_path_factory.mktemp("fuzz")
    return {parser.name: parser for parser in parsers(folder, real_samples(folder))}


def test_every_parser_is_fed(every):
    assert tuple(every) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_input_is_one_sentence_at_worst(every, name):
    dice = random.Random(name)
    for _ in range(COUNT):
        every[name].meet(mutated(dice, dice.choice(every[name].samples)))


@pytest.mark.parametrize("name", NAMES)
def test_the_right_input_is_understood(every, name):
    for sample in every[name].samples:
        every[name].take(sample)
