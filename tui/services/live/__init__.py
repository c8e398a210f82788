"""Writing to a live database: helpers in processes of their own, and who has it open."""
