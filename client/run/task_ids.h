/* What people call a task: its id, the first eight or more digits of it, or nothing for the last one started here. */
#ifndef PF_RUN_TASK_IDS_H
#define PF_RUN_TASK_IDS_H

#include "client/core/cli.h"

/* `text` may be NULL. Returns CLI_DONE, or another code after a message. */
int task_id_find(struct cli *cli, const char *text, char task_id[37]);
/* The argument `n` of the command line, or the last task if there is none. */
int task_id_arg(struct cli *cli, unsigned n, char task_id[37]);

#endif
