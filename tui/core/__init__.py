"""What things are: errors, models, the operation protocol, settings. Standard library only."""
