#!/usr/bin/env bats
# Against Chromium: its debugging port, and through that the pages it shows.

load peers

setup() {
    local browser folder=$BATS_TEST_TMPDIR
    browser=$(command -v chromium || command -v chromium-browser) || missing 'chromium is not installed'
    need jq
    export HOME=$folder XDG_CONFIG_HOME=$folder XDG_CACHE_HOME=$folder
    await 'DevTools listening on (ws://[^ ]+)' "$browser" --headless --no-sandbox --disable-gpu --disable-quic \
        --no-first-run --disable-background-networking --disable-component-update --disable-sync --disable-breakpad \
        --disable-dev-shm-usage --user-data-dir="$folder/profile" --remote-debugging-port=0 about:blank
    wait_until test -s "$folder/profile/DevToolsActivePort"
    local port_and_path
    mapfile -t port_and_path <"$folder/profile/DevToolsActivePort"
    ADDRESS=127.0.0.1:${port_and_path[0]}
    URL=ws://$ADDRESS${port_and_path[1]}
    assert_equal "$URL" "$found"
}

# EXPRESSION FILTER: what the page makes of it, through jq.
evaluate() {
    local page
    page=$(wscope -q -n -1 -e '{"id":1,"method":"Target.getTargets"}' "$URL" |
        jq -r '.result.targetInfos | map(select(.type == "page"))[0].targetId')
    jq -cn --arg expression "$1" '{id: 2, method: "Runtime.evaluate",
        params: {$expression, awaitPromise: true, returnByValue: true}}' |
        wscope -q -1 "ws://$ADDRESS/devtools/page/$page" | jq -c ".result.result.value | $2"
}

@test "chromium: its version, through jq; errors are messages" {
    local version='{"id":1,"method":"Browser.getVersion"}'
    run bash -c "${WSCOPE_COMMAND[*]} -q -n -1 -e '$version' $URL | jq -r .result.product"
    assert_output --regexp '^(Headless)?Chrome/[0-9.]+$'
    both -1 "$URL" <<<'{"id":2,"method":"Browser.nothing"}'
    assert_equal "$status" 0
    assert_equal "$(jq -c '[.id, .error.code]' <<<"$output")" '[2,-32601]'
}

@test "chromium: an origin that it does not allow, a page that is not there: exit 22" {
    both -n -o http://evil.example "$URL"
    assert_equal "$status" 22
    assert_stderr '403 Forbidden' 'remote-allow-origins'
    both -n "ws://$ADDRESS/devtools/page/nothing"
    assert_equal "$status" 22
    assert_stderr '500 Internal Server Error' 'No such target id: nothing'
}

@test "chromium: a page computes, and answers with megabytes" {
    run evaluate '6 * 7' .
    assert_output 42
    run evaluate '"κόσμε 🎈".repeat(100000)' '. == "κόσμε 🎈" * 100000'
    assert_output true
}

@test "chromium: a page talks to the embedded server" {
    serve
    run evaluate "new Promise((resolve) => {
        const socket = new WebSocket('$SERVE/echo');
        const heard = [];
        socket.onopen = () => { socket.send('hello, κόσμε'); socket.send(new Uint8Array(70000)); };
        socket.onmessage = ({ data }) => {
            heard.push(typeof data === 'string' ? data : data.size);
            if (heard.length === 2) socket.close(4000, 'thanks');
        };
        socket.onclose = ({ code, wasClean }) => resolve([...heard, socket.extensions, code, wasClean]);
    })" .
    assert_output '["hello, κόσμε",70000,"permessage-deflate",4000,true]'
}

@test "chromium: asked to close it answers, then ends the stream without a Close frame: exit 56" {
    both -n -e '{"id":1,"method":"Browser.close"}' "$URL"
    assert_equal "$status" 56
    assert_output '{"id":1,"result":{}}'
    assert_stderr 'connection lost'
}

@test "chromium: --as cdp calls methods, auto displays it" {
    both --as cdp -n -e Browser.getVersion --count 1 "$URL"
    assert_equal "$status" 0
    assert_equal "$(jq -r '.product | startswith("HeadlessChrome") or startswith("Chrome")' <<<"$output")" true
    both --json -n -e '{"id":1,"method":"Browser.getVersion"}' --until product "$URL"
    assert_equal "$(jq -c 'select(.event == "decoded" and .dir == "in") | [.as, .type, .name, .re]' <<<"$output")" \
        '["cdp","result","Browser.getVersion",1]'
}

@test "chromium: the examples of wscope-as(7)" {
    need curl
    manual_examples cdp "$URL"
}
