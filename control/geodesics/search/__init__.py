"""The search for the best path: starts, hops, journal, distinct minima."""
