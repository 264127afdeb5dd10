"""What a task measures."""
