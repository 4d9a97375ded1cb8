/* HTTP resource for empty catalogue files. */
#ifndef PF_API_TEMPLATES_H
#define PF_API_TEMPLATES_H

#include "daemon/http/http.h"

void resource_template_get(struct http_request *request); /* GET /api/templates/{table}.csv */

#endif
