"""The parts of the salvage of a damaged file, see `tui.operations.salvage`."""
