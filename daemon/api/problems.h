/* GET /problems/{slug}: what a kind of error means and what to do about it, as a page for people. */
#ifndef PF_API_PROBLEMS_H
#define PF_API_PROBLEMS_H

#include "daemon/http/http.h"

void resource_problem(struct http_request *request);

#endif
