"""The command line: options become a config, an experiment runs, and its results are printed."""
