"""Problems whose final time is found."""
