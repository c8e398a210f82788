"""One module per pane of the screen."""
