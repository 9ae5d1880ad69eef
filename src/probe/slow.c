#include "probe/slow.h"

#include <stdio.h>

#include "base/plural.h"
#include "event/event.h"

/* More than this for one connection that does not read is a fault: the buffers of kernels, on
 * several hops even, are smaller. */
#define MUCH (UINT64_C(16) << 20)

static double seconds(uint64_t us)
{
    return (double)us / 1e6;
}

#define SIZE_TEXT 32

static const char *size_text(char text[SIZE_TEXT], uint64_t bytes)
{
    if (bytes < 1024)
        snprintf(text, SIZE_TEXT, "%u byte%s", (unsigned)bytes, plural(bytes));
    else if (bytes < 1024 * 1024)
        snprintf(text, SIZE_TEXT, "%.0f KiB", (double)bytes / 1024);
    else
        snprintf(text, SIZE_TEXT, "%.1f MiB", (double)bytes / (1024 * 1024));
    return text;
}

bool probe_slow_is_stalled(const struct probe_slow *s, uint64_t waiting_us)
{
    return waiting_us >= PROBE_SLOW_STALL_US && waiting_us >= 8 * s->wait_before_us;
}

uint64_t probe_slow_kept(const struct probe_slow *s)
{
    if (s->woken && (!s->cut || s->got_close))
        return s->came;
    return s->due > s->taken ? s->due - s->taken : 0;
}

/* --- others -------------------------------------------------------------------------------------
 */

static void add_evidence(struct probe_check *check, const struct probe_slow *s)
{
    char one[SIZE_TEXT], two[SIZE_TEXT];

    probe_evidence(check, "%s: %s; taken without reading: %s",
                   s->source == SOURCE_FEED ? "received by the second connection meanwhile"
                                            : "messages that the service took",
                   size_text(one, s->due), size_text(two, s->taken));
    if (s->woken)
        probe_evidence(check, "received after reading again: %s", size_text(one, s->came));
    probe_evidence(check, "longest wait of the second connection: %.2f s, before: %.2f s",
                   seconds(s->wait_us), seconds(s->wait_before_us));
}

static void advise_queues(struct probe_check *check)
{
    probe_advise(check, "give each connection a queue of its own with a limit, write without "
                        "waiting, and close a connection whose queue is full (1013), or leave out "
                        "what is out of date");
}

static void judge_others(struct probe_report *r, const struct probe_slow *s)
{
    const char *nothing = s->source == SOURCE_FEED ? "received nothing" : "got no answer";
    struct probe_check *check;

    if (s->others_ended)
        check = probe_add(r, PROBE_SLOW, PROBE_WARN,
                          "others suffer: a second connection was ended %.1f s after this one had "
                          "stopped reading",
                          seconds(s->stopped_us));
    else if (s->resumed)
        check = probe_add(r, PROBE_SLOW, PROBE_WARN,
                          "others suffer: while one connection does not read, a second one %s for "
                          "%.1f s (before: %.2f s at most), until the first was ended",
                          nothing, seconds(s->wait_us), seconds(s->wait_before_us));
    else if (s->source == SOURCE_ECHO)
        check = probe_add(r, PROBE_SLOW, PROBE_WARN,
                          "others suffer: while one connection does not read, a second one %s for "
                          "%.1f s (before: %.2f s at most), nor within %.0f s after the first was "
                          "ended",
                          nothing, seconds(s->wait_us), seconds(s->wait_before_us),
                          seconds(PROBE_SLOW_RESUME_US));
    else
        check = probe_add(r, PROBE_SLOW, PROBE_INFO,
                          "not known: the service stopped sending to a second connection as well, "
                          "for %.1f s, and did not go on within %.0f s after the one that does not "
                          "read was ended: it may have had nothing to send",
                          seconds(s->wait_us), seconds(PROBE_SLOW_RESUME_US));
    if (check->status == PROBE_WARN)
        advise_queues(check);
    add_evidence(check, s);
}

/* "; a second connection waits no longer than before (0.10 s at most)" */
static void put_others(char *text, size_t size, const struct probe_slow *s)
{
    if (s->wait_us < 2 * s->wait_before_us + 200000)
        snprintf(text, size, "; a second connection is not affected");
    else
        snprintf(text, size, "; a second connection waited %.2f s at most meanwhile, %.2f s before",
                 seconds(s->wait_us), seconds(s->wait_before_us));
}

/* --- the stopped connection itself --------------------------------------------------------------
 */

