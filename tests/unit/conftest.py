"""Fixtures of the unit tests."""

from tests.faults import hold

__all__ = ["hold"]
