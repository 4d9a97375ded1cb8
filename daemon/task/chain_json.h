/* The chain of a task in its full view: the members chain, follows and followed_by. */
#ifndef PF_TASK_CHAIN_JSON_H
#define PF_TASK_CHAIN_JSON_H

#include "base/json.h"
#include "store/chain.h"

/* Writes the three members. `chain` NULL, or of no members: the task belongs to none, and they are null. `self`: whose
 * view it is. */
void chain_json_put(struct json_out *out, const struct chain *chain, const store_uuid self);

#endif
