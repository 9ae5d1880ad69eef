#include "command/set.h"

static const struct command_row table[] = {
    {"connect", "[URL|/PATH]", "open the connection, or one to another URL",
     "/connect wss://example.org/chat", "URL", command_connect, COMMAND_BOTH, NULL},
    {"close", "[CODE [REASON]]", "close the connection; 1000 without a code",
     "/close 1001 going home", "1000 1001 1008 1011 3000 4000", command_close, COMMAND_OPEN,
     command_check_close},
    {"reconnect", "", "close the connection and open it again", "/reconnect", "", command_reconnect,
     COMMAND_BOTH, command_check_nothing},
    {"header", "['NAME: VALUE']", "set a header for later connections; list them",
     "/header 'Authorization: Bearer TOKEN'", "", command_header, COMMAND_REPL, NULL},
    {"option", "[NAME [VALUE]]", "set an option for later connections; list them",
     "/option subprotocol chat.v2",
     "bearer user cookie subprotocol origin insecure cacert cert key proxy resolve user-agent ping-interval reconnect lenient",
     command_option, COMMAND_REPL, NULL},
    {"poll", "URL", "close, and poll this http(s) URL", "/poll https://example.org/feed.json",
     "URL", command_poll, COMMAND_REPL, NULL},
    {"fallback", "[off]", "show the fallback in use; off ends it", "/fallback off", "off",
     command_fallback, COMMAND_REPL, NULL},
    {"compare", "[poll=URL] [sse=URL] [every=S,...] [for=S] [id=PTR] [time=PTR] | off",
     "compare with other channels: cost and lag",
     "/compare poll=:9001/feed.json sse=:9001/feed.sse id=/id",
     "poll= sse= every= for= id=/ time=/ off", command_compare, COMMAND_REPL, NULL},
    {"quit", "", "close and quit; /exit and ^D do the same", "/quit", "", command_quit,
     COMMAND_REPL, NULL},

    {"send", "TEXT", "send a text message literally", "/send {\"op\":\"hello\"}", "", command_send,
     COMMAND_OPEN, NULL},
    {"binary", "HEX", "send a binary message", "/binary 00 ff 10", "", command_binary, COMMAND_OPEN,
     command_check_binary},
    {"file", "PATH [text|binary]", "send a file as one message", "/file picture.png",
     "FILE text|binary", command_file, COMMAND_OPEN, command_check_file},
    {"fragment", "N TEXT", "send one text message in N frames", "/fragment 3 hello world", "",
     command_fragment, COMMAND_OPEN, command_check_fragment},

    {"ping", "[TEXT]", "send a ping and report its round trip", "/ping", "", command_ping,
     COMMAND_OPEN, command_check_control},
    {"pong", "[TEXT]", "send an unsolicited pong", "/pong still here", "", command_pong,
     COMMAND_OPEN, command_check_control},
    {"frame", "op=OP [fin=0|1] [rsv=0-7] [mask=on|off|HEX8] [len=N] [text=...|hex=...]",
     "send one frame, valid or not; show its effect",
     "/frame op=text rsv=4 text=\"not compressed\"",
     "op=text|binary|cont|close|ping|pong fin=0|1 rsv=0|1|2|4 mask=on|off len= text= hex=",
     command_frame, COMMAND_OPEN, command_check_frame},

    {"fault", "[SPEC;...]", "cause a fault, or list what is armed", "/fault latency:200ms,50ms+10s",
     "FAULT", command_fault, COMMAND_BOTH, command_check_fault},
    {"drop", "[rst|fin|blackhole [SEC]]", "cut the connection, or make it silent", "/drop rst",
     "rst|fin|blackhole", command_drop, COMMAND_OPEN, command_check_drop},
    {"heal", "", "end and disarm all faults", "/heal", "", command_heal, COMMAND_BOTH,
     command_check_nothing},

    {"expect", "[next] WHAT [within SEC]", "report whether this comes, or what else comes",
     "/expect json /op == \"pong\" within 2",
     "next|text|json|binary|event|ack|result|ping|pong|frame|open|close|error|status|header|reconnect|gap|no-gap|none",
     command_expect, COMMAND_BOTH, NULL},

    {"headers", "", "show the handshake with every header", "/headers", "", command_headers,
     COMMAND_REPL, NULL},
    {"info", "", "how the connection was made and negotiated", "/info", "", command_info,
     COMMAND_REPL, NULL},
    {"stats", "", "counts, rates, sizes, round trips, TCP", "/stats", "", command_stats,
     COMMAND_REPL, NULL},
    {"show", "[q|0|1|2|3|include|pings|all|thin]", "show more or less; all messages or a sample",
     "/show 2", "q|0|1|2|3|include|pings|all|thin", command_show, COMMAND_REPL, NULL},
    {"again", "", "send the last message sent once more", "/again", "", command_again,
     COMMAND_PROMPT, NULL},
    {"edit", "[TEXT]", "edit a line with $VISUAL or $EDITOR; also ^X^E", "/edit", "", command_edit,
     COMMAND_PROMPT, NULL},
    {"grep", "[-v] [in|out] REGEX|off", "show only messages that match, of one way or both",
     "/grep in \"type\":\"(error|ack)\"", "off|in|out|-v in|out", command_grep, COMMAND_PROMPT,
     NULL},
    {"pause", "[off]", "hold messages back; again: show them", "/pause", "off", command_pause,
     COMMAND_PROMPT, NULL},
    {"last", "[N]", "the last N messages, whole and laid out", "/last 3", "", command_last,
     COMMAND_PROMPT, NULL},
    {"find", "REGEX", "search the last 10,000 messages", "/find order.*4711", "", command_find,
     COMMAND_PROMPT, NULL},
    {"save", "[FILE|off]", "write what is shown from now on to a file", "/save session.txt", "FILE",
     command_save, COMMAND_PROMPT, NULL},
    {"copy", "[N]", "copy the last message, or the N-th last (--osc52)", "/copy", "", command_copy,
     COMMAND_PROMPT, NULL},
    {"alias", "[-d] [NAME [TEXT]]", "a name for a line, kept; /NAME runs it",
     "/alias hello {\"op\":\"hello\"}", "ALIAS", command_alias, COMMAND_PROMPT, NULL},
    {"clear", "", "clear the screen", "/clear", "", command_clear, COMMAND_PROMPT, NULL},
    {"set", "[NAME VALUE]", "change how things are shown, or list settings", "/set timestamps rel",
     "SETTING", command_set, COMMAND_REPL, NULL},
    {"history", "[N]", "the last N lines typed; 20 without a number", "/history 5", "",
     command_history, COMMAND_REPL, NULL},
    {"help", "[COMMAND]", "all commands, or more about one; also /h and /?", "/help frame",
     "COMMAND", command_help, COMMAND_REPL, NULL},

    /* Those of scripts alone; the interactive session ends here. */
    {"test", "NAME", "begin a test", "test the server echoes", "", NULL, COMMAND_SCRIPT, NULL},
    {"setup", "", "begin lines that run before each test", "setup", "", NULL, COMMAND_SCRIPT, NULL},
    {"teardown", "", "begin lines that run after each test", "teardown", "", NULL, COMMAND_SCRIPT,
     NULL},
    {"skip", "[REASON]", "do not run this test", "skip no server for it yet", "", NULL,
     COMMAND_SCRIPT, NULL},
    {"todo", "[REASON]", "this test may fail for now", "todo issue 12", "", NULL, COMMAND_SCRIPT,
     NULL},
    {"needs", "NAME [WHAT]", "skip unless --var gives this a value", "needs chat a chat server", "",
     NULL, COMMAND_SCRIPT, NULL},
    {"include", "FILE", "insert the lines of another file", "include login.wscope", "", NULL,
     COMMAND_SCRIPT, NULL},
    {"url", "URL", "connect to this URL", "url wss://example.org/chat", "", NULL, COMMAND_SCRIPT,
     NULL},
    {"header", "NAME: VALUE", "a header of the handshake", "header Authorization: Bearer {{token}}",
     "", NULL, COMMAND_SCRIPT, NULL},
    {"option", "NAME [VALUE]", "a long option of the command line", "option subprotocol chat", "",
     NULL, COMMAND_SCRIPT, NULL},
    {"set", "NAME VALUE", "set a variable", "set room lobby", "", NULL, COMMAND_SCRIPT, NULL},
    {"capture", "NAME POINTER|/REGEX/", "set a variable from the message just matched",
     "capture token /data/token", "", NULL, COMMAND_SCRIPT, NULL},
    {"proxy", "start [[HOST:]PORT] URL | stop | use [N] | COMMAND",
     "a proxy between other clients and their server", "proxy start :9002 ws://localhost:3000", "",
     NULL, COMMAND_SCRIPT, NULL},
    {"emit", "NAME ARG...", "send as --as NAME does, such as an event",
     "emit chat {\"text\":\"hello\"} lobby", "", command_emit, COMMAND_SCRIPT, command_check_emit},
    {"sleep", "SEC", "wait", "sleep 0.5", "", NULL, COMMAND_SCRIPT, NULL},
    {"repeat", "N {", "repeat the lines up to \"}\" N times", "repeat 3 {", "", NULL,
     COMMAND_SCRIPT, NULL},
    {"any-order", "{", "match the expectations up to \"}\" in any order", "any-order {", "", NULL,
     COMMAND_SCRIPT, NULL},
};
#define COUNT (sizeof table / sizeof *table)

