"""Problems whose control jumps from bound to bound."""
