"""What is proven of a path: bracket, stationarity, inertia, drift, lower bounds."""
