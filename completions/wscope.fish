# fish completion for wscope(1).

# Text, or the name of a file behind "@".
function __wscope_at_file
    set -l token (commandline -ct | string replace -r '^--[^=]*=' '')
    if string match -q '@*' -- $token
        __fish_complete_path (string sub -s 2 -- $token) | string replace -r '^' '@'
    end
end

function __wscope_events
    string split ' ' 'resolve connect proxy tls request response open frame message ping pong violation close gap recovered lost duplicate error summary'
end

# Names of the [profile NAME] sections.
function __wscope_profiles
    set -l folder $XDG_CONFIG_HOME
    test -n "$folder"; or set folder ~/.config
    test -r $folder/wscope/config; or return
    string replace -rf '^\s*\[\s*profile\s+([^]]*?)\s*\]\s*$' '$1' <$folder/wscope/config
end

complete -c wscope -f
complete -c wscope -n __fish_use_subcommand -a serve -d 'the embedded server'
complete -c wscope -n __fish_use_subcommand -a demo -d 'server and client together'

complete -c wscope -s H -l header -x -a '(__wscope_at_file)' -d 'add, replace or (Name:) remove a header; @FILE'
complete -c wscope -s s -l subprotocol -x -d 'offer a subprotocol; repeatable, order kept'
complete -c wscope -s o -l origin -x -d 'the Origin header'
complete -c wscope -s A -l user-agent -x -d 'the User-Agent header; empty sends none'
complete -c wscope -l cookie -x -a '(__wscope_at_file)' -d 'the Cookie header; also @FILE, env:NAME'
complete -c wscope -s u -l user -x -a '(__wscope_at_file)' -d 'Basic credentials; also @FILE, env:NAME'
complete -c wscope -l bearer -x -a '(__wscope_at_file)' -d 'Bearer token; also @FILE, env:NAME'
complete -c wscope -l header-cmd -x -d 'run before each attempt; its lines are headers'
complete -c wscope -s L -l location -d 'follow redirects of the handshake'
complete -c wscope -l max-redirects -x -d 'with -L, follow at most so many (5)'
complete -c wscope -s k -l insecure -d 'do NOT verify the certificate: anyone can listen'
complete -c wscope -l cacert -r -F -d 'trust these authorities (PEM), not the system'
complete -c wscope -l capath -x -a '(__fish_complete_directories)' -d 'trust the hashed certificates of a directory'
complete -c wscope -l cert -r -F -d 'certificate chain to present (PEM)'
complete -c wscope -l key -r -F -d 'private key, if not in the file of --cert'
complete -c wscope -l pass -x -a '(__wscope_at_file)' -d 'pass phrase of the key; also @FILE, env:NAME'
complete -c wscope -l pinnedpubkey -r -F -d 'accept this key only, sha256//BASE64 or a file'
complete -c wscope -l tls-min -x -a '1.2 1.3' -d 'lowest TLS version, 1.2 or 1.3'
complete -c wscope -l tls-max -x -a '1.2 1.3' -d 'highest TLS version, 1.2 or 1.3'
complete -c wscope -l servername -x -d 'name asked for (SNI) and verified'
complete -c wscope -s x -l proxy -x -d 'go through this http, https or socks5 proxy'
complete -c wscope -l noproxy -x -d 'hosts to reach without a proxy; * is all'
complete -c wscope -l connect-to -x -d 'go to H2 and P2 where H1 and P1 are asked for'
complete -c wscope -l resolve -x -d 'use this address instead of asking DNS'
complete -c wscope -l interface -x -d 'local address or interface to leave from'
complete -c wscope -s 4 -d 'IPv4 only'
complete -c wscope -s 6 -d 'IPv6 only'
complete -c wscope -l connect-timeout -x -d 'from the first DNS question to the 101 (10)'
complete -c wscope -l close-timeout -x -d 'wait so long for the answer to our Close (5)'
complete -c wscope -s m -l max-time -x -d 'end the whole run after this (exit 28)'
complete -c wscope -l for -x -d 'close normally after this (exit 0)'
complete -c wscope -l max-message -x -d 'largest message accepted (1G, interactive 64M)'
complete -c wscope -l max-frame -x -d 'largest frame accepted'
complete -c wscope -l max-fragments -x -d 'most frames accepted in one message'
complete -c wscope -l compress -d 'offer permessage-deflate, as RFC 7692 writes it'
complete -c wscope -l no-compress -d 'offer no compression'
complete -c wscope -l ping-interval -x -d 'send a ping every so often'
complete -c wscope -l ping-timeout -x -d 'no pong in this time is a lost connection'
complete -c wscope -l no-pong -d 'do not answer pings'
complete -c wscope -l lenient -d 'report violations and carry on where possible'
complete -c wscope -l seq -x -d 'where a message has its number, as /id'
complete -c wscope -l id -x -d 'where a message has its identity'
complete -c wscope -l epoch -x -d 'where it names its stream; a new one counts anew'
complete -c wscope -l resume -x -d 'send MSG after a reconnect, {last} filled in'
complete -c wscope -l resume-query -x -d 'add this to the URL of a reconnect'
complete -c wscope -l fail-on-loss -d 'exit 3 if messages were lost'
complete -c wscope -s e -l send -x -a '(__wscope_at_file)' -d 'send MSG after opening; @FILE, @- is all of stdin'
complete -c wscope -l on-connect -x -d 'send MSG after every opening, before -e'
complete -c wscope -s n -l no-input -d 'do not read stdin, listen'
complete -c wscope -s w -l wait -x -d 'quiet time between end of stdin and Close (0.5)'
complete -c wscope -s b -l binary -d 'send binary messages'
complete -c wscope -s 0 -l null -d 'messages end with NUL, on stdin and stdout'
complete -c wscope -l crlf -d 'a CR before the newline of a line is dropped'
complete -c wscope -l hex -d 'binary messages as hex digits, on stdin and stdout'
complete -c wscope -l base64 -d 'binary messages as base64, on stdin and stdout'
complete -c wscope -l whole -d 'all of stdin is one message'
complete -c wscope -l chunk -x -d 'every SIZE bytes of stdin are a binary message'
complete -c wscope -l echo -d 'send every message back as it came'
complete -c wscope -s 1 -d 'end after one message'
complete -c wscope -l count -x -d 'end after N messages'
complete -c wscope -l until -x -d 'end after the first message that matches'
complete -c wscope -l escape -d 'keep a message on one line, newlines escaped'
complete -c wscope -l no-delimiter -d 'nothing behind each message'
complete -c wscope -l buffer -x -d 'read ahead so much while stdout blocks (1M)'
complete -c wscope -s q -l quiet -d 'data and errors only'
complete -c wscope -s i -l include -d 'also the handshake with every header'
complete -c wscope -s v -l verbose -d 'DNS, TCP, TLS; -vv every frame; -vvv raw bytes'
complete -c wscope -s P -l pings -d 'pings and pongs'
complete -c wscope -l show-secrets -d 'do NOT redact credentials'
complete -c wscope -l json -d 'events as JSON, one object a line'
complete -c wscope -l events -x -a '(__fish_complete_list , __wscope_events)' -d 'with --json, only these, as open,message,close'
complete -c wscope -l pretty -d 'JSON messages over several lines'
complete -c wscope -l plain -d 'interactive, without moving the cursor'
complete -c wscope -l color -x -a 'auto always never' -d 'auto (on a terminal), always or never'
complete -c wscope -l timestamps -a 'abs rel delta' -d 'abs (the clock), rel (since start) or delta'
complete -c wscope -n '__fish_seen_subcommand_from serve' -l rate -x -d 'updates a second of /feed (10)'
complete -c wscope -n '__fish_seen_subcommand_from serve' -l allow-origin -x -d 'refuse other origins; repeatable'
complete -c wscope -l from-curl -x -a '(__wscope_at_file)' -d 'take over a browser copy as cURL; also @FILE, @-'
complete -c wscope -l profile -x -a '(__wscope_profiles)' -d 'also this section of the config file'
complete -c wscope -l no-config -d 'do not read the config file'
complete -c wscope -l help -a 'all' -d 'this text; --help=all lists every option'
complete -c wscope -l version -d 'versions of wscope and its libraries'
