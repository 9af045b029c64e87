"""Training: from initial parameters to final ones, with a record of the path."""