static void judge_cut(struct probe_report *r, const struct probe_slow *s)
{
    char how[300], kept[SIZE_TEXT], others[120];
    struct probe_check *check;

    if (s->got_close)
        snprintf(how, sizeof how, " with Close %u %s%s%s%s", s->code, close_code_name(s->code),
                 s->reason[0] ? ": \"" : "", s->reason, s->reason[0] ? "\"" : "");
    else
        snprintf(how, sizeof how, " without a Close%s%s", s->how[0] ? ": " : "", s->how);
    put_others(others, sizeof others, s);
    check = probe_add(r, PROBE_SLOW, PROBE_OK,
                      "a connection that does not read is cut %s %.1f s%s; %s%s waited for it%s",
                      s->within  ? "within"
                      : s->about ? "after about"
                                 : "after",
                      seconds(s->cut_us), how, s->got_close ? "" : "at most ",
                      size_text(kept, probe_slow_kept(s)), others);
    add_evidence(check, s);
}

static void judge_unbounded(struct probe_report *r, const struct probe_slow *s)
{
    char kept[SIZE_TEXT];
    struct probe_check *check =
        probe_add(r, PROBE_SLOW, PROBE_WARN,
                  "no limit: %s are kept for a connection that has not read for %.1f s, and it is "
                  "still open",
                  size_text(kept, probe_slow_kept(s)), seconds(s->stopped_us));

    probe_advise(check,
                 "a few stalled clients can fill the memory of the server: %s, and close a "
                 "connection for which too much is waiting (1013)",
                 s->source == SOURCE_ECHO
                     ? "read no further messages from a client while answers to it wait"
                     : "look at what waits before you send (bufferedAmount, drain, a queue with a "
                       "limit)");
    add_evidence(check, s);
}

static void judge_open(struct probe_report *r, const struct probe_slow *s)
{
    char one[SIZE_TEXT], others[120];
    struct probe_check *check;

    put_others(others, sizeof others, s);
    if (s->source == SOURCE_ECHO && s->full)
        check = probe_add(r, PROBE_SLOW, PROBE_OK,
                          "the service takes %s from a connection that does not read, then no more "
                          "(backpressure); it is still open after %.1f s%s",
                          size_text(one, s->due), seconds(s->stopped_us), others);
    else if (s->left_out)
        check = probe_add(r, PROBE_SLOW, PROBE_OK,
                          "a connection that has not read for %.1f s is still open, %s were kept "
                          "for it, and %llu of %llu messages were left out%s",
                          seconds(s->stopped_us), size_text(one, probe_slow_kept(s)),
                          (unsigned long long)s->left_out, (unsigned long long)s->messages, others);
    else
        check = probe_add(r, PROBE_SLOW, s->unfinished ? PROBE_INFO : PROBE_OK,
                          "a connection that has not read for %.1f s is still open, and %s waited "
                          "for it%s%s",
                          seconds(s->stopped_us), size_text(one, s->due),
                          s->source == SOURCE_FEED ? ": too little to reach a limit" : "", others);
    add_evidence(check, s);
}

/* --- all of it ----------------------------------------------------------------------------------
 */

static bool judge_source(struct probe_report *r, const struct probe_slow *s)
{
    struct probe_check *check;

    if (s->source == SOURCE_SHARED) {
        probe_add(r, PROBE_SLOW, PROBE_INFO,
                  "not checked: the service passes a message on to other connections, so the "
                  "messages that this needs would reach its users");
        return false;
    }
    if (s->source == SOURCE_FEED || s->source == SOURCE_ECHO)
        return true;
    check = probe_add(r, PROBE_SLOW, PROBE_INFO,
                      s->source == SOURCE_REFUSED
                          ? "not known: the service sends nothing by itself, and ended the "
                            "connection after a message of %d letters x"
                          : "not known: the service sends nothing by itself, and gives no long "
                            "answer to a message of %d letters x",
                      PROBE_SLOW_MESSAGE);
    probe_advise(check, "--on-connect MSG subscribes to something that the service sends often");
    return false;
}

void probe_judge_slow(struct probe_report *r, const struct probe_slow *s)
{
    if (!s->stopped_us && s->unfinished) {
        probe_add(r, PROBE_SLOW, PROBE_INFO, "not checked: interrupted before it began");
        return;
    }
    if (!judge_source(r, s))
        return;
    r->figures.slow_kept = probe_slow_kept(s);
    r->figures.slow_cut_us = s->cut ? s->cut_us : 0;
    if (s->stalled || s->others_ended)
        judge_others(r, s);
    else if (s->cut)
        judge_cut(r, s);
    else if (probe_slow_kept(s) >= MUCH)
        judge_unbounded(r, s);
    else
        judge_open(r, s);
}
