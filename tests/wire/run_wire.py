#!/usr/bin/python3
"""The wire suite: wscope against raw servers that send exactly the bytes a case asks for. Prints TAP.

The program is the command in $WSCOPE (default: wscope). WSCOPE_SLOW=10 makes every time limit ten times as long.
"""

import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import runner  # noqa: E402

# Importing a file of cases registers them, in this order.
import cases_opening  # noqa: E402,F401
import cases_response  # noqa: E402,F401
import cases_request  # noqa: E402,F401
import cases_redirect  # noqa: E402,F401
import cases_data  # noqa: E402,F401
import cases_deflate  # noqa: E402,F401
import cases_hostile  # noqa: E402,F401
import cases_tls  # noqa: E402,F401
import cases_account  # noqa: E402,F401
import cases_fault  # noqa: E402,F401
import cases_reconnect  # noqa: E402,F401
import cases_poll  # noqa: E402,F401
import cases_sse  # noqa: E402,F401
import cases_as  # noqa: E402,F401
import cases_packed  # noqa: E402,F401
import cases_script_as  # noqa: E402,F401
import cases_pipe  # noqa: E402,F401
import cases_ending  # noqa: E402,F401
import cases_pressure  # noqa: E402,F401
import cases_exit  # noqa: E402,F401
import cases_failing  # noqa: E402,F401
import cases_fallback  # noqa: E402,F401
import cases_proxy  # noqa: E402,F401
import cases_proxy_http  # noqa: E402,F401
import cases_proxy_acts  # noqa: E402,F401

if __name__ == "__main__":
    sys.exit(runner.main(__doc__.split("\n", maxsplit=1)[0]))
