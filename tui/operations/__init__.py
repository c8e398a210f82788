"""What the product does: one class per module, the same for the screen and the command line."""
