/* Which tasks may still queue: bounds on the queue, so that a flood is refused while the queue is short.
 *
 * - Only starts are refused. Cancelling, reading and health need neither a slot nor a place in the queue, so a full table
 *   never stops them.
 * - The bounds are read without a lock. Starts that come together may exceed a bound by their own number, but never the
 *   size of the table. */
#ifndef PF_ACCEPT_ADMISSION_H
#define PF_ACCEPT_ADMISSION_H

#include "daemon/process/process.h"

/* May one more task of this type from this client (client_number()) wait? NULL = yes, else why not, for people. */
const char *admission_refusal(const struct process *process, uint8_t type, uint32_t client);

/* When the client should come back, in seconds for Retry-After: once an eighth of the queue has gone. Computed from how
 * long tasks of this type took lately and how many of them run at once. Worker's loop only. */
unsigned admission_retry_after(const struct process *process, uint8_t type);

#endif
