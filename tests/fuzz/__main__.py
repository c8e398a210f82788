"""Feed every parser with many wrong inputs: `python -m tests.fuzz --count 10000 [--seed 1]`."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
import traceback
from pathlib import Path

from tests.fuzz.made import real_samples
from tests.fuzz.mutating import mutated
from tests.fuzz.parsers import parsers


def main() -> int:
    """Feed, and tell of every input that a parser failed on."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=10_000, help="inputs for each parser")
    options.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 30))
    chosen = options.parse_args()
    failed = 0
    with tempfile.TemporaryDirectory(prefix="mcpdb-fuzz-") as folder:
        for parser in parsers(Path(folder), real_samples(Path(folder))):
            dice, began, faults = random.Random(f"{chosen.seed}{parser.name}"), time.monotonic(), 0
            for _ in range(chosen.count):
                content = mutated(dice, dice.choice(parser.samples))
                try:
                    parser.meet(content)
                except Exception:  # noqa: BLE001 - any of them is what is looked for
                    faults += 1
                    if faults <= 3:
                        traceback.print_exc()
                        print(f"{parser.name}: {content[:300]!r}", file=sys.stderr)
            seconds = time.monotonic() - began
            print(f"{parser.name:20} {chosen.count:7,} inputs, {faults} faults, {seconds:.1f} s")
            failed += faults
    print(f"seed {chosen.seed}: {'no fault' if not failed else f'{failed} faults'}")
    return min(1, failed)


if __name__ == "__main__":
    sys.exit(main())
