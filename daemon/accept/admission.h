/* Who may still queue: bounds on the waiting line, so that a flood is refused while it is short and costs its sender.
 *
 * Starts alone are refused. Cancelling, reading and health need neither a slot nor a place in the line, so a full table
 * never stands in their way. The bounds are looked at without a lock: starts that come together may pass one of them by
 * as many as they are; the table's own size they cannot pass. */
#ifndef PF_ACCEPT_ADMISSION_H
#define PF_ACCEPT_ADMISSION_H

#include "daemon/process/process.h"

/* May one more task of this type from this client (client_number()) wait? NULL = yes, else why not, for people. */
const char *admission_refusal(const struct process *process, uint8_t type, uint32_t client);

/* When it is worth to come back: once an eighth of the line has gone, by how long tasks of this type took lately and
 * how many of them run at once. Seconds for Retry-After. Worker's loop only. */
unsigned admission_retry_after(const struct process *process, uint8_t type);

#endif
