/* Prices that a run held back because they moved too much: which proposals are pending, and what a person decides.
 *
 * A proposal is pending until a person decides, or until the price is no longer the one it was compared with: a later
 * run over the component, or any other change of its price, replaces it, and deciding is refused then. */
#ifndef PF_PRICES_HELD_H
#define PF_PRICES_HELD_H

#include "handlers/read/page.h"
#include "store/conn.h"

extern const struct param_spec held_params[];
#define HELD_KEYS 1

/* {"held": […], "next_cursor": …}: pending proposals, newest first. Returns 0 or -1 with conn->error. */
int held_read(struct store_conn *conn, yajl_val params, struct page *page, struct json_out *out);
/* Member "held" of a component's object: the number of its pending proposal, or null. Returns 0 or -1. */
int held_put_pending(struct store_conn *conn, uint32_t component, struct json_out *out);

enum held_verdict {
    HELD_DONE,      /* decided now, or earlier in the same way; the proposal's object is written */
    HELD_NOT_FOUND, /* there is no such price change */
    HELD_CONFLICT,  /* it is not pending any more, or was never held; `why` says which */
    HELD_BUSY       /* a run has locked the component's price; nothing was decided, try again */
};
struct held_review {
    const char *id;  /* as the client wrote it */
    bool approve;    /* else dismiss */
    const char *who; /* for the record, at most 64 characters */
    char why[160];   /* with HELD_CONFLICT */
};
/* Decides in one transaction; locks the component before its price_change row, as a run does. Repeating is harmless.
 * Returns an enum held_verdict, or -1 with conn->error. */
int held_decide(struct store_conn *conn, struct held_review *review, struct json_out *out);

#endif
