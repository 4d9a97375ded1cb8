/* Prices that a run held back because they moved too much: which proposals are pending, and what a person decides.
 *
 * A proposal is pending until a person decides, or until the price is no longer the one it was compared with: a later
 * run over the component, or any other change of its price, replaces it, and deciding is refused then. */
#ifndef PF_PRICES_HELD_H
#define PF_PRICES_HELD_H

#include "handlers/read/page.h"
#include "store/conn.h"

extern const struct param_spec held_params[]; /* run, category, direction, below; page */
#define HELD_KEYS 1

/* {"held": […], "next_cursor": …}: pending proposals, newest first. Returns 0 or -1 with conn->error. */
/* How many wait for a decision, counted up to `most`. Returns 0 or -1 with conn->error. */
int held_count(struct store_conn *conn, unsigned most, unsigned *n);
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

/* ---- Many at once ---------------------------------------------------------------------------------------------- */

#define HELD_IDS_MAX   1000  /* of one request */
#define HELD_MATCH_MAX 10000 /* that a filter may match; more: they are left for the next request */

extern const struct param_spec held_decide_params[]; /* decision, ids or the filters of held_params, dry_run, expect */
/* Adds a fault if the filter `run` is not a task's id. Returns false then. */
bool held_filter_check(yajl_val params, struct param_faults *faults);
/* Decides many, in transactions of a hundred each: whoever is killed in between leaves whole decisions. Those that
 * cannot be decided are left out and told, with the reason. `params` are canonical and checked. Writes
 * {"decision", "dry_run", "matched", "decided", "already", "skipped_total", "skipped": [{id, lot_code, code, reason}],
 * "more"}.
 *
 * Returns HELD_DONE; HELD_CONFLICT with review->why if not so many match as were expected; HELD_BUSY if a run has
 * locked the first of them, so that nothing was decided; or -1 with conn->error. */
int held_decide_many(struct store_conn *conn, struct held_review *review, yajl_val params, struct json_out *out);

#endif
