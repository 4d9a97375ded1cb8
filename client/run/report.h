/* What came of a task: a line or a few, and the exit code. */
#ifndef PF_RUN_REPORT_H
#define PF_RUN_REPORT_H

#include "client/core/cli.h"

#include <yajl/yajl_tree.h>

/* `task` is the full view of an ended task; `json` the same as text, for --json. `what` may be NULL. Returns the exit
 * code: 0, 1, or 5 with --strict. */
/* That code alone. */
int report_code(const struct cli *cli, yajl_val task);
int report_task(struct cli *cli, yajl_val task, const char *json, const char *what);

#endif
