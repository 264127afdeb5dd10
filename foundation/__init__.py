"""What both towers stand on: files written whole, Ctrl-C, worker processes. Python and NumPy alone."""
