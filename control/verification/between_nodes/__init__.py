"""Bounds and path constraints between the points where a program holds them.

worst_places.py        where they are violated most, in every interval
cost_between_nodes.py  what mending that would cost
"""
