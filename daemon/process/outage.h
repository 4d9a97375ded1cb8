/* Outages of the database in the log: one line when it goes, with the cause, and one when it is back, with how long it
 * was away; not one per request, and not one per process.
 *
 * Every process that uses the database says regularly how it finds it. The first one that finds it gone tells so, the
 * last one that finds it back tells that. Each keeps the beginning of the outage in its own row of the counters, where
 * the others see it. Called by one thread of a process: the loop of a worker, the SQL thread of the janitor. */
#ifndef PF_PROCESS_OUTAGE_H
#define PF_PROCESS_OUTAGE_H

#include "daemon/process/process.h"
#include "store/error.h"

/* `error`: why the database cannot be used; NULL = it can be. */
void outage_note(const struct process *process, const struct store_error *error);
/* Does this error mean that the database cannot be used? outage_note() tells of such an error; a request need not. */
bool outage_is(const struct store_error *error);

#endif
