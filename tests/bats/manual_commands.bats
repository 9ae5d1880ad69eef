#!/usr/bin/env bats
# The commands that the manuals and the recipes of README show are run as they are typed, against servers of the names
# that they use.
#
# $found is set by await.
# shellcheck disable=SC2154

load helpers

# Not run, and why.
declare -gA NOT_RUN=(
    ["wscope --record session.wscope"]="a session on a terminal; repl.bats records one"
    ["wscope --as socket.io wss://api"]="tests/peers has such servers"
    ["wscope fanout -c 100 -r=socket.io"]="it needs a service to roll out; fanout.bats has drills"
    ["wscope fanout --publish-http"]="it needs a service with Redis"
)

# A program named wscope that shortens what the manual's commands wait for, and has free ports of the loopback for those
# in the manual: 9001, 3000 and 9443 (serve), 9002 (proxy) and 9003 (--control).
write_wscope() {
    mkdir bin
    cat >bin/wscope <<END
#!/bin/bash
args=()
while ((\$#)); do
    args+=("\$1")
    case \$1 in
    --for) args+=(1) && shift ;;
    --idle=*) args[-1]=--idle=1 ;;
    *@every:30s) args[-1]=\${1/30s/1s} ;;
    9001 | *:9443) args[-1]=$FEED_PORT ;;
    *:9001 | *:9001/*) args[-1]=\${1/:9001/:$FEED_PORT} ;;
    *:3000) args[-1]=\${1/:3000/:$FEED_PORT} ;;
    :9002 | :9002/*) args[-1]=\${1/:9002/:$PROXY_PORT} ;;
    9003) args[-1]=$CONTROL_PORT ;;
    esac
    shift
done
case " \${args[*]} " in
" serve "*) [[ \${args[-1]} == $FEED_PORT ]] || args+=($FEED_PORT) ;;
" compare "*" --for "*) ;;
" compare "*) args+=(--for 1) ;;
esac
if [[ \${ENDLESS:-} && " \${args[*]} " != *" "@(--for|-1|--whole|run)" "* ]]; then
    args+=(--for 1)
fi
exec ${WSCOPE_COMMAND[*]@Q} "\${args[@]}"
END
    chmod +x bin/wscope
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    need openssl
    need jq
    need curl
    certificate me DNS:me
    certificate server DNS:api.example.com,DNS:app.example.com,DNS:staging.example.com
    await '^port ([0-9]+)$' "$PYTHON3" "$HERE/example_server.py" server.pem server.key
    local port=$found host
    FEED_PORT=$(free_port) PROXY_PORT=$(free_port) CONTROL_PORT=$(free_port)
    write_wscope
    export HOME=$PWD XDG_CONFIG_HOME=$PWD/.config XDG_STATE_HOME=$PWD/.state
    mkdir -p .config/wscope certs tests
    ln -s "$(realpath "${top_srcdir:-$HERE/../..}/examples")" examples
    "$PYTHON3" "$HERE/manual_commands.py" . "${top_srcdir:-$HERE/../..}"/{man/*.[15],README.md}
    {
        echo "cacert = $PWD/ca.pem"
        for host in api app staging; do
            echo "connect-to = $host.example.com:443:127.0.0.1:$port"
        done
        cat config
    } >.config/wscope/config
    # What the commands read.
    cp ca.pem certs/staging.pem
    echo secret | tee .token >.staging-token
    printf '1\n2\n' >ids
    head -c 3000000 /dev/zero >backup.tar
    echo "curl 'wss://app.example.com/live' -H 'Origin: https://app.example.com'" >request.txt
    printf 'test login works\nconnect\nexpect open\n' | tee login.wscope >tests/login.wscope
    printf 'connect-to = localhost:9001:127.0.0.1:%s\nconnect-to = 127.0.0.1:9003:127.0.0.1:%s\n' \
        "$FEED_PORT" "$CONTROL_PORT" >.curlrc
}

# Wait until the command in the background is of use to those after it: a server listens, a client of the proxy is there.
ready() {
    case $1 in
    *' --control '*) await_port "$CONTROL_PORT" ;;
    'wscope proxy '*) await_port "$PROXY_PORT" ;;
    *:9002*) until curl -s http://127.0.0.1:9003/clients | grep -q '"connected":true'; do sleep 0.02; done ;;
    *) await_port "$FEED_PORT" ;;
    esac
}

reason_not_to_run() {
    local begin
    for begin in "${!NOT_RUN[@]}"; do
        if [[ $(<"$1") == "$begin"* ]]; then
            echo "${NOT_RUN[$begin]}"
            return
        fi
    done
    if ! command -v prove >/dev/null && grep -q prove "$1"; then
        echo "prove is not installed"
    fi
}

# Run the script as a shell would, with nothing to read unless it says so. A server in the foreground is ended once it
# listens; one that an earlier example started is started again. A proxy that ends by itself gets its server and a client.
run_script() {
    {
        # shellcheck disable=SC2016 # for the shell of the script
        printf 'set -eu; export PATH=%q:$PATH\n' "$PWD/bin"
        declare -f await_port ready
        declare -p PYTHON3 SLOW FEED_PORT PROXY_PORT CONTROL_PORT
        # Recipes are for a user who ends them.
        [[ $1 != README* ]] || echo 'export ENDLESS=yes API_TOKEN=secret'
        # shellcheck disable=SC2016
        echo 'trap '\''for pid in $(jobs -p); do kill $pid; wait $pid || :; done'\'' EXIT'
        if [[ $(<"$1") == *"wscope proxy "*" --outages "* ]]; then
            printf 'wscope serve -q &\nready serve\nwscope -q -n -r :9002/feed >feed.log &\n'
            cat "$1"
        elif [[ $(<"$1") =~ ^wscope\ (serve|proxy)\  && $(<"$1") != *"&"* ]]; then
            printf '%s &\nready %q\n' "$(<"$1")" "$(<"$1")"
        elif [[ $(<"$1") == *:9001* && $(<"$1") != *"wscope serve"* ]]; then
            printf 'wscope serve -q &\nready serve\n'
            cat "$1"
        else
            cat "$1"
        fi
    } >"$1.run"
    timeout -k 2 $((30 * SLOW)) bash "$1.run" >"$1.output" 2>"$1.errors" </dev/null 3>&-
}

@test "every command that the manuals and the recipes show works" {
    local file reason count=0
    for file in *.[15]-*.sh README.md-*.sh; do
        reason=$(reason_not_to_run "$file")
        if [[ $reason ]]; then
            echo "# not run: $(<"$file"): $reason" >&3
            continue
        fi
        if ! run_script "$file" || grep '^wscope: ' "$file.errors" >&2; then
            printf '%s failed:\n%s\n' "$file" "$(cat "$file" "$file.output" "$file.errors")" >&2
            return 1
        fi
        if [[ -e ${file%.sh}.out ]]; then
            sed -i "s/:$FEED_PORT$/:9001/" "$file.output"
            diff "${file%.sh}.out" "$file.output" >&2
        fi
        count=$((count + 1))
    done
    ((count > 44))
}

@test "every example of wscope-as(7) is run with a server of its protocol" {
    local name count=0
    while read -r name; do
        grep -q "manual_examples $name " "$HERE"/../peers/*.bats || fail "nothing in tests/peers runs those of $name"
        count=$((count + 1))
    done < <(sed -nE 's/^\$ wscope --as ([a-z.]+).*/\1/p' "${top_srcdir:-$HERE/../..}/man/wscope-as.7")
    ((count > 6))
}
