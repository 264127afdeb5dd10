"""A network's path beside the true one, and the verdict."""
