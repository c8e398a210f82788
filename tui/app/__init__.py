"""The Textual front end: wiring, panes, screens, widgets."""
