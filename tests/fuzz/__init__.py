"""What comes from elsewhere, made wrong in thousands of ways: a sentence at worst, never a fault.

`python -m tests.fuzz --count 10000` takes every parser; the gate takes a few hundred inputs each.
"""
