"""Two time scales: boundary layers at both ends, and rest between them."""
