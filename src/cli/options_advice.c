/* Options of other programs, and their names here. */
#include "cli/options_private.h"

static const struct {
    const char *spelling, *hint;
} others[] = {
    {"-c", "the URL is given alone: wscope URL"},
    {"--connect", "the URL is given alone: wscope URL"},
    {"--url", "the URL is given alone: wscope URL"},
    {"-l", "the embedded server listens: wscope serve PORT"},
    {"--listen", "the embedded server listens: wscope serve PORT"},
    {"-p",
     "the port is part of the URL, as in ws://HOST:PORT/; a server takes it alone: wscope serve PORT"},
    {"--port",
     "the port is part of the URL, as in ws://HOST:PORT/; a server takes it alone: wscope serve PORT"},
    {"--no-check",
     "-k does not verify the certificate; --cacert FILE trusts an authority of your own"},
    {"--no-verify",
     "-k does not verify the certificate; --cacert FILE trusts an authority of your own"},
    {"--ca", "--cacert FILE trusts an authority of your own"},
    {"--passphrase", "--pass PHRASE opens the key; @FILE and env:NAME keep it out of sight"},
    {"--protocol", "-s NAME offers a subprotocol"},
    {"--host", "-H 'Host: NAME' replaces the Host header"},
    {"--execute", "-e MSG sends a message after opening"},
    {"--show-ping-pong", "-P shows pings and pongs"},
    {"-d", "-e MSG sends a message; --data TEXT is the body of a poll"},
    {"-X", "a WebSocket opens with GET; --method METHOD is for --poll"},
    {"--request", "a WebSocket opens with GET; --method METHOD is for --poll"},
    {"-t", "messages are text unless -b is given"},
    {"--text", "messages are text unless -b is given"},
    {"-j", "--json prints events as JSON"},
};

const char *options_advice(const char *spelling)
{
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (strcmp(others[i].spelling, spelling) == 0)
            return others[i].hint;
    }
    return NULL;
}
