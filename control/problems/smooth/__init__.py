"""Problems whose optimal control is smooth, with a fixed final time."""
