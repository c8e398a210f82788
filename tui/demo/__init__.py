"""The self-contained demo deployment: revisions, data, a small gateway process."""
