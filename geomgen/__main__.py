"""``python -m geomgen``."""

from geomgen.cli.app import main

main()
