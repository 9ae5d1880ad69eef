#!/usr/bin/env bats
# The recipe of examples/fanout, command by command as its page says, on other ports.

load helpers
load ../peers/peers

setup() {
    PATH=$PATH:/usr/sbin:/usr/local/sbin
    need redis-server
    need haproxy
    need jq
    local from port
    cp "${top_srcdir:-$HERE/../..}"/examples/fanout/{README.md,haproxy.cfg} "$BATS_TEST_TMPDIR"
    for from in 6399 9100 9101 9102 9103; do
        port=$(free_port)
        sed -i "s/:$from\b/:$port/g; s/ $from\$/ $port/; s/port $from /port $port /" "$BATS_TEST_TMPDIR"/{README.md,haproxy.cfg}
        PORTS+=("$port")
    done
    cd "$BATS_TEST_TMPDIR" || return
    # shellcheck disable=SC2016 # no command is run in these
    mapfile -t COMMANDS < <(sed -n '/^```sh$/,/^```$/{/^```/!p}' README.md)
    assert_equal "${#COMMANDS[@]}" 9
    # The order of the page is that of the ports, but that haproxy is the last.
    local places=(0 2 3 4 1) i command
    for i in 0 1 2 3 4; do
        command=${COMMANDS[i]/#wscope /${WSCOPE_COMMAND[*]} }
        start_on "${PORTS[places[i]]}" bash -c "exec $command"
        STARTED[i]=${PEERS[-1]}
    done
    SERVICE=ws://127.0.0.1:${PORTS[1]}
    eventually served_by_three
}

# Each new connection has the next server, once haproxy has found all of them.
served_by_three() {
    local i nodes
    nodes=$(for i in 1 2 3; do wscope -n -q --count 1 "$SERVICE/chat" | jq -r .node; done | sort | tr -d '\n')
    [[ $nodes == abc ]]
}

@test "examples/fanout: what one client sends, those of all servers receive" {
    local i
    for i in 1 2 3; do
        wscope -n -q --until 'hello' "$SERVICE/chat" >"received.$i" &
    done
    for i in 1 2 3; do
        appears '"node"' "received.$i"
    done
    wscope -q -e 'hello, all' -n --count 2 "$SERVICE/chat"
    wait -n
    for i in 1 2 3; do
        appears '^hello, all$' "received.$i"
    done
    run jq -r .node <(cat received.? | grep node)
    assert_equal "$(sort <<<"$output" | tr -d '\n')" abc
}

@test "examples/fanout: fanout shows that all receive, and that nothing keeps a client on its server" {
    run bash -c "exec ${COMMANDS[7]/#wscope /${WSCOPE_COMMAND[*]} -q --within 30 }"
    assert_success
    assert_line --index 0 --partial 'Every message reached all 12 connections on 3 nodes'
    run bash -c "exec ${COMMANDS[8]/#wscope /${WSCOPE_COMMAND[*]} -q }"
    assert_success
    assert_line --index 0 --partial 'Not sticky: '
    assert_equal "$(grep -c 'Not sticky' <<<"$output")" 1
}

@test "examples/fanout: a client of the feed loses nothing when its server is killed" {
    local command=${COMMANDS[6]/#wscope /${WSCOPE_COMMAND[*]} -q --count 120 --fail-on-loss } node
    bash -c "exec $command" >updates 2>log &
    local client=$!
    appears '"node":"[abc]"' updates
    node=$(head -n 1 updates | jq -r .node)
    case $node in
    a) kill -9 "${STARTED[1]}" ;;
    b) kill -9 "${STARTED[2]}" ;;
    c) kill -9 "${STARTED[3]}" ;;
    esac
    wait "$client"
    # Numbers without a gap, from more than one server.
    run jq -r .id updates
    assert_equal "$output" "$(seq "${lines[0]}" $((lines[0] + 119)))"
    run bash -c 'jq -r .node updates | sort -u | wc -l'
    assert_output 2
}
