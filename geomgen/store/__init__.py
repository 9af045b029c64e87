"""Everything that touches the disk: files, tables, checkpoints, and the run directory that holds them."""
