/* Starting a task so that it is started once, whatever breaks. */
#ifndef PF_NET_START_H
#define PF_NET_START_H

#include "client/net/params.h"

struct start {
    const char *path; /* "/api/stock/import" */
    const struct params *params;
    const char *file;    /* path of a file to send, "-" = standard input; NULL = the parameters are the body, as JSON */
    const char *no_body; /* not NULL: neither file nor JSON, the parameters are the query */
};

/* A key for a start that is made elsewhere. */
void start_random_key(char out[37]);
/* Sends it, again and again with one key if need be. Returns CLI_DONE and the task's id, or another code after a
 * message. */
int start_task(struct cli *cli, const struct start *start, char task_id[37]);

#endif
