"""From the smoothed to the exact ReLU: an active set of kinks, and Scholtes' relaxation."""
