#!/bin/sh
# pictures.sh WSCOPE: makes the pictures of the README from the real program: the interactive session
# (tmux shows it, terminal_svg.py draws it) and the report of compare (Chromium renders it). Run by
# `make pictures`; needs tmux, Chromium and Python.
set -eu

wscope=$(realpath "$1")
doc=$(realpath "$(dirname "$0")")
scratch=$(mktemp -d "${TMPDIR:-/tmp}/wscope-pictures.XXXXXX")
columns=120
lines=40

finish() {
    tmux -S "$scratch/tmux" kill-server 2>/dev/null || :
    [ -z "${server:-}" ] || kill "$server" 2>/dev/null || :
    rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

die() {
    echo "pictures.sh: $*" >&2
    exit 1
}

for tool in tmux python3; do
    command -v $tool >/dev/null 2>&1 || die "$tool is missing"
done
chromium=$(command -v chromium || command -v chromium-browser) || die 'chromium is missing'

# Typed in the pictures as a reader would type it.
mkdir "$scratch/bin" "$scratch/home"
ln -s "$wscope" "$scratch/bin/wscope"
PATH=$scratch/bin:$PATH
HOME=$scratch/home
XDG_CONFIG_HOME=$HOME XDG_STATE_HOME=$HOME LC_ALL=C.UTF-8 TERM=screen-256color
export PATH HOME XDG_CONFIG_HOME XDG_STATE_HOME LC_ALL TERM
cd "$HOME"

wscope serve -q -n 127.0.0.1:9001 >"$scratch/address" 2>&1 &
server=$!

pane() {
    tmux -S "$scratch/tmux" "$@"
}

shown() {
    pane capture-pane -p "$@"
}

# Wait until the screen shows the text N times.
wait_for() {
    tries=0
    until [ "$(shown | grep -cF -- "$1")" -ge "$2" ]; do
        tries=$((tries + 1))
        [ $tries -lt 300 ] || {
            shown >&2
            die "the screen does not show \"$1\""
        }
        sleep 0.1
    done
}

type_line() {
    pane send-keys -l -- "$1"
    pane send-keys Enter
}

session() {
    pane -f /dev/null new-session -d -x $columns -y $lines 'PS1="$ " exec sh'
    wait_for '$' 1
    type_line 'wscope -r :9001/echo'
    wait_for 'opened' 1
    type_line 'hello'
    wait_for '← hello' 1
    type_line '{"op":"subscribe","channel":"news"}'
    wait_for '← {"op"' 1
    type_line '/ping'
    wait_for 'pong after' 1
    type_line '/fault rst'
    wait_for 'opened' 2
    type_line '/frame op=3 text=x'
    wait_for 'not reconnecting' 1
    sleep 0.5
    shown -e >"$scratch/session"
    python3 "$doc/terminal_svg.py" 'wscope at work: messages, a ping, a connection that is reset and opened again' \
        <"$scratch/session" >"$doc/repl.svg"
}

report() {
    wscope compare -q --for 6 --id /id --every 0.5,2 --report "$scratch/report.html" \
        :9001/feed --sse :9001/feed.sse --poll ':9001/feed.json?since={last}' >"$scratch/compare" 2>&1
    "$chromium" --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=1000,945 \
        --screenshot="$scratch/report.png" "file://$scratch/report.html" >"$scratch/chromium" 2>&1 || {
        cat "$scratch/chromium" >&2
        die 'chromium failed'
    }
    cp "$scratch/report.png" "$doc/compare.png"
}

session
report
ls -l "$doc/repl.svg" "$doc/compare.png"
