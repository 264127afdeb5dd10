"""Problems of several phases: stages that drop off, arcs that follow each other, a path with a corner."""
