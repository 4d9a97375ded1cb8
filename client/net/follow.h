/* Waiting for the end of a task, with a bar or lines meanwhile. */
#ifndef PF_NET_FOLLOW_H
#define PF_NET_FOLLOW_H

#include "client/core/cli.h"
#include "client/net/ask.h"

/* Waits; `what` names the task on the bar ("stock.xlsx → MAIN"), NULL = by what the task says. On CLI_DONE `last` has the
 * full view of the ended task; the caller ends it with answer_fini(). Other codes come after a message: CLI_TIMEOUT, 128 +
 * a signal (the task goes on, or was cancelled), CLI_REFUSED (an unknown id), CLI_AWAY. */
int follow_task(struct cli *cli, const char *task_id, const char *what, struct answer *last);
/* The same for several (at most CLI_ARGS_MAX) by one request at a time: until all of them have ended. `last` has the list. */
int follow_tasks(struct cli *cli, const char *const *ids, unsigned n, const char *what, struct answer *last);
/* "stock.xlsx → MAIN", "recalculate": from the full view; the caller frees it. */
char *follow_name(yajl_val task);

#endif
