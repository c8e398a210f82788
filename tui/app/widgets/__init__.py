"""Small widgets shared by panes and screens."""
