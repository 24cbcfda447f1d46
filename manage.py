#!/usr/bin/env python3
"""The one command of this project: installs itself, starts what it needs, and is Django's manage.py."""

import sys

if sys.version_info < (3, 11) or sys.platform == "win32":
    found = ".".join(str(part) for part in sys.version_info[:2])
    sys.exit("manage.py: needs Python 3.11 or newer on Linux or a Mac; this is Python " + found)

if __name__ == "__main__":
    from dreamsite.bootstrap import enter

    enter(sys.argv)
    from dreamsite.start import main

    sys.exit(main(sys.argv))
