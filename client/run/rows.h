/* What imports share on the command line. */
#ifndef PF_RUN_ROWS_H
#define PF_RUN_ROWS_H

#include "client/net/params.h"

/* Each --map FIELD=COLUMN into the parameter `columns`. Returns CLI_DONE, or CLI_USAGE after a message. */
int rows_map(const struct cli *cli, struct params *params);
/* Adds what a person has chosen: a parameter by its name, or "columns.qty" with the others of `columns`. */
void rows_choose(struct params *params, const char *param, const char *value);

#endif
