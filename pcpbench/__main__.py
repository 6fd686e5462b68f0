"""Lets ``python -m pcpbench`` be the command ``pcpbench``."""

import sys

from pcpbench.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
