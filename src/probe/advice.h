/*
 * advice: what to try, in lines that can be pasted into the configuration of the server that
 * answered.
 */
#ifndef PROBE_ADVICE_H
#define PROBE_ADVICE_H

#include "probe/judge.h"

/* The upgrade did not reach the application. */
void probe_advise_upgrade(struct probe_check *check, const struct probe_asked *asked,
                          const struct probe_answer *answer, const struct probe_answer *plain);
/* The URL of its WebSocket. */
void probe_advise_socketio(struct probe_check *check, const struct probe_asked *asked);
/* The header that the answer complains about: "Upgrade", "Connection" ...; NULL: none. Static. */
const char *probe_header_blamed(const struct probe_answer *answer);
/* Is it an answer of Socket.IO (Engine.IO)? */
bool probe_is_socketio(const struct probe_answer *answer);
/* The program that answered, by its Server and Via fields, as its users call it: "nginx"; NULL: not
 * known. Static. */
const char *probe_hop_name(const struct probe_answer *answer);

#endif
