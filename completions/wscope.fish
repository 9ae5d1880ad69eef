# fish completion for wscope(1). It has no lists: "wscope --complete" answers what fits.

function __wscope_complete
    set -l typed (commandline -opc)
    set -l last (string replace -r '^["\']' '' -- (commandline -ct) | string unescape)
    history search --prefix --reverse --max 1000 'wscope ' 2>/dev/null |
        $typed[1] --complete $typed[2..] "$last" 2>/dev/null |
        while read -l -d \t kind text about
            switch $kind
                case word part
                    printf '%s\t%s\n' $text $about
                case files
                    __fish_complete_path (string sub -s (math 1 + (string length -- "$text")) -- "$last") |
                        string replace -r '^' -- "$text"
                case folders
                    __fish_complete_directories (string sub -s (math 1 + (string length -- "$text")) -- "$last") '' |
                        string replace -r '^' -- "$text"
            end
        end
end

complete -c wscope -f -k -a '(__wscope_complete)'
