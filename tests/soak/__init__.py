"""Long runs, outside the gate: `python -m tests.soak restore --count 100`."""
