"""geomgen beside the usual way, both measured in the same run: ``python -m tests.bench --help``."""
