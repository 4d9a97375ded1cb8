/* What is to start after a task: the member `then` of a start, a list of objects with type and params.
 *
 * Every type that needs no file may follow, in any order and more than once. The scope that a start needs is the same
 * for all of them, so whoever may start the first may have the others follow. All of them are checked with the first
 * one: what they name must exist then. */
#ifndef PF_ACCEPT_FOLLOW_H
#define PF_ACCEPT_FOLLOW_H

#include "handlers/task_type.h"
#include "store/chain.h"

struct follow_ups {
    unsigned n;
    struct {
        const struct task_type *type;
        char *params; /* canonical JSON, heap */
    } one[CHAIN_FOLLOW_UPS];
};
void follow_ups_fini(struct follow_ups *then);

/* Read the list; NULL and null are an empty one. What is wrong is added to the faults, with pointers that begin with
 * "/then". */
void follow_ups_take(struct follow_ups *then, yajl_val list, struct param_faults *faults);
/* The same from the JSON text of a form's field or a query's parameter; NULL and "" = none. */
void follow_ups_take_text(struct follow_ups *then, const char *text, struct param_faults *faults);
/* Take the member `then` out of an object, so that the parameters are left. Returns it (yajl_tree_free), or NULL. */
yajl_val follow_ups_detach(yajl_val object);
/* A dry run writes nothing, so nothing can follow it: a fault if the first one, whose canonical parameters these are
 * (NULL = they have faults), or one of them is a dry run and is not the last. */
void follow_ups_check(const struct follow_ups *then, const char *params, struct param_faults *faults);
/* Add one; `params` is taken over. */
void follow_ups_add(struct follow_ups *then, const struct task_type *type, char *params);
/* The whole list in one form for equal lists; heap. NULL if it is empty. */
char *follow_ups_text(const struct follow_ups *then);

/* Check them against the database (the precheck of their types). Returns 0, 1 with faults, or -1 with the error in
 * conn. What is missing or does not fit is a fault of the request, since it is not what the request is about. */
int follow_ups_precheck(const struct follow_ups *then, struct store_conn *conn, struct param_faults *faults);
/* Write them as the chain of `first`, inside its transaction. Returns 0 or -1. */
int follow_ups_insert(const struct follow_ups *then, struct store_conn *conn, const struct journal_new *first);

/* The task type that an object names in its member `type`; -1 with a fault. Members beside type and params are faults,
 * but for `then` if it `may_chain`. Pointers are relative to the object. */
int follow_type(yajl_val object, bool may_chain, struct param_faults *faults);
/* Add a fault for an unknown task type; it names the known ones. */
void follow_reject_type(struct param_faults *faults, const char *name);

#endif
