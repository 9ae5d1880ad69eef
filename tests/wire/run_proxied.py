#!/usr/bin/python3
"""Conformance through `wscope proxy`: the same families with the same results, and the same bytes on both sides. Prints TAP.

The program is the command in $WSCOPE (default: wscope). WSCOPE_SLOW=10 makes every time limit ten times as long.
"""

import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import runner  # noqa: E402

# Importing a family registers its cases, in this order.
import family_framing  # noqa: E402,F401
import family_utf8  # noqa: E402,F401
import family_close  # noqa: E402,F401
import family_large  # noqa: E402,F401
import family_deflate  # noqa: E402,F401

if __name__ == "__main__":
    sys.argv.insert(1, "--through-proxy=")
    sys.exit(runner.main(__doc__.split("\n", maxsplit=1)[0]))
