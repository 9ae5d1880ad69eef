#include "verb/demo/demo_echo.h"

/* --- the steps ----------------------------------------------------------------------------------
 */

static const char hello[] = "Hello, WebSocket!";
static const char json[] = "{\"greeting\":\"Grüße, 世界\",\"big\":9007199254740993,\"ok\":true}";
static const uint8_t binary[] = {0x89, 'P',  'N',  'G',  0x0D, 0x0A, 0x1A, 0x0A, 0x00,
                                 0x01, 0x02, 0x03, 0xFC, 0xFD, 0xFE, 0xFF, 'w',  's',
                                 'c',  'o',  'p',  'e',  0xDE, 0xAD, 0xBE, 0xEF};
static const char *const fragments[] = {"one message, ", "sent in three ", "frames"};
static const char whole[] = "one message, sent in three frames";

#define TEXT_OF(literal)                                \
    {                                                   \
        (const uint8_t *)(literal), sizeof(literal) - 1 \
    }
#define BYTES_OF(array)        \
    {                          \
        (array), sizeof(array) \
    }
#define FRAGMENT_COUNT (sizeof fragments / sizeof *fragments)

static int act_connect(struct session *s)
{
    return session_open(s);
}

static int act_hello(struct session *s)
{
    return session_send(s, OPCODE_TEXT, slice_str(hello), true, true);
}

static int act_json(struct session *s)
{
    return session_send(s, OPCODE_TEXT, slice_str(json), true, true);
}

static int act_binary(struct session *s)
{
    return session_send(s, OPCODE_BINARY, slice_make(binary, sizeof binary), true, true);
}

static int act_fragments(struct session *s)
{
    int r = 0;

    for (size_t i = 0; i < FRAGMENT_COUNT && r == 0; i++)
        r = session_send(s, OPCODE_TEXT, slice_str(fragments[i]), i == 0, i + 1 == FRAGMENT_COUNT);
    return r;
}

static int act_ping(struct session *s)
{
    return session_ping(s, OPCODE_PING, slice_str("are you there?"));
}

static int act_close(struct session *s)
{
    session_close(s, CLOSE_NORMAL, "end of the tour", 0, ASKED_CLOSE);
    return 0;
}

static const struct demo_step steps[] = {
    {"1. Connect: the HTTP request that asks for a WebSocket, and the answer that opens it",
     "the connection did not open",
     act_connect,
     {0}},
    {"2. Send a text: the client masks its frame, the server's echo comes back without a mask",
     "the echo of the text did not come", act_hello, TEXT_OF(hello)},
    {"3. Text is UTF-8, and JSON stays as it was sent, digit for digit",
     "the echo of the JSON message did not come", act_json, TEXT_OF(json)},
    {"4. A binary message: any bytes, shown as a hex dump",
     "the echo of the binary message did not come", act_binary, BYTES_OF(binary)},
    {"5. One message in three frames: only the last has FIN, the others after the first are \"cont\"",
     "the echo of the fragmented message did not come", act_fragments, TEXT_OF(whole)},
    {"6. A ping: the peer must send the same bytes back in a pong, which measures the round trip",
     "the pong did not come",
     act_ping,
     {0}},
    {"7. Close: each side sends a Close frame, then the server hangs up",
     "the connection was not closed",
     act_close,
     {0}},
};

_Static_assert(sizeof steps / sizeof *steps == DEMO_ECHO_STEPS, "the steps are as many as said");

const struct demo_step *demo_echo_step(size_t i)
{
    return &steps[i];
}
