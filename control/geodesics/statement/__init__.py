"""What is to be minimized: the geodesic, its activation, loss, ends and layer steps."""
