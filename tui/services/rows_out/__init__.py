r"""Rows as text that says exactly what they are: CSV, TSV, JSON, NDJSON and SQL.

Whatever SQLite can hold is written so that it reads back as the same value of the same storage
class. Which words stand for what is decided once, here:

- NULL, integers of 64 bits and finite floats are written as they are. A float always has a point
  or an exponent (`repr`, the shortest text that reads back as the same number), so `1` and `1.0`
  stay two values, and `-0.0` keeps its sign.
- CSV and TSV know text alone, so the quotes carry the type: **what stands in quotes is text, what
  stands without is not**. Nothing at all is NULL and `""` is empty text; `12` is a number and
  `"12"` a text; `"NULL"` is a word. No column of types beside the file is needed, which would be
  lost first, and no word of a text ever needs an escape but the doubled quote. Bytes are
  `\blob:00ff`, text that is not UTF-8 `\text:ff41`, both in hexadecimal and without quotes,
  where no text can stand. Python's own csv module cannot tell `""` from nothing before 3.12, so
  `delimited` has a reader of its own.
- JSON has no bytes, no infinity and no text that is not Unicode: `{"$blob": "00ff"}`,
  `{"$text": "ff41"}` and `{"$real": "inf"}`, the words that `--json` uses as well. A text that
  looks like one of these is a string, so nothing can be mistaken. Integers are plain, exact
  integers; a program that reads JSON numbers as floats loses digits above 2^53.
- SQL is INSERT statements in one transaction that `sqlite3` runs. It is written, not read.

`--spreadsheet-safe` puts `'` before text that a spreadsheet would run as a formula. That changes
the text, so such a file does not read back as what it was, and says so where it can.
"""
