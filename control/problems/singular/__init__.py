"""Problems with singular arcs."""
