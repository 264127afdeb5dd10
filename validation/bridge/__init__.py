"""From the towers to paths, and ground truths for given steps."""
