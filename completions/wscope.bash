# bash completion for wscope(1).

# Names of files, also behind a prefix such as "@"; directories end with a slash.
_wscope_files() {
    local prefix=$1 cur=$2 kind=$3 name

    COMPREPLY=()
    while IFS= read -r name; do
        [[ -d $name ]] && name+=/
        COMPREPLY+=("$prefix$name")
    done < <(compgen "$kind" -- "$cur")
    [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == */ ]] && compopt -o nospace
    compopt -o filenames
}

# Words from a list.
_wscope_words() {
    mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2")
}

# One more event behind the commas that are there.
_wscope_events() {
    local before=

    [[ $1 == *,* ]] && before=${1%,*},
    mapfile -t COMPREPLY < <(compgen -P "$before" -W 'resolve connect proxy tls request response open frame message ping pong violation close
        retry gap recovered lost duplicate fault poll fallback error summary compare' -- "${1##*,}")
}

# Kinds of faults; what follows (an argument, "@" and a trigger) is typed behind them.
_wscope_faults() {
    local kinds='rst fin half-close blackhole stall-read stall-write latency: rate: slice: truncate: corrupt rebind
        drop-pong delay-pong: wrong-pong drop-in: drop-out: dup-in: dup-out: reorder: refuse dns-fail dns-slow: status:'

    [[ $(_wscope_letter) == [ps] ]] && kinds+=' close:'
    [[ $(_wscope_letter) == p ]] && kinds+=' offline'
    _wscope_words "$kinds" "$1"
    compopt -o nospace
}

# Names of the [profile NAME] sections of the config file.
_wscope_profiles() {
    local file=${XDG_CONFIG_HOME:-~/.config}/wscope/config names

    [[ -r $file ]] || return 0
    names=$(sed -nE 's/^[[:space:]]*\[[[:space:]]*profile[[:space:]]+([^]]*[^][:space:]])[[:space:]]*\][[:space:]]*$/\1/p' "$file")
    local IFS=$'\n'
    mapfile -t COMPREPLY < <(compgen -W "$names" -- "$1")
}

# The value of option $1, begun as $2; $3 is what stands before the name of a file behind "@". Fails
# for an option that takes none.
_wscope_value() {
    case $1 in
        --cacert | --cert | --key | --pinnedpubkey | --report | --junit | --record)
            _wscope_files '' "$2" -f
            ;;
        --capath | --transcript)
            _wscope_files '' "$2" -d
            ;;
        -H | --header | --cookie | -u | --user | --bearer | --pass | -e | --send | \
            --data | --from-curl)
            if [[ $2 == @* ]]; then
                _wscope_files "$3" "${2#@}" -f
            fi
            ;;
        --events)
            _wscope_events "$2"
            ;;
        --fault)
            _wscope_faults "$2"
            ;;
        --against)
            _wscope_words 'serve' "$2"
            ;;
        --profile)
            _wscope_profiles "$2"
            ;;
        --tls-min | --tls-max)
            _wscope_words '1.2 1.3' "$2"
            ;;
        --timestamps)
            _wscope_words 'abs rel delta' "$2"
            ;;
        --help)
            _wscope_words 'all' "$2"
            ;;
        --reconnect)
            _wscope_words 'default socket.io reconnecting-websocket grpc signalr phoenix graphql-ws rfc6455' "$2"
            ;;
        --retry-jitter)
            _wscope_words 'none full' "$2"
            ;;
        --method)
            _wscope_words 'GET POST' "$2"
            ;;
        --color)
            _wscope_words 'auto always never' "$2"
            ;;
        -s | --subprotocol | -o | --origin | -A | --user-agent | --servername | \
            --header-cmd | --max-redirects | -x | --proxy | --noproxy | --connect-to | \
            --resolve | --interface | --connect-timeout | --close-timeout | -m | \
            --max-time | --for | --max-message | --max-frame | --max-fragments | --max-headers | \
            --ping-interval | --ping-timeout | --seed | --retry | --retry-delay | --retry-max-delay | \
            --retry-factor | --retry-max-time | --stable-after | --retry-on | --no-retry-on | \
            --offline-queue | --seq | --id | --epoch | --resume | \
            --resume-query | --catchup | --poll | --sse | --every | --jitter | --items | --fallback | --fallback-after | --time | --clients | --on-connect | -w | --wait | --chunk | \
            --count | --until | --buffer | --rate | --burst | --path | --allow-origin | --var | --only | --jobs | --timeout)
            ;;
        *)
            return 1
            ;;
    esac
}

