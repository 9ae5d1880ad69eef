# bash completion for wscope(1). It has no lists: "wscope --complete" answers what fits.

# The words of the line up to the cursor. Readline has split them also at ":", "=" and "@".
_wscope_words() {
    local rest=${COMP_LINE:0:COMP_POINT} word i

    words=()
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if ((i == 0)) || [[ $rest == [[:blank:]]* ]]; then
            words+=('')
            rest=${rest#"${rest%%[![:blank:]]*}"}
        fi
        ((i < COMP_CWORD)) || word=$rest
        words[-1]+=$word
        rest=${rest#"$word"}
    done
}

# Names of files that begin with $2, each after $1. $3 is -f, or -d for directories alone.
_wscope_files() {
    local name

    while IFS= read -r name; do
        [[ -d ${name/#\~\//$HOME/} ]] && name+=/
        COMPREPLY+=("$1$name")
    done < <(compgen "$3" -- "$2")
}

# Write what was found as it has to be typed, without what stays on the line before it: $1 is the
# word as it was typed. Readline replaces what follows the last place where it splits, "@" included.
_wscope_type() {
    local typed=$1 kept i

    [[ $typed == [\"\']* ]] && return
    kept=${typed%"${typed##*["$COMP_WORDBREAKS"]}"}
    kept=${kept%@}
    for i in "${!COMPREPLY[@]}"; do
        printf -v "COMPREPLY[i]" %q "${COMPREPLY[i]}"
        COMPREPLY[i]=${COMPREPLY[i]/#\\~\//\~/}
        COMPREPLY[i]=${COMPREPLY[i]//\\,/,}
        COMPREPLY[i]=${COMPREPLY[i]#"$kept"}
    done
}

_wscope() {
    local words last kind text blank=yes

    COMPREPLY=()
    _wscope_words
    last=${words[-1]#[\"\']}
    last=${last//\\/}
    while IFS=$'\t' read -r kind text _; do
        case $kind in
            files) _wscope_files "$text" "${last#"$text"}" -f ;;
            folders) _wscope_files "$text" "${last#"$text"}" -d ;;
            part)
                COMPREPLY+=("$text")
                blank=no
                ;;
            word) COMPREPLY+=("$text") ;;
        esac
    done < <(fc -ln -1000 2>/dev/null |
        "${words[0]/#\~\//$HOME/}" --complete "${words[@]:1:${#words[@]}-2}" "$last" 2>/dev/null)
    [[ $blank == no || ${COMPREPLY[0]} == */ ]] && compopt -o nospace
    _wscope_type "${words[-1]}"
}

complete -F _wscope wscope
