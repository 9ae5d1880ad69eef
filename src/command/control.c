/* Control frames, and frames of any kind. */
#include "base/clock.h"
#include "command/command.h"
#include "script/expect/parse.h"

#define PAYLOAD_MAX ((size_t)16 * 1024 * 1024)

int command_check_control(const char *args, struct err *e)
{
    size_t len = strlen(args);

    if (len <= FRAME_CONTROL_MAX)
        return 0;
    err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
            "a ping or pong carries at most 125 bytes (RFC 6455, section 5.5), and these are %zu",
            len);
    err_hint(e, "/frame sends a longer one all the same");
    return -1;
}

static int control(struct commands *c, enum opcode opcode, const char *args, struct err *e)
{
    size_t len = strlen(args);

    if (command_needs_socket(c, e) < 0 || command_check_control(args, e) < 0)
        return -1;
    if (session_ping(c->session, opcode, slice_make(args, len)) < 0)
        return err_set(e, EXIT_OTHER, STAGE_IO, 0, "it could not be sent: out of memory");
    return 0;
}

int command_ping(struct commands *c, const char *args, struct err *e)
{
    struct command_ping *ping = &c->pings[c->next_ping];

    if (control(c, OPCODE_PING, args, e) < 0)
        return -1;
    ping->waiting = true;
    ping->len = (uint8_t)strlen(args);
    memcpy(ping->data, args, ping->len);
    c->next_ping = (c->next_ping + 1) % COMMAND_PINGS;
    return 0;
}

int command_pong(struct commands *c, const char *args, struct err *e)
{
    return control(c, OPCODE_PONG, args, e);
}

int command_frame(struct commands *c, const char *args, struct err *e)
{
    struct frame_spec spec;
    struct buf payload;
    int r;

    buf_init(&payload, PAYLOAD_MAX);
    r = parse_frame(args, &spec, &payload, e);
    if (r == 0)
        r = command_needs_socket(c, e);
    if (r == 0) {
        reaction_begin(&c->reaction, spec.opcode, clock_mono_us());
        c->hooks.alarm(c->hooks.ctx, REACTION_US);
        if (session_frame(c->session, &spec, buf_slice(&payload)) < 0) {
            c->reaction.watching = false;
            r = err_set(e, EXIT_OTHER, STAGE_IO, 0, "the frame could not be sent: out of memory");
        }
    }
    buf_clear(&payload);
    return r;
}

int command_check_frame(const char *args, struct err *e)
{
    struct frame_spec spec;
    struct buf payload;
    int status;

    buf_init(&payload, PAYLOAD_MAX);
    status = parse_frame(args, &spec, &payload, e);
    buf_clear(&payload);
    return status;
}
