/* What commands that start a task share: start, wait, report. */
#ifndef PF_RUN_RUN_H
#define PF_RUN_RUN_H

#include "client/net/start.h"

/* Starts; with --no-wait prints the id alone, else waits for the end and reports it. `what` may be NULL. */
int run_task(struct cli *cli, const struct start *start, const char *what);
/* The same for a task that runs already. */
int run_watch(struct cli *cli, const char *task_id, const char *what);
/* A write to a protected server asks first. Returns CLI_DONE or CLI_NOT_CONFIRMED. */
int run_confirm(struct cli *cli, const char *what);

#endif
