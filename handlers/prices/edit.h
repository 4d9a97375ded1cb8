/* One component changed by a person: what it is called, and how its price is made. The price itself stays until the next
 * recalculation. */
#ifndef PF_PRICES_EDIT_H
#define PF_PRICES_EDIT_H

#include "handlers/params.h"
#include "store/conn.h"

/* The members of a change: name, category, unit, active, price_method, window_days, coefficient, manual_price; and why. A
 * member that is not given stays as it is; null empties price_method, window_days and manual_price. */
extern const struct param_spec component_edit_params[];

enum { EDIT_FIELDS = 8, EDIT_NAME = 1021, EDIT_VALUE = 48 };

/* A change as a client wrote it, checked as far as possible without the database. */
struct component_edit {
    bool given[EDIT_FIELDS], empty[EDIT_FIELDS]; /* by field: named at all, and as null */
    char name[EDIT_NAME], category[EDIT_NAME];
    char value[EDIT_FIELDS][EDIT_VALUE]; /* of the other fields, as the database has them */
    char reason[EDIT_NAME];              /* "" = none */
    /* Filled by the caller. */
    const char *lot, *who, *request_id;
    /* Is this the object that the client has seen? Its text is that of component_find_whole(). */
    bool (*seen)(const char *object, size_t len, void *ctx);
    void *ctx;
};

/* Reads a change from a JSON object. Adds every fault that it finds. */
void component_edit_take(struct component_edit *edit, yajl_val object, struct param_faults *faults);

enum edit_verdict {
    EDIT_DONE,      /* or there was nothing to change; the object as it is now is written */
    EDIT_NOT_FOUND, /* no component has this lot code */
    EDIT_STALE,     /* the component is not as the client has seen it */
    EDIT_REFUSED,   /* the change does not fit what is there: see the faults */
    EDIT_BUSY       /* a run has locked the component; nothing was changed, try again */
};
/* Changes the component and notes the change in component_edit, in one transaction. Returns an enum edit_verdict, or -1
 * with conn->error. */
int component_edit(struct store_conn *conn, const struct component_edit *edit, struct param_faults *faults,
                   struct json_out *out);

#endif
