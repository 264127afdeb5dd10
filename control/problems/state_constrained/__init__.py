"""Problems with bounds on states, or constraints on state and control."""
