#!/usr/bin/python3
"""count_lines.py STEP: reads the numbers from 1 on, a line each; prints every STEP-th, and a complaint where one is missing."""

import sys

step = int(sys.argv[1])
for expected, line in enumerate(sys.stdin, 1):
    if int(line) != expected:
        sys.exit(f"{line.strip()} came in place of {expected}")
    if expected % step == 0:
        print(expected, flush=True)
