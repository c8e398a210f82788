"""Alembic: the probe that runs beside the gateway's code, and the names of releases."""
