#!/usr/bin/env bash
# A deployment: fanout_roll.bash FOLDER SIGNAL [once]: sends the signal to each node of fanout_node.js whose command is in
# FOLDER (nN.cmd, with its process in nN.pid), one after the other, and starts it again on its port; "once": to all of
# them, then starts all.
set -eu
folder=$1 signal=$2 once=${3-}

# gone PID: until the process has ended, 20 s at most.
gone() {
    local end=$((SECONDS + 20))
    while kill -0 "$1" 2>/dev/null && ((SECONDS < end)); do sleep 0.05; done
}

stop() {
    kill -s "$signal" "$(<"$folder/$1.pid")"
    gone "$(<"$folder/$1.pid")"
}

start() {
    local command end=$((SECONDS + 20))
    read -ra command <"$folder/$1.cmd"
    "${command[@]}" >"$folder/$1.log" 2>&1 </dev/null 3>&- &
    echo $! >"$folder/$1.pid"
    until grep -q '^port' "$folder/$1.log" || ((SECONDS > end)); do sleep 0.05; done
}

nodes=()
for file in "$folder"/n*.cmd; do
    file=${file##*/}
    nodes+=("${file%.cmd}")
done
if [[ $once ]]; then
    for node in "${nodes[@]}"; do stop "$node"; done
    for node in "${nodes[@]}"; do start "$node"; done
else
    for node in "${nodes[@]}"; do
        stop "$node"
        start "$node"
        # The balancer looks every 200 ms whether it is there.
        sleep 0.5
    done
fi
