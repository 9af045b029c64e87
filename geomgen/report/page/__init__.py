"""The page: every report that the runs have data for, in one HTML file that loads nothing else."""
