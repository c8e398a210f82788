"""The activity log as a whole: its index, its filter, its export, and how it is kept in bounds."""
