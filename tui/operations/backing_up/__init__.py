"""What backups are made of: plans, copies, names, second copies, what a cut one owes."""
