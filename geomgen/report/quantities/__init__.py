"""All quantities, each defined once; by the table that they are read from."""
