#include "base/nearest.h"
#include "command/command.h"

static const struct command_row table[] = {
    {"connect", "[URL]", "open the connection, or one to another URL",
     "/connect wss://example.org/chat", "URL", command_connect},
    {"close", "[CODE [REASON]]", "close the connection; 1000 without a code",
     "/close 1001 going home", "1000 1001 1008 1011 3000 4000", command_close},
    {"reconnect", "", "close, and open the same again", "/reconnect", "", command_reconnect},
    {"quit", "", "close and leave; ^D does the same", "/quit", "", command_quit},

    {"send", "TEXT", "send a text message as it stands here", "/send {\"op\":\"hello\"}", "",
     command_send},
    {"binary", "HEX", "send a binary message", "/binary 00 ff 10", "", command_binary},
    {"file", "PATH [text|binary]", "send a file as one message", "/file picture.png",
     "FILE text|binary", command_file},
    {"fragment", "N TEXT", "send one text message in N frames", "/fragment 3 hello world", "",
     command_fragment},

    {"ping", "[TEXT]", "send a ping and tell its round trip", "/ping", "", command_ping},
    {"pong", "[TEXT]", "send a pong that nobody asked for", "/pong still here", "", command_pong},
    {"frame", "op=OP [fin=0|1] [rsv=0-7] [mask=on|off|HEX8] [len=N] [text=...|hex=...]",
     "send one frame, as malformed as asked; its effect",
     "/frame op=text rsv=4 text=\"not compressed\"",
     "op=text|binary|cont|close|ping|pong fin=0|1 rsv=0|1|2|4 mask=on|off len= text= hex=",
     command_frame},

    {"fault", "[SPEC;...]", "let something go wrong, or tell what is armed",
     "/fault latency:200ms,50ms+10s",
     "rst fin half-close blackhole stall-read stall-write latency: rate: slice: truncate: corrupt "
     "rebind drop-pong delay-pong: wrong-pong drop-in: drop-out: dup-in: dup-out: reorder: refuse "
     "dns-fail dns-slow: status:",
     command_fault},
    {"drop", "[rst|fin|blackhole [SEC]]", "cut the connection, or let it fall silent", "/drop rst",
     "rst|fin|blackhole", command_drop},
    {"heal", "", "end and disarm all faults", "/heal", "", command_heal},

    {"headers", "", "show the handshake with every header", "/headers", "", command_headers},
    {"info", "", "how the connection came about, what was agreed", "/info", "", command_info},
    {"stats", "", "counts, rates, sizes, round trips, TCP", "/stats", "", command_stats},
    {"show", "[q|0|1|2|3|include|pings|all|thin]", "show more or less; all of a flood or a sample",
     "/show 2", "q|0|1|2|3|include|pings|all|thin", command_show},
    {"set", "[NAME VALUE]", "change how things look, or tell how they are set",
     "/set timestamps rel", "SETTING", command_set},
    {"history", "[N]", "the last N lines typed; 20 without a number", "/history 5", "",
     command_history},
    {"help", "[COMMAND]", "all commands, or more about one", "/help frame", "COMMAND",
     command_help},
};
#define COUNT (sizeof table / sizeof *table)

const struct command_row *commands_table(size_t *count)
{
    *count = COUNT;
    return table;
}

const struct command_row *commands_find(struct slice name)
{
    for (size_t i = 0; i < COUNT; i++) {
        if (slice_is(name, table[i].name))
            return &table[i];
    }
    return NULL;
}

const char *commands_nearest(struct slice name)
{
    size_t least = nearest_tolerance(name.len);
    const char *nearest = NULL;

    if (name.len == 0 || name.len > NEAREST_MAX)
        return NULL;
    for (size_t i = 0; i < COUNT; i++) {
        size_t d = nearest_distance((const char *)name.data, name.len, table[i].name,
                                    strlen(table[i].name));

        if (d < least || (d == least && !nearest)) {
            least = d;
            nearest = table[i].name;
        }
    }
    return nearest;
}
