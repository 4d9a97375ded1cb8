/* --then "COMMAND": what starts when a task has succeeded. */
#ifndef PF_RUN_THEN_H
#define PF_RUN_THEN_H

#include "client/net/params.h"

/* Adds the parameter `then` of every --then. A command's words are parted by spaces. Returns CLI_DONE, or CLI_USAGE after a
 * message. */
int then_take(struct cli *cli, struct params *params);

#endif
