# fish completion for wscope(1).

# Text, or the name of a file behind "@".
function __wscope_at_file
    set -l token (commandline -ct | string replace -r '^--[^=]*=' '')
    if string match -q '@*' -- $token
        __fish_complete_path (string sub -s 2 -- $token) | string replace -r '^' '@'
    end
end

function __wscope_events
    string split ' ' 'resolve connect proxy tls request response open frame message ping pong violation close retry gap recovered lost duplicate fault poll fallback error summary compare'
end

# Kinds of faults; what follows (an argument, "@" and a trigger) is typed behind them.
function __wscope_faults
    string split ' ' 'rst fin half-close blackhole stall-read stall-write latency: rate: slice: truncate: corrupt rebind drop-pong delay-pong: wrong-pong drop-in: drop-out: dup-in: dup-out: reorder: refuse dns-fail dns-slow: status:'
    __wscope_in p s; and echo close:
    __wscope_in p; and echo offline
end

# Names of the [profile NAME] sections.
function __wscope_profiles
    set -l folder $XDG_CONFIG_HOME
    test -n "$folder"; or set folder ~/.config
    test -r $folder/wscope/config; or return
    string replace -rf '^\s*\[\s*profile\s+([^]]*?)\s*\]\s*$' '$1' <$folder/wscope/config
end

# True if the command is one of these letters: c is the form that opens a connection.
function __wscope_in
    set -l letter c
    for word in (commandline -opc)[2..]
        switch $word
            case compare
                set letter m
                break
            case serve
                set letter s
                break
            case run
                set letter r
                break
            case demo
                set letter d
                break
            case help
                set letter h
                break
            case version
                set letter v
                break
        end
    end
    contains $letter $argv
end

complete -c wscope -f
complete -c wscope -n __fish_use_subcommand -a compare -d 'the same updates over several channels'
complete -c wscope -n __fish_use_subcommand -a serve -d 'the embedded server'
complete -c wscope -n __fish_use_subcommand -a run -d 'tests written as scripts'
complete -c wscope -n __fish_use_subcommand -a demo -d 'server and client together'
complete -c wscope -n __fish_use_subcommand -a help -d 'help for a command'
complete -c wscope -n __fish_use_subcommand -a version -d 'versions of wscope and its libraries'
complete -c wscope -n '__wscope_in h' -a 'compare serve run demo version'

