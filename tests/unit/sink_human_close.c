#include "sink_human.h"

#include <errno.h>

static void human_shows_a_close_frame_at_v_only(void **state)
{
    struct event ev = make(EVENT_CLOSE_FRAME);

    (void)state;
    ev.close_frame = (struct event_close_frame){true, 4001, slice_str("go\x07")};
    check(DEFAULT, &ev, "");
    check(LEVEL(1), &ev, "← Close 4001 application code \"go\\x07\"\n");
    check(LEVEL(2), &ev, "");
    ev.close_frame = (struct event_close_frame){.code = CLOSE_NO_STATUS};
    check(LEVEL(1), &ev, "← Close without a code\n");
}

static void human_close_by_the_peer(void **state)
{
    struct event ev = closing(CLOSE_BY_PEER, CLOSE_HOW_CLOSE_FRAME, 1000);

    (void)state;
    ev.close.reason = slice_str("bye");
    ev.close.clean = ev.close.got_close_frame = ev.close.sent_close_frame = true;
    check_from(0, &ev, "○ closed by the peer: 1000 normal closure \"bye\"" TIMES);
    check((struct view_config){.level = 0}, &ev,
          "o closed by the peer: 1000 normal closure \"bye\" - up 12.3 s - last received 0.2 s "
          "ago, last sent 1.0 s ago\n");
    ev.close.code = 1008;
    ev.close.reason = slice_str("\x1B]52;c;eA==\x07");
    ev.close.hint = "the token may have expired";
    check(DEFAULT, &ev,
          "○ closed by the peer: 1008 policy violation \"\\e]52;c;eA==\\x07\"" TIMES
          "  hint: the token may have expired\n");
    ev = closing(CLOSE_BY_PEER, CLOSE_HOW_CLOSE_FRAME, 1005);
    ev.close.got_close_frame = true;
    check(DEFAULT, &ev,
          "○ closed by the peer: 1005 no status received, our Close did not get out" TIMES);
}

static void human_close_by_us(void **state)
{
    struct event ev = closing(CLOSE_BY_LOCAL, CLOSE_HOW_CLOSE_FRAME, 1000);

    (void)state;
    ev.close.clean = ev.close.got_close_frame = ev.close.sent_close_frame = true;
    check(DEFAULT, &ev, "○ closed by us: 1000 normal closure" TIMES);
    ev = closing(CLOSE_BY_LOCAL, CLOSE_HOW_TIMEOUT, 1006);
    ev.close.sent_close_frame = true;
    check(DEFAULT, &ev, "✕ closed by us: no Close came back in time" TIMES);
    ev = closing(CLOSE_BY_LOCAL, CLOSE_HOW_FIN, 1006);
    ev.close.sent_close_frame = ev.close.got_fin = true;
    check(DEFAULT, &ev, "○ closed by us: the peer hung up without a Close" TIMES);
    ev = closing(CLOSE_BY_LOCAL, CLOSE_HOW_VIOLATION, 1002);
    ev.close.sent_close_frame = true;
    check(DEFAULT, &ev, "✕ closed by us: 1002 protocol error" TIMES);
    ev = closing(CLOSE_BY_LOCAL, CLOSE_HOW_FIN, 1006);
    check(DEFAULT, &ev, "✕ cut by us, no Close frame" TIMES);
}

static void human_close_lost(void **state)
{
    struct event ev = closing(CLOSE_BY_NETWORK, CLOSE_HOW_RST, 1006);

    (void)state;
    ev.close.uptime_us = 60200000;
    ev.close.idle_in_us = 60000000;
    ev.close.idle_out_us = 7500000000;
    ev.close.got_rst = true;
    ev.close.errnum = ECONNRESET;
    ev.close.cut_have = 5;
    ev.close.cut_want = 10;
    ev.close.has_pong = true;
    ev.close.last_pong_us = 30000000;
    ev.close.has_tcp = true;
    ev.close.unacked_bytes = 12600;
    ev.close.retransmits = 1;
    ev.close.hint = "an idle timeout: try --ping-interval 25";
    check(DEFAULT, &ev,
          "✕ connection lost: reset by the peer (RST), no Close frame · in the middle of a frame: "
          "5 of 10 bytes · up 60.2 s · last received 60.0 s ago, last sent 2 h 5 min ago\n"
          "  last pong 30.0 s ago · 12.3 KiB sent and never acknowledged in spite of 1 "
          "retransmission\n"
          "  hint: an idle timeout: try --ping-interval 25\n");
}

