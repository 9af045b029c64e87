"""The functional core."""
