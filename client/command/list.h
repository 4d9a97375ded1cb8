/* Every command, in the order of the help. NULL ends it. */
#ifndef PF_COMMAND_LIST_H
#define PF_COMMAND_LIST_H

#include "client/core/cli.h"

extern const struct cli_command *const command_list[];

#endif
