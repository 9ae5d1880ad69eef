#!/usr/bin/env bats
# Scripts with a proxy: between the connections of the script itself and wscope serve.

load helpers

# script LINE...: run as a script against the embedded server.
script() {
    printf '%s\n' "$@" >"$BATS_TEST_TMPDIR/script.wscope"
    both run --against serve "$BATS_TEST_TMPDIR/script.wscope"
}

CLIENT=$'option reconnect\noption retry-delay 0.1\noption timeout 20'

@test "a client that was dropped is expected back, in each way to drop it" {
    local how
    for how in rst fin close:1012 'close:4000,try again' ''; do
        script "$CLIENT" 'test x' 'proxy start {{server}}' 'connect {{proxy}}/feed' 'expect json /id exists' "proxy drop $how" \
            'expect back' 'expect reconnect' 'expect report outages=1,hammer=0,back<20s'
        assert_equal "$how $status" "$how 0"
    done
}

@test "a step that acts on clients waits for one" {
    script "$CLIENT" 'test x' 'proxy start {{server}}' 'connect {{proxy}}/echo' 'proxy drop' 'expect back'
    assert_equal "$status" 0
    script 'option timeout 0.2' 'test x' 'proxy start {{server}}' 'proxy drop'
    assert_equal "$status" 3
    assert_line --partial 'no client is connected'
}

@test "messages are injected, changed and held" {
    script 'test x' 'proxy start {{server}}' 'connect {{proxy}}/echo' 'expect open' 'proxy rule up text -> sub /a/b/' 'send aha' \
        'expect next text bhb' 'proxy rule off 1' 'proxy inject down <<END' 'from the proxy' 'END' 'expect next text from the proxy' \
        'proxy hold down' 'send held' 'expect none for 0.2' 'proxy release' 'expect next text held' \
        'proxy fault latency:300ms' 'proxy heal' 'send in time' 'expect text in time'
    assert_equal "$status" 0
}

@test "being offline ends after its time, and a return before it does not count" {
    script "$CLIENT" 'test x' 'proxy start {{server}}' 'connect {{proxy}}/echo' 'expect open' 'proxy drop rst' 'expect reconnect' \
        'proxy offline' 'expect back within 0.3'
    assert_equal "$status" 3
    assert_line --partial 'expect back: not in 0.3 s: 1 client is still away'
    script "$CLIENT" 'test x' 'proxy start {{server}}' 'connect {{proxy}}/echo' 'expect open' 'proxy offline 0.3' 'expect back' \
        'proxy offline' 'proxy heal' 'expect back' 'expect report outages=2'
    assert_equal "$status" 0
}

@test "proxies have names, and their addresses are variables" {
    script "$CLIENT" 'test x' 'a: proxy start {{server}}' 'b: proxy start {{a}}' 'connect {{b}}/echo' 'send hello' 'expect text hello' \
        'b: proxy drop rst' 'b: expect back' 'a: expect report outages=0' 'b: expect report outages=1' 'a: proxy stop' \
        'a: proxy start {{server}}'
    assert_equal "$status" 0
}

@test "what a report lacks is the message of the failure" {
    script "$CLIENT" 'test x' 'proxy start {{server}}' 'connect {{proxy}}/echo' 'proxy drop rst' 'expect back' \
        'expect report back<1us within 0.3'
    assert_equal "$status" 3
    assert_line --regexp "expect report back<1us: not in 0.3 s: back<1us: client 1: was back .* after the loss"
}

@test "headers of the script go to the server, and option seq is for the report" {
    script 'option seq /id' "$CLIENT" 'test x' 'proxy start {{server}}' 'connect {{proxy}}/feed' 'expect json /id exists' \
        'proxy drop rst' 'expect back' 'expect json /id exists' 'expect report outages=1,duplicates=0'
    assert_equal "$status" 0
}

# mistake LINE COLUMN TEXT: of the last line, as the only error.
mistake() {
    printf 'test x\nproxy start ws://h/\n%s\n' "$1" >"$BATS_TEST_TMPDIR/script.wscope"
    both run "$BATS_TEST_TMPDIR/script.wscope"
    assert_equal "$status" 2
    [[ ${stderr%%$'\n'*} == *"script.wscope:3:$2: "*"$3"* ]] || {
        printf '%s\n%s\n' "$1" "$stderr" >&2
        return 1
    }
}

@test "mistakes are found before anything is run, at their place" {
    mistake 'proxy' 6 'usage: proxy start'
    mistake 'proxy dorp' 7 'did you mean "drop"?'
    mistake 'proxy drop rts' 12 'not a way to drop'
    mistake 'proxy drop close:99' 12 'not a way to drop'
    mistake 'proxy offline x' 15 'usage: proxy offline [SEC]'
    mistake 'proxy fault latency:x' 21 'takes a time'
    mistake 'proxy rule text -> sing' 20 'sing'
    mistake 'proxy rule' 11 'usage: proxy rule'
    mistake 'proxy hold sideways' 12 'usage: proxy hold'
    mistake 'proxy inject left x' 14 'usage: proxy inject'
    mistake 'proxy release none' 15 'usage: proxy release'
    mistake 'proxy use x' 11 'the number of a client'
    mistake 'proxy stop now' 12 'nothing may follow'
    mistake 'b: proxy start' 15 'the URL of the server is missing'
    mistake 'b: proxy start 9002x ws://h/' 16 '[HOST:]PORT'
    mistake 'b: proxy start ws://h/ x y' 26 'nothing may follow'
    mistake 'b: proxy start 0 gopher://h/' 18 ''
    mistake 'b: proxy start /feed' 16 'needs --against'
    mistake 'b: proxy drop' 1 'no proxy b is started'
    mistake 'b: expect back' 1 'no proxy b is started'
    mistake 'expect back now' 13 'nothing may follow'
    mistake 'expect next back' 8 '"next"'
    mistake 'expect report' 14 'is missing'
    mistake 'expect report bak<3s' 15 'bak'
    mistake 'expect report back<3s,lost' 27 'lost needs'
    mistake 'send x' 1 'no connection'
}
