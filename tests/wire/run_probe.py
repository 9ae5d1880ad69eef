#!/usr/bin/python3
"""The probe suite: planted faults and healthy services, and what `wscope probe` found. Prints TAP, and the table at its end.

The program is the command in $WSCOPE (default: wscope). WSCOPE_SLOW=10 makes every time limit ten times as long.
"""

import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import cases_probe  # noqa: E402
import cases_probe_slow  # noqa: E402, F401
import runner  # noqa: E402

if __name__ == "__main__":
    status = runner.main(__doc__.split("\n", maxsplit=1)[0], jobs=6)
    for planted, found in sorted(cases_probe.TABLE):
        print(f"# {planted}: {'; '.join(found) or '-'}")
    sys.exit(status)
