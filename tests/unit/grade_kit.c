#include "grade_kit.h"

#include <inttypes.h>
#include <stdio.h>

#include "session/backoff.h"

#define MS UINT64_C(1000)
#define S  UINT64_C(1000000)

static double draw(struct kit *k)
{
    k->seed ^= k->seed >> 12;
    k->seed ^= k->seed << 25;
    k->seed ^= k->seed >> 27;
    return (double)((k->seed * UINT64_C(2685821657736338717)) >> 11) / 9007199254740992.0;
}

int kit_init(struct kit *k, enum defect defect, const struct grade_config *config)
{
    static const struct grade_config all = {.seq = "/n", .up_id = "/id", .seed = {1, 2}};

    *k = (struct kit){.defect = defect, .now_us = 5 * S, .seed = 4711};
    k->address = "192.0.2.7";
    k->agent = "app/1.0";
    k->grade = grade_new(config ? config : &all);
    return k->grade ? 0 : -1;
}

void kit_clear(struct kit *k)
{
    grade_free(k->grade);
}

static void message(struct kit *k, bool up, bool delivered, const char *text)
{
    struct grade_message m = {up, delivered, OPCODE_TEXT, slice_str(text), false};

    grade_message(k->grade, k->now_us, k->conn, &m);
    k->now_us += MS;
}

void kit_up(struct kit *k, const char *text)
{
    message(k, true, true, text);
}

void kit_down(struct kit *k, const char *text, bool delivered)
{
    message(k, false, delivered, text);
}

static void feed(struct kit *k, uint64_t n, bool delivered)
{
    char text[80];

    snprintf(text, sizeof text, "{\"n\":%" PRIu64 ",\"price\":%" PRIu64 "}", n, n * 7 % 100);
    kit_down(k, text, delivered);
}

static void act(struct kit *k, uint64_t n)
{
    char text[80];

    snprintf(text, sizeof text, "{\"op\":\"move\",\"id\":\"m%" PRIu64 "\"}", n);
    kit_up(k, text);
}

static void attempt(struct kit *k)
{
    const struct field fields[] = {
        {slice_str("Host"), slice_str("localhost:9002")},
        {slice_str("User-Agent"), slice_str(k->agent)},
        {slice_str("Cookie"), slice_str("session=8f2a")},
    };
    struct grade_head head = {
        .address = k->address, .upgrade = true, .fields = fields, .field_count = 3};
    uint64_t since = k->received;
    char target[80] = "/live";

    if (k->defect == KIT_WRONG_RESUME && since > 2)
        since -= 2;
    if (since > 0)
        snprintf(target, sizeof target, "/live?since=%" PRIu64, since);
    head.target = slice_str(target);
    k->conn++;
    grade_attempt(k->grade, k->now_us, k->conn, &head);
}

static void subscribe(struct kit *k)
{
    char text[80];

    for (unsigned i = 0; i < 3; i++) {
        if (k->defect == KIT_NO_RESUBSCRIPTION && k->conn > 1 && i == 1)
            continue;
        snprintf(text, sizeof text, "{\"op\":\"sub\",\"ref\":%" PRIu64 ",\"channel\":\"%c\"}",
                 k->conn * 3 + i, 'a' + (char)i);
        kit_up(k, text);
    }
    if (k->secret)
        kit_up(k, k->secret);
}

static void go_on(struct kit *k)
{
    k->now_us += 2 * S;
    for (int i = 0; i < 10; i++) {
        feed(k, ++k->received, true);
        act(k, ++k->sent);
        k->now_us += 300 * MS;
    }
}

static void opened(struct kit *k)
{
    k->now_us += 4 * MS;
    grade_opened(k->grade, k->now_us, k->conn);
}

void kit_open(struct kit *k)
{
    attempt(k);
    opened(k);
    subscribe(k);
    go_on(k);
}

/* What the server sent while the client was away comes first. */
static void back(struct kit *k, uint64_t top)
{
    opened(k);
    subscribe(k);
    while (k->received < top)
        feed(k, ++k->received, true);
    if (k->defect == KIT_SENDS_TWICE)
        act(k, k->sent);
    if (k->defect == KIT_TWO_SOCKETS) {
        attempt(k);
        opened(k);
        k->now_us += 700 * MS;
        grade_client_end(k->grade, k->now_us, k->conn, 1000);
        k->conn--;
    }
    go_on(k);
}

static void wait_for(struct kit *k, struct backoff *b, unsigned n)
{
    double u = k->defect == KIT_NO_JITTER ? 0.5 : draw(k);
    uint64_t us = 0;

    if (k->defect == KIT_HAMMERS)
        us = 20 * MS;
    else
        backoff_delay(b, n, u, &us);
    k->now_us += us + 3 * MS;
}

static struct backoff plan_of(const struct kit *k)
{
    struct backoff_plan plan;
    struct backoff b;

    backoff_preset("socket.io", &plan);
    if (k->defect == KIT_NO_JITTER)
        plan.jitter = BACKOFF_EXACT;
    backoff_init(&b, &plan);
    return b;
}

void kit_outage(struct kit *k, unsigned attempts)
{
    struct backoff b = plan_of(k);
    uint64_t top = k->received + 4, lost = k->conn, due_us = 0;

    grade_fault(k->grade, k->now_us, k->conn, "rst");
    grade_lost(k->grade, k->now_us, k->conn, GRADE_END_RST);
    for (uint64_t n = k->received + 1; n <= top; n++)
        feed(k, n, false);
    for (unsigned i = 0; i < attempts; i++) {
        wait_for(k, &b, i);
        if (k->now_us < due_us && k->defect != KIT_IGNORES_RETRY_AFTER)
            k->now_us = due_us;
        attempt(k);
        if (k->defect == KIT_GIVES_UP && i == 2) {
            grade_refused(k->grade, k->now_us, k->conn, 503, GRADE_UNKNOWN);
            k->now_us += 60 * S;
            return;
        }
        if (i + 1 < attempts) {
            k->now_us += MS;
            grade_refused(k->grade, k->now_us, k->conn, 503,
                          i + 2 == attempts ? 12 : GRADE_UNKNOWN);
            due_us = i + 2 == attempts ? k->now_us + 12 * S : 0;
        }
    }
    back(k, top);
    grade_forget(k->grade, lost);
}

void kit_blackhole(struct kit *k)
{
    struct backoff b = plan_of(k);

    grade_fault(k->grade, k->now_us, k->conn, "blackhole");
    if (k->defect == KIT_NEVER_NOTICES) {
        k->now_us += 300 * S;
        return;
    }
    k->now_us += 9 * S;
    grade_client_end(k->grade, k->now_us, k->conn, GRADE_END_FIN);
    wait_for(k, &b, 0);
    attempt(k);
    back(k, k->received);
}

void kit_play(struct kit *k)
{
    kit_open(k);
    kit_outage(k, 5);
    if (k->defect == KIT_GIVES_UP)
        return;
    kit_outage(k, 5);
    kit_outage(k, 5);
    kit_blackhole(k);
}
