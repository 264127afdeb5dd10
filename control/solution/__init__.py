"""What comes back: the path, its costates, its certificate, and the way to a file and back."""
