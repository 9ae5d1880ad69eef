/*
 * grade_kit: a client of an application, played by the minute: it opens a connection, subscribes,
 * loses it, tries again and goes on, correctly or with one defect.
 */
#ifndef TESTS_GRADE_KIT_H
#define TESTS_GRADE_KIT_H

#include "grade/grade.h"
#include "grade/report.h"

enum defect {
    KIT_NONE,
    KIT_NO_JITTER,
    KIT_NO_RESUBSCRIPTION,
    KIT_WRONG_RESUME,
    KIT_TWO_SOCKETS,
    KIT_HAMMERS,
    KIT_IGNORES_RETRY_AFTER,
    KIT_NEVER_NOTICES,
    KIT_SENDS_TWICE,
    KIT_GIVES_UP,
    KIT_DEFECTS
};

struct kit {
    struct grade *grade;
    enum defect defect;
    uint64_t now_us, conn, seed;
    uint64_t received, sent; /* numbers */
    const char *address, *agent;
    const char *secret; /* one more subscription, or NULL */
};

/* 0 or -1. Ends with kit_clear. */
int kit_init(struct kit *k, enum defect defect, const struct grade_config *config);
void kit_clear(struct kit *k);

/* The client opens its first connection, subscribes, and receives and sends ten messages. */
void kit_open(struct kit *k);
/* The server restarts: the connection is reset, some attempts are refused, the last with
 * Retry-After; then it returns, resumes, subscribes and goes on. */
void kit_outage(struct kit *k, unsigned attempts);
/* All goes silent, and the client has to notice. */
void kit_blackhole(struct kit *k);
/* All of it: three outages and a blackhole. */
void kit_play(struct kit *k);

/* What is sent in either direction, on the connection that is open. */
void kit_up(struct kit *k, const char *text);
void kit_down(struct kit *k, const char *text, bool delivered);

#endif
