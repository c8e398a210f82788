"""The parts of `tui.operations.rotate_logs`: what happens to which file, and doing it."""
