"""The headless front end: commands, text and JSON reports, exit codes."""