const struct command_row *commands_table(size_t *count)
{
    *count = 0;
    while (*count < COUNT && table[*count].where != COMMAND_SCRIPT)
        (*count)++;
    return table;
}

const struct command_row *commands_all(size_t *count)
{
    *count = COUNT;
    return table;
}

static const struct command_row *repl_row(size_t i)
{
    return i < COUNT && table[i].where != COMMAND_SCRIPT ? &table[i] : NULL;
}

const struct command_row *commands_prompt_row(size_t i)
{
    for (size_t at = 0; at < COUNT; at++) {
        if (table[at].where == COMMAND_PROMPT && i-- == 0)
            return &table[at];
    }
    return NULL;
}

const struct command_set commands_repl = {
    .row = repl_row,
    .use = FAULT_USE_CLIENT,
    .unknown_hint = "/help lists the commands; //text sends /text as a message",
    .help_before = "A line is sent as a text message; //text sends /text. Commands:",
    .help_after = "/help COMMAND describes one, with an example. Tab completes, ^R searches the\n"
                  "lines typed, ^C clears the line or closes, ^D quits.",
};

const struct command_row *commands_find(struct slice name)
{
    return command_set_find(&commands_repl, name);
}

static bool is_of_scripts(const struct command_row *row)
{
    return row->where != COMMAND_REPL && row->where != COMMAND_PROMPT;
}

const struct command_row *commands_script_find(struct slice name)
{
    for (size_t i = 0; i < COUNT; i++) {
        if (is_of_scripts(&table[i]) && slice_is(name, table[i].name))
            return &table[i];
    }
    return NULL;
}

/* The i-th of scripts: those of the interactive session alone are in between. */
static const struct command_row *script_row(size_t i)
{
    for (size_t at = 0; at < COUNT; at++) {
        if (is_of_scripts(&table[at]) && i-- == 0)
            return &table[at];
    }
    return NULL;
}

static const struct command_set scripts = {.row = script_row};

const char *commands_script_nearest(struct slice name)
{
    return command_set_nearest(&scripts, name);
}

void commands_unslash(char *text)
{
    for (char *at = text; (at = strchr(at, '/')) != NULL;) {
        size_t n = strspn(at + 1, "abcdefghijklmnopqrstuvwxyz-");

        if ((at == text || strchr(" \"", at[-1])) && commands_script_find(slice_make(at + 1, n)))
            memmove(at, at + 1, strlen(at));
        else
            at++;
    }
}
