"""``python -m edge``: the ``edge`` command where it is not on the PATH."""

import sys

from edge.cli import main

if __name__ == "__main__":
    sys.exit(main())
