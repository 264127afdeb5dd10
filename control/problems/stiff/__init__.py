"""Problems of two time scales: boundary layers at both ends."""