complete -c wscope -n '__wscope_in c m r' -s H -l header -x -a '(__wscope_at_file)' -d 'add, replace or (Name:) remove a header; @FILE'
complete -c wscope -n '__wscope_in c m r' -s s -l subprotocol -x -d 'offer a subprotocol; repeatable, order kept'
complete -c wscope -n '__wscope_in c m r' -s o -l origin -x -d 'the Origin header'
complete -c wscope -n '__wscope_in c m r' -s A -l user-agent -x -d 'the User-Agent header; empty sends none'
complete -c wscope -n '__wscope_in c m r' -l cookie -x -a '(__wscope_at_file)' -d 'the Cookie header; also @FILE, env:NAME'
complete -c wscope -n '__wscope_in c m r' -s u -l user -x -a '(__wscope_at_file)' -d 'Basic credentials; also @FILE, env:NAME'
complete -c wscope -n '__wscope_in c m r' -l bearer -x -a '(__wscope_at_file)' -d 'Bearer token; also @FILE, env:NAME'
complete -c wscope -n '__wscope_in c m r' -l header-cmd -x -d 'run before each attempt; its lines are headers'
complete -c wscope -n '__wscope_in c m r' -s L -l location -d 'follow redirects of the handshake'
complete -c wscope -n '__wscope_in c m r' -l max-redirects -x -d 'with -L, follow at most so many (5)'
complete -c wscope -n '__wscope_in c m r' -s k -l insecure -d 'do NOT verify the certificate: anyone can listen'
complete -c wscope -n '__wscope_in c m r' -l cacert -r -F -d 'trust these authorities (PEM), not the system'
complete -c wscope -n '__wscope_in c m r' -l capath -x -a '(__fish_complete_directories)' -d 'trust the hashed certificates of a directory'
complete -c wscope -n '__wscope_in c m s r' -l cert -r -F -d 'certificate chain to present (PEM)'
complete -c wscope -n '__wscope_in c m s r' -l key -r -F -d 'private key, if not in the file of --cert'
complete -c wscope -n '__wscope_in c m r' -l pass -x -a '(__wscope_at_file)' -d 'pass phrase of the key; also @FILE, env:NAME'
complete -c wscope -n '__wscope_in c m r' -l pinnedpubkey -r -F -d 'accept this key only, sha256//BASE64 or a file'
complete -c wscope -n '__wscope_in c m r' -l tls-min -x -a '1.2 1.3' -d 'lowest TLS version, 1.2 or 1.3'
complete -c wscope -n '__wscope_in c m r' -l tls-max -x -a '1.2 1.3' -d 'highest TLS version, 1.2 or 1.3'
complete -c wscope -n '__wscope_in c m r' -l servername -x -d 'name asked for (SNI) and verified'
complete -c wscope -n '__wscope_in c m r' -s x -l proxy -x -d 'go through this http, https or socks5 proxy'
complete -c wscope -n '__wscope_in c m r' -l noproxy -x -d 'hosts to reach without a proxy; * is all'
complete -c wscope -n '__wscope_in c m r' -l connect-to -x -d 'go to H2 and P2 where H1 and P1 are asked for'
complete -c wscope -n '__wscope_in c m r' -l resolve -x -d 'use this address instead of asking DNS'
complete -c wscope -n '__wscope_in c m r' -l interface -x -d 'local address or interface to leave from'
complete -c wscope -n '__wscope_in c m r' -s 4 -d 'IPv4 only'
complete -c wscope -n '__wscope_in c m r' -s 6 -d 'IPv6 only'
complete -c wscope -n '__wscope_in c m r' -l connect-timeout -x -d 'from the first DNS question to the 101 (10)'
complete -c wscope -n '__wscope_in c m r' -l close-timeout -x -d 'wait so long for the answer to our Close (5)'
complete -c wscope -n '__wscope_in c m r' -s m -l max-time -x -d 'end the whole run after this (exit 28)'
complete -c wscope -n '__wscope_in c m' -l for -x -d 'close normally after this (exit 0)'
complete -c wscope -n '__wscope_in c m r' -l max-message -x -d 'largest message accepted (1G, interactive 64M)'
complete -c wscope -n '__wscope_in c m r' -l max-frame -x -d 'largest frame accepted'
complete -c wscope -n '__wscope_in c m r' -l max-headers -x -d 'most headers accepted in an answer (200)'
complete -c wscope -n '__wscope_in c m r' -l max-fragments -x -d 'most frames accepted in one message'
complete -c wscope -n '__wscope_in c m r' -l compress -d 'offer permessage-deflate, as RFC 7692 writes it'
complete -c wscope -n '__wscope_in c m r' -l no-compress -d 'offer no compression'
complete -c wscope -n '__wscope_in c m r' -l ping-interval -x -d 'send a ping every so often'
complete -c wscope -n '__wscope_in c m r' -l ping-timeout -x -d 'no pong in this time is a lost connection'
complete -c wscope -n '__wscope_in c m r' -l no-pong -d 'do not answer pings'
complete -c wscope -n '__wscope_in c m s r' -l fault -x -a '(__wscope_faults)' -d 'let this go wrong, as rst@every:30s; repeatable'
complete -c wscope -n '__wscope_in c m s r' -l seed -x -d 'repeat what chance did under this number'
complete -c wscope -n '__wscope_in c m r' -l lenient -d 'report violations and carry on where possible'
complete -c wscope -n '__wscope_in c m r' -s r -l reconnect -a 'default socket.io reconnecting-websocket grpc signalr phoenix graphql-ws rfc6455' -d 'connect again, with the delays of a preset'
complete -c wscope -n '__wscope_in c m r' -l retry -x -d 'give up after so many retries in a row'
complete -c wscope -n '__wscope_in c m r' -l retry-delay -x -d 'the first delay'
complete -c wscope -n '__wscope_in c m r' -l retry-max-delay -x -d 'the longest delay'
complete -c wscope -n '__wscope_in c m r' -l retry-factor -x -d 'each delay is so many times the one before'
complete -c wscope -n '__wscope_in c m r' -l retry-jitter -x -d 'none, full, or a fraction as 0.2, more or less'
complete -c wscope -n '__wscope_in c m r' -l retry-max-time -x -d 'try no more so long after the first failure'
complete -c wscope -n '__wscope_in c m r' -l stable-after -x -d 'up that long, the back-off begins anew (5)'
complete -c wscope -n '__wscope_in c r' -l offline-queue -x -d 'messages that wait for a connection (1M)'
complete -c wscope -n '__wscope_in c m r' -l retry-on -x -d 'retry these too, as 1000,4000-4099,404'
complete -c wscope -n '__wscope_in c m r' -l no-retry-on -x -d 'do not retry these close codes or statuses'
complete -c wscope -n '__wscope_in c m r' -l seq -x -d 'where a message has its number, as /id'
complete -c wscope -n '__wscope_in c m r' -l id -x -d 'where a message has its identity'
complete -c wscope -n '__wscope_in c r' -l epoch -x -d 'where it names its stream; a new one counts anew'
complete -c wscope -n '__wscope_in c r' -l resume -x -d 'send MSG after a reconnect, {last} filled in'
complete -c wscope -n '__wscope_in c r' -l resume-query -x -d 'add this to the URL of a reconnect'
complete -c wscope -n '__wscope_in c r' -l catchup -x -d 'after a reconnect, GET what was missed from URL'
complete -c wscope -n '__wscope_in c r' -l fail-on-loss -d 'exit 3 if messages were lost'
complete -c wscope -n '__wscope_in c m r' -l poll -x -d 'ask this http(s) URL again and again'
complete -c wscope -n '__wscope_in c m r' -l sse -x -d 'listen to this stream of server-sent events'
complete -c wscope -n '__wscope_in c m r' -l every -x -d 'time from poll to poll (2); to compare, a list'
complete -c wscope -n '__wscope_in c m r' -l jitter -x -d 'each poll is later by up to this, at random'
complete -c wscope -n '__wscope_in c m r' -l long-poll -d 'the server holds a poll until there is news'
complete -c wscope -n '__wscope_in c m r' -l items -x -d 'where an answer has its array of items'
complete -c wscope -n '__wscope_in c m r' -l method -x -a 'GET POST' -d 'method of a poll (GET, with --data POST)'
complete -c wscope -n '__wscope_in c m r' -l data -x -a '(__wscope_at_file)' -d 'body of each poll; also @FILE'
complete -c wscope -n '__wscope_in c m r' -l no-keepalive -d 'a connection of its own for each poll'
complete -c wscope -n '__wscope_in c r' -l fallback -x -d 'poll, or stream from sse+http, without a socket'
complete -c wscope -n '__wscope_in c r' -l fallback-after -x -d 'failed attempts before falling back (3)'
complete -c wscope -n '__wscope_in m' -l time -x -d 'where an update has the time it was sent'
complete -c wscope -n '__wscope_in m' -l clients -x -d 'so many on paper (1,1000,100000)'
complete -c wscope -n '__wscope_in m' -l report -r -F -d 'write the result as an HTML page'
complete -c wscope -n '__wscope_in c' -s e -l send -x -a '(__wscope_at_file)' -d 'send MSG after opening; @FILE, @- is all of stdin'
complete -c wscope -n '__wscope_in c m' -l on-connect -x -d 'send MSG after every opening, before -e'
complete -c wscope -n '__wscope_in c s' -s n -l no-input -d 'do not read stdin, listen'
complete -c wscope -n '__wscope_in c' -s w -l wait -x -d 'quiet time between end of stdin and Close (0.5)'
complete -c wscope -n '__wscope_in c' -s b -l binary -d 'send binary messages'
complete -c wscope -n '__wscope_in c' -s 0 -l null -d 'messages end with NUL, on stdin and stdout'
complete -c wscope -n '__wscope_in c' -l crlf -d 'a CR before the newline of a line is dropped'
complete -c wscope -n '__wscope_in c' -l hex -d 'binary messages as hex digits, on stdin and stdout'
complete -c wscope -n '__wscope_in c' -l base64 -d 'binary messages as base64, on stdin and stdout'
complete -c wscope -n '__wscope_in c' -l whole -d 'all of stdin is one message'
complete -c wscope -n '__wscope_in c' -l chunk -x -d 'every SIZE bytes of stdin are a binary message'
complete -c wscope -n '__wscope_in c' -l echo -d 'send every message back as it came'
complete -c wscope -n '__wscope_in c' -s 1 -d 'end after one message'
complete -c wscope -n '__wscope_in c' -l count -x -d 'end after N messages'
complete -c wscope -n '__wscope_in c' -l until -x -d 'end after the first message that matches'
complete -c wscope -n '__wscope_in c' -l escape -d 'keep a message on one line, newlines escaped'
complete -c wscope -n '__wscope_in c' -l no-delimiter -d 'nothing behind each message'
complete -c wscope -n '__wscope_in c' -l buffer -x -d 'read ahead so much while stdout blocks (1M)'
complete -c wscope -n '__wscope_in c m s r d' -s q -l quiet -d 'data and errors only'
complete -c wscope -n '__wscope_in c m d' -s i -l include -d 'also the handshake with every header'
complete -c wscope -n '__wscope_in c m s d' -s v -l verbose -d 'DNS, TCP, TLS; -vv every frame; -vvv raw bytes'
complete -c wscope -n '__wscope_in c m d' -s P -l pings -d 'pings and pongs'
complete -c wscope -n '__wscope_in c m r d' -l show-secrets -d 'do NOT redact credentials'
complete -c wscope -n '__wscope_in c m s r d' -l json -d 'events as JSON, one object a line'
complete -c wscope -n '__wscope_in c m s d' -l events -x -a '(__fish_complete_list , __wscope_events)' -d 'with --json, only these, as open,message,close'
complete -c wscope -n '__wscope_in c d' -l pretty -d 'JSON messages over several lines'
complete -c wscope -n '__wscope_in c s d' -l plain -d 'interactive, without moving the cursor'
complete -c wscope -n '__wscope_in c m s d' -l color -x -a 'auto always never' -d 'auto (on a terminal), always or never'
complete -c wscope -n '__wscope_in c m s d' -l timestamps -a 'abs rel delta' -d 'abs (the clock), rel (since start) or delta'
complete -c wscope -n '__wscope_in s' -l rate -x -d 'updates a second of the feed (10)'
complete -c wscope -n '__wscope_in s' -l burst -x -d 'so many of them at once, less often'
complete -c wscope -n '__wscope_in s' -l path -x -d 'echo at this path too'
complete -c wscope -n '__wscope_in s' -l allow-origin -x -d 'refuse other origins; repeatable'
complete -c wscope -n '__wscope_in r' -F
complete -c wscope -n '__wscope_in r' -l against -x -a 'serve' -d 'serve brings a server; or a URL scripts go to'
complete -c wscope -n '__wscope_in r' -l var -x -d 'the value of a variable; repeatable'
complete -c wscope -n '__wscope_in r' -l only -x -d 'tests of such names alone; repeatable'
complete -c wscope -n '__wscope_in r' -l fail-fast -d 'end with the first test that fails'
complete -c wscope -n '__wscope_in r' -l jobs -x -d 'run so many files side by side (1)'
complete -c wscope -n '__wscope_in r' -l timeout -x -d 'how long an expectation waits (5)'
complete -c wscope -n '__wscope_in r' -l junit -r -F -d 'results as JUnit XML, too'
complete -c wscope -n '__wscope_in c' -l record -r -F -d 'interactive, and write what happens as a script'
complete -c wscope -n '__wscope_in r' -l transcript -x -a '(__fish_complete_directories)' -d 'keep the events of each failed test there'
complete -c wscope -n '__wscope_in c m' -l from-curl -x -a '(__wscope_at_file)' -d 'take over a browser copy as cURL; also @FILE, @-'
complete -c wscope -n '__wscope_in c m s r d' -l profile -x -a '(__wscope_profiles)' -d 'also this section of the config file'
complete -c wscope -n '__wscope_in c m s r d' -l no-config -d 'do not read the config file'
complete -c wscope -n '__wscope_in c m s r d' -s h -l help -a 'all' -d 'this text; --help=all lists every option'
complete -c wscope -n '__wscope_in c m s r d' -s V -l version -d 'versions of wscope and its libraries'
