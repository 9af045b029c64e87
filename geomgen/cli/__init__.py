"""The command line: options become a config, an experiment runs, and what it found is printed."""
