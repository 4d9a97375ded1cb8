/* This node's identity: a UUID in state_dir/node-id, made once and kept as long as the state directory. Tasks in the
 * journal name it, so a lost or damaged file is refused rather than silently replaced. */
#ifndef PF_PROCESS_NODEID_H
#define PF_PROCESS_NODEID_H

#include "store/journal.h"

/* Read it, or make it on first start. Returns 0, or -1 after a message. */
int nodeid_load(const char *state_dir, store_uuid out);

#endif
