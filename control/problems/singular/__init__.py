"""Arcs on which H is linear in the control, so that the minimum condition does not give it."""
