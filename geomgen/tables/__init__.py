"""The tables that experiments write: each column with its meaning and unit."""
