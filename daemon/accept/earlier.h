/* What an earlier start means for this one: the same idempotency key, or equal work that still lives. */
#ifndef PF_ACCEPT_EARLIER_H
#define PF_ACCEPT_EARLIER_H

#include "daemon/accept/idempotency.h"
#include "handlers/task_type.h"

struct earlier {
    enum {
        EARLIER_NONE,
        EARLIER_KEY,    /* the same key; `payload` tells whether for the same thing */
        EARLIER_JOINED, /* equal live work: one task for both */
        EARLIER_REFUSED /* equal live work of a type that is not queued twice */
    } kind;
    store_uuid id; /* the earlier task */
    uint8_t payload[32];
};

/* Look for the key, if there is one, then for live work with this live key, if it is not NULL. The key of a start that
 * joins is kept beside the task, which has its own. Database thread. Returns 0, or -1 with conn->error. */
int earlier_find(struct store_conn *conn, const struct task_type *type, const struct idempotency *key,
                 const char *live_key, struct earlier *out);

#endif
