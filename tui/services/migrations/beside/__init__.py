"""The program that runs beside the gateway's code, in parts.

It is sent as text to whichever interpreter can import the gateway (`python -B -c PROGRAM
REQUEST`), its parts behind one another, so it stands alone: the standard library, the Alembic it
finds there, and syntax that Python 3.9 understands. See `tui.services.migrations.program`.
"""
