/* An earlier task that another start takes something from: its parameters (retry) or its file (from_task). */
#ifndef PF_ACCEPT_ORIGINAL_H
#define PF_ACCEPT_ORIGINAL_H

#include "daemon/worker/db_answer.h"
#include "store/chain.h"

struct original {
    struct db_call call;
    struct http_request *request;
    store_uuid id;
    bool found;             /* `row` is filled in */
    bool gone;              /* there was such a task */
    struct journal_row row; /* as it was read */
    struct {
        char *type, *params;
    } left[CHAIN_FOLLOW_UPS]; /* what was to follow it and has not started */
    unsigned n_left;
    void *with; /* the caller's */
};

/* Looks for the task on the database thread, then calls `done` on the loop. Returns false after answering that too many
 * wait for the database; `with` is the caller's then as before. */
bool original_read(struct http_request *request, const store_uuid id, void (*done)(struct original *original),
                   void *with);
/* Answers if the task could not be read, is unknown, forgotten or not over. Returns false then. */
bool original_is_over(const struct original *original);
void original_free(struct original *original);

#endif
