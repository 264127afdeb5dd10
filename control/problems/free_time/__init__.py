"""Problems whose end time is sought too."""
