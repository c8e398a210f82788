"""What upgrade, downgrade, stamp, reset and bootstrap share: a new file built aside and swapped."""
