"""All that touches disk: whole files, tables, checkpoints, and the run directory that holds them."""
