# complete.zsh FOLDER LINE [all]: what an interactive zsh makes of the line when Tab is pressed after it, with the
# completions of the folder; with "all", the line with everything that Tab would list. Lines of TYPED are in its history.
zmodload zsh/zpty
zpty -b shell "TERM=dumb ZDOTDIR=/nowhere zsh -f -i"
zpty -w shell "fpath=(${(q)1} \$fpath); autoload -Uz compinit; compinit -u -D"
zpty -w shell "insert_all() { compstate[insert]=all }; all() { comppostfuncs=(insert_all); _main_complete }"
zpty -w shell "zle -C all complete-word all; bindkey '^T' all"
zpty -w shell "HISTSIZE=100; for line in \${(f)TYPED}; do print -rs -- \$line; done"
zpty -w shell "result() { print -r -- RES''ULT:\$BUFFER:END }; zle -N result; bindkey '^X' result; print SET''UP"
zpty -r shell line '*SETUP*'
[[ $3 == all ]] && key=$'\x14' || key=$'\t'
zpty -n -w shell "$2$key"$'\x18'
zpty -r shell line '*RESULT:*:END*'
print -r -- "${${line##*RESULT:}%%:END*}"
zpty -d shell