static void human_close_names_each_way_to_be_lost(void **state)
{
    struct event ev = closing(CLOSE_BY_PEER, CLOSE_HOW_FIN, 1006);

    (void)state;
    check(DEFAULT, &ev, "✕ connection lost: the peer ended the stream (FIN), no Close frame" TIMES);
    ev = closing(CLOSE_BY_NETWORK, CLOSE_HOW_PING_TIMEOUT, 1006);
    check(DEFAULT, &ev,
          "✕ connection lost: no pong came in time, no Close frame, no FIN or RST" TIMES);
    ev = closing(CLOSE_BY_NETWORK, CLOSE_HOW_TIMEOUT, 1006);
    ev.close.errnum = ETIMEDOUT;
    check(DEFAULT, &ev,
          "✕ connection lost: nothing could be sent any more (timed out) (Connection timed out), "
          "no Close frame, no FIN or RST" TIMES);
    ev = closing(CLOSE_BY_PEER, CLOSE_HOW_TLS, 1006);
    ev.close.tls = true;
    check(
        DEFAULT, &ev,
        "✕ connection lost: TLS failed, no Close frame, no TLS close_notify, no FIN or RST" TIMES);
    ev.close.got_close_notify = ev.close.got_fin = true;
    check(DEFAULT, &ev,
          "✕ connection lost: the peer ended TLS (close_notify), no Close frame, FIN" TIMES);
    ev = closing(CLOSE_BY_PEER, CLOSE_HOW_FIN, 1006);
    ev.close.tls = true;
    check(DEFAULT, &ev,
          "✕ connection lost: the peer ended the stream (FIN), no Close frame, no TLS "
          "close_notify" TIMES);
    ev = closing(CLOSE_BY_NETWORK, CLOSE_HOW_RST, 1006);
    ev.close.tls = ev.close.got_close_notify = true;
    check(DEFAULT, &ev,
          "✕ connection lost: reset by the peer (RST), no Close frame, TLS close_notify" TIMES);
    ev = closing(CLOSE_BY_LOCAL, CLOSE_HOW_FAULT, 1006);
    check(DEFAULT, &ev, "✕ connection lost: cut by an injected fault, no Close frame" TIMES);
    ev = closing(CLOSE_BY_PEER, CLOSE_HOW_FIN, 1006);
    ev.channel = CHANNEL_SSE;
    check(DEFAULT, &ev, "✕ [sse] connection lost: the peer ended the stream (FIN)" TIMES);
}

static void human_shows_spans_in_two_units(void **state)
{
    struct event ev = closing(CLOSE_BY_LOCAL, CLOSE_HOW_CLOSE_FRAME, 1001);

    (void)state;
    ev.close.clean = true;
    ev.close.uptime_us = 187u * 1000000;
    ev.close.idle_in_us = 119900000;
    ev.close.idle_out_us = (uint64_t)(3 * 86400 + 4 * 3600) * 1000000;
    check(DEFAULT, &ev,
          "○ closed by us: 1001 going away · up 3 min 7 s · last received 119.9 s ago, last sent 3 "
          "d 4 h ago\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(human_shows_a_close_frame_at_v_only),
        cmocka_unit_test(human_close_by_the_peer),
        cmocka_unit_test(human_close_by_us),
        cmocka_unit_test(human_close_lost),
        cmocka_unit_test(human_close_names_each_way_to_be_lost),
        cmocka_unit_test(human_shows_spans_in_two_units),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
