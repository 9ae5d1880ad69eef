# complete.zsh FOLDER LINE: what an interactive zsh makes of the line when Tab is pressed behind it, with the
# completions of the folder.
zmodload zsh/zpty
zpty -b shell "TERM=dumb ZDOTDIR=/nowhere zsh -f -i"
zpty -w shell "fpath=(${(q)1} \$fpath); autoload -Uz compinit; compinit -u -D"
zpty -w shell "result() { print -r -- RES''ULT:\$BUFFER:END }; zle -N result; bindkey '^X' result; print SET''UP"
zpty -r shell line '*SETUP*'
zpty -n -w shell "$2"$'\t\x18'
zpty -r shell line '*RESULT:*:END*'
print -r -- "${${line##*RESULT:}%%:END*}"
zpty -d shell
