/*
 * exit_code: what the process reports to the shell. The same numbers are in the `error` and
 * `summary` events. The manual's EXIT STATUS lists them for users.
 */
#ifndef BASE_EXIT_CODE_H
#define BASE_EXIT_CODE_H

enum exit_code {
    EXIT_OK = 0,
    EXIT_OTHER = 1,      /* a failure not listed below */
    EXIT_USAGE = 2,      /* options, URL, config, script, a file an option names */
    EXIT_EXPECT = 3,     /* an expectation failed, or messages were lost under --fail-on-loss */
    EXIT_RESOLVE = 6,    /* host (or proxy) not resolved */
    EXIT_CONNECT = 7,    /* not connected */
    EXIT_PEER_ERROR = 8, /* closed by the peer with an error code */
    EXIT_UPGRADE = 22,   /* upgrade refused, malformed, or not what was requested */
    EXIT_TIMEOUT = 28,   /* --connect-timeout, -m, own Close unanswered */
    EXIT_TLS = 35,       /* TLS handshake failed */
    EXIT_HANGUP = 52,    /* the server closed before it answered the handshake */
    EXIT_LOST = 56,      /* connection lost without a Close */
    EXIT_CERT = 60,      /* certificate or pin not trusted */
    EXIT_TOO_BIG = 63,   /* a message above a limit */
    EXIT_PROTOCOL = 65,  /* the peer broke the protocol after the opening */
    EXIT_PROXY = 97,     /* the proxy refused */
    EXIT_SIGINT = 130,
    EXIT_SIGTERM = 143
};

#endif
