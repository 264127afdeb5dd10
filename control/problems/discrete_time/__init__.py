"""Problems that are stated from one step to the next: x_next and steps in place of dynamics."""
