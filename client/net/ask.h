/* Requests with patience, and what a refusal says. */
#ifndef PF_NET_ASK_H
#define PF_NET_ASK_H

#include "client/net/http.h"

#include <yajl/yajl_tree.h>

/* What comes back of a request. */
struct answer {
    struct http_reply reply;
    yajl_val json; /* of the body; NULL if it is not JSON */
};

void answer_fini(struct answer *answer);

/* Asks, and asks again for up to `patience_s` seconds while there is no connection, or the server says 429, 502, 503,
 * 504, or that the same start is under way: only for requests that may be repeated. Returns CLI_DONE for an answer
 * below 400 (304 included); else a message was given: CLI_REFUSED, CLI_AWAY, CLI_INTERRUPTED. */
int ask(const struct settings *settings, const struct http_request *request, unsigned patience_s,
        struct answer *answer);
/* GET with a patience of ten seconds. */
int ask_get(const struct settings *settings, const char *path, struct answer *answer);
/* What a problem says: every fault with the option it was typed as. The caller frees it. */
char *ask_problem_text(const struct answer *answer);
/* Prints the body of an answer as it came: --json of reads. */
void ask_print_body(const struct answer *answer);

#endif
