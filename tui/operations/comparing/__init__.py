"""Both sides of a comparison, and what differs, in numbers and words."""