# An optional value is written with "=" only, so it does not follow as a word of its own.
_wscope_optional() {
    [[ $1 == @(--compress|--reconnect|-r|--timestamps|-h|--help) ]]
}

# The letter of the command: c is the form that opens a connection.
_wscope_letter() {
    local word

    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        case $word in
            compare)
                echo m
                return
                ;;
            serve)
                echo s
                return
                ;;
            run)
                echo r
                return
                ;;
            demo)
                echo d
                return
                ;;
            help)
                echo h
                return
                ;;
            version)
                echo v
                return
                ;;
        esac
    done
    echo c
}

# The options of the command with letter $1. Each line begins with the letters of its commands.
_wscope_options() {
    local letters words mine=
    local options='
        cmsrd -q --quiet --json --profile --no-config -h --help -V --version
        cmrd --show-secrets
        cmsd -v --verbose --events --color --timestamps
        cmsr --cert --key --fault --seed
        cmd -i --include -P --pings
        cmr -H --header -s --subprotocol -o --origin -A --user-agent --cookie -u --user --bearer --header-cmd -L
        cmr --location --max-redirects -k --insecure --cacert --capath --pass --pinnedpubkey --tls-min --tls-max
        cmr --servername -x --proxy --noproxy --connect-to --resolve --interface -4 -6 --connect-timeout
        cmr --close-timeout -m --max-time --max-message --max-frame --max-fragments --max-headers --compress
        cmr --no-compress --ping-interval --ping-timeout --no-pong --lenient -r --reconnect --retry
        cmr --retry-delay --retry-max-delay --retry-factor --retry-jitter --retry-max-time --stable-after
        cmr --retry-on --no-retry-on --seq --id --poll --sse --every --jitter --long-poll --items --method
        cmr --data --no-keepalive
        cd --pretty
        csd --plain
        cs -n --no-input
        cm --for --on-connect --from-curl
        cr --offline-queue --epoch --resume --resume-query --catchup --fail-on-loss --fallback --fallback-after
        c -e --send -w --wait -b --binary -0 --null --crlf --hex --base64 --whole --chunk --echo
        c -1 --count --until --escape --no-delimiter --buffer --record
        m --time --clients --report
        r --against --var --only --fail-fast --jobs --timeout --junit --transcript
        s --rate --burst --path --allow-origin
    '

    while read -r letters words; do
        [[ $letters == *"$1"* ]] && mine+=" $words"
    done <<<"$options"
    _wscope_words "$mine" "$2"
}

_wscope() {
    local cur=${COMP_WORDS[COMP_CWORD]} value at=@ marks='' i=$COMP_CWORD

    # Readline takes "--bearer=@file" apart at "=" and "@", which come as a word of their own.
    COMPREPLY=()
    value=$cur
    if [[ $value == +([=@]) ]]; then
        marks=$value
        value=
    fi
    i=$((i - 1))
    if [[ -z $marks && ${COMP_WORDS[i]} == +([=@]) ]]; then
        marks=${COMP_WORDS[i]}
        i=$((i - 1))
    fi
    if [[ $marks == *@* ]]; then
        value=@$value
        at=
    fi
    if [[ $marks == *=* ]] || ! _wscope_optional "${COMP_WORDS[i]}"; then
        _wscope_value "${COMP_WORDS[i]}" "$value" "$at" && return
    fi
    if [[ $cur == -* ]]; then
        _wscope_options "$(_wscope_letter)" "$cur"
    elif [[ $COMP_CWORD -eq 1 ]]; then
        _wscope_words 'compare serve run demo help version' "$cur"
    elif [[ $(_wscope_letter) == r ]]; then
        _wscope_files '' "$cur" -f
    elif [[ $(_wscope_letter) == h ]]; then
        _wscope_words 'compare serve run demo version' "$cur"
    fi
}

complete -F _wscope wscope
