/* Prices that a run held back because they moved too much: which ones wait, and what somebody decides.
 *
 * A proposal waits as long as nobody decided and the price is still what it was compared with: a later run that said
 * something about the component, or any other change of its price, takes its place, and deciding is refused then. */
#ifndef PF_PRICES_HELD_H
#define PF_PRICES_HELD_H

#include "handlers/read/page.h"
#include "store/conn.h"

extern const struct param_spec held_params[];
#define HELD_KEYS 1

/* {"held": […], "next_cursor": …}: proposals that wait, newest first. Returns 0 or -1 with conn->error. */
int held_read(struct store_conn *conn, yajl_val params, struct page *page, struct json_out *out);
/* Member "held" of a component's object: the number of its waiting proposal, or null. Returns 0 or -1. */
int held_put_pending(struct store_conn *conn, uint32_t component, struct json_out *out);

enum held_verdict {
    HELD_DONE,      /* decided now, or before by the same decision; the proposal's object is written */
    HELD_NOT_FOUND, /* there is no such price change */
    HELD_CONFLICT,  /* it does not wait any more, or never did; `why` says so */
    HELD_BUSY       /* a run holds the component's price; nothing was decided, try again */
};
struct held_review {
    const char *id;  /* as the client wrote it */
    bool approve;    /* else dismiss */
    const char *who; /* for the record, at most 64 characters */
    char why[160];   /* with HELD_CONFLICT */
};
/* Decide: one transaction, the component locked before its price_change row, as a run does. Repeating is harmless.
 * Returns an enum held_verdict, or -1 with conn->error. */
int held_decide(struct store_conn *conn, struct held_review *review, struct json_out *out);

#endif
