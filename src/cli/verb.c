#include "cli/verb.h"

#include <string.h>

#include "base/nearest.h"

static const struct verb table[] = {
    {"", 'c', MODE_CONNECT, "[OPTION]... URL", "open a connection",
     "Open a WebSocket: interactive on a terminal, otherwise a pipe that sends each\n"
     "line of stdin as a message and prints each message received on a line.\n",
     "  wscope wss://echo.example.com/            talk to a server\n"
     "  echo '{\"op\":\"time\"}' | wscope -1 api.example.com/ws | jq .\n"
     "                                            one request, one answer\n"
     "  wscope -n -vv --timestamps :8080/feed     watch every frame come in\n"
     "  wscope --bearer env:TOKEN --json -n --for 60 wss://api.example.com/events\n"
     "                                            a minute of events as JSON\n"},
    {"compare", 'm', MODE_COMPARE, "[OPTION]... [URL] [--poll URL] [--sse URL]",
     "the same updates over several channels",
     "Take the same updates over a WebSocket, server-sent events and polling at once,\n"
     "and report what each costs and how late it is.\n",
     "  wscope compare --id /id --every 0.5,2 :9001/feed --sse :9001/feed.sse \\\n"
     "                 --poll ':9001/feed.json?since={last}'\n"},
    {"serve", 's', MODE_SERVE, "[OPTION]... [[HOST:]PORT]", "the embedded server",
     "Run the embedded server, on 127.0.0.1 and port 9001 by default: /echo returns\n"
     "every message, /feed sends numbered updates (also /feed.sse and /feed.json).\n",
     "  wscope serve                              on ws://127.0.0.1:9001/\n"
     "  wscope serve 0.0.0.0:8080                 for other machines, too\n"
     "  wscope serve --fault rst@every:30s        lose every client twice a minute\n"},
    {"run", 'r', MODE_RUN, "[OPTION]... FILE...", "tests written as scripts",
     "Run the tests in these scripts and report the results (wscope-script(5)).\n",
     "  wscope run --against serve *.wscope       against the embedded server\n"
     "  wscope run --against wss://api.example.com/ws --junit out.xml login.wscope\n"},
    {"demo", 'd', MODE_DEMO, "[OPTION]...", "server and client together",
     "Run the embedded server and a client of it together.\n",
     "  wscope demo                               a tour\n"},
    {"help", 'h', MODE_HELP, "[COMMAND]", "help for a command", NULL, NULL},
    {"version", 'v', MODE_VERSION, "", "versions of wscope and its libraries", NULL, NULL},
};

const struct verb *verb_table(size_t *count)
{
    *count = sizeof table / sizeof table[0];
    return table;
}

const struct verb *verb_named(const char *name)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (name[0] && strcmp(table[i].name, name) == 0)
            return &table[i];
    }
    return NULL;
}

const struct verb *verb_of_mode(enum mode mode)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (table[i].mode == mode)
            return &table[i];
    }
    return &table[0];
}

const char *verb_nearest(const char *name)
{
    struct nearest near;

    nearest_begin(&near, name, strlen(name));
    for (size_t i = 1; i < sizeof table / sizeof table[0]; i++)
        nearest_offer(&near, table[i].name);
    return near.word;
}
