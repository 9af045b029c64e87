"""Sweeps: recipes, their cells, and where cells run. A cell runs as processes of the command line."""
