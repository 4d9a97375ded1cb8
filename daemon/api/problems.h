/* GET /problems/{slug}: what a kind of error means and what to do about it, as a page for people. */
#ifndef PF_RESOURCE_PROBLEMS_H
#define PF_RESOURCE_PROBLEMS_H

#include "daemon/http/http.h"

void resource_problem(struct http_request *request);

#endif
