"""`python -m tinaface VERB …`: the detector's command line."""

import sys

from tinaface.cli import main

if __name__ == "__main__":
    sys.exit(main())
