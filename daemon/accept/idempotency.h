/* Idempotency keys of starts (the header Idempotency-Key). The journal keeps two digests of a key: its scope (one key of
 * one client on one path) and its payload (what was asked for under it). */
#ifndef PF_ACCEPT_IDEMPOTENCY_H
#define PF_ACCEPT_IDEMPOTENCY_H

#include "daemon/http/http.h"
#include "store/journal.h"

struct idempotency {
    bool present;
    uint8_t scope[32];
    uint8_t payload[32];
};

/* What a payload is made of. */
struct idempotency_payload {
    const char *type;
    const char *params;              /* canonical JSON */
    const char *then;                /* the follow-ups; NULL = none */
    const struct journal_file *file; /* NULL = none */
    const uint8_t *file_sha256;      /* 32 bytes of its content; NULL = none, or named by the path */
    const uint8_t *from_task;        /* 16 bytes: the task whose file it is, in place of its content; NULL = none */
};

/* Does the request carry a key? Then its file must be hashed. */
bool idempotency_wanted(struct http_request *request);
/* Make the scope from the key, if there is one, and the client. A key is a quoted string or a bare token of 1 to 255
 * visible characters. Returns false after answering bad-request. */
bool idempotency_take(struct http_request *request, const char *identity, struct idempotency *key);
/* Make the payload. */
void idempotency_fill(struct idempotency *key, const struct idempotency_payload *payload);

#endif
