# What the tests with servers of others share.

load ../bats/helpers

PEERS_HERE=${BASH_SOURCE[0]%/*}
export NODE_PATH=${NODE_PATH:-$PEERS_HERE/node_modules}

# How many lines make a long stream; instrumented programs take their time.
MANY=$((1000000 / SLOW))

need_ws() {
    need node || return
    node -e 'require("ws")' 2>/dev/null || missing 'the npm package ws is not installed (npm install in tests/peers)'
}

need_python_module() {
    "$PYTHON3" -c "import $1" 2>/dev/null || missing "Python has no module $1"
}

# URL arguments...: a stream of many lines comes back as it went.
round_trip() {
    seq 1 "$MANY" | WSCOPE_LIMIT=120 wscope -w 5 "$@" 2>"$BATS_TEST_TMPDIR/stderr" | cmp - <(seq 1 "$MANY") || {
        cat "$BATS_TEST_TMPDIR/stderr" >&2
        return 1
    }
}
