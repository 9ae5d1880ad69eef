# What the tests with servers of Socket.IO share.

RECOVERY='{"connectionStateRecovery":{"maxDisconnectionDuration":60000}}'

# server PACKAGE [PARSER] [OPTIONS]
server() {
    need_npm "$1"
    await '^port ([0-9]+)$' node "$PEERS_HERE/socketio_any.js" "$@"
    URL=ws://127.0.0.1:$found/
    LOG=$BATS_TEST_TMPDIR/peer.$((${#PEERS[@]} - 1))
}
