/* Ids of new tasks: random UUIDs (version 4).
 *
 * Event thread of a worker. A process that has drawn an id must not fork any more: its child would draw the same
 * ids. */
#ifndef PF_TASK_ID_H
#define PF_TASK_ID_H

#include "store/journal.h"

void taskid_new(store_uuid out);

#endif
