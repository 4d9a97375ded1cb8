/* Live tasks of other nodes on the same database, as a worker last read them. On the loop. */
#ifndef PF_API_OPS_ELSEWHERE_H
#define PF_API_OPS_ELSEWHERE_H

#include "base/json.h"
#include "daemon/worker/worker.h"

/* Asks the database anew if the last time is two seconds ago; the answer comes later. Call it when somebody looks. */
void elsewhere_refresh(struct worker *worker);
/* Grows when another text was read. */
uint64_t elsewhere_changes(void);
/* Writes the value: {read_at, tasks}, or null as long as nothing was read. */
void elsewhere_put(struct json_out *out);

#endif
