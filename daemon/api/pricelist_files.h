/* A price list as a file for download, and what its answers share with those of lists. */
#ifndef PF_API_PRICELIST_FILES_H
#define PF_API_PRICELIST_FILES_H

#include "daemon/worker/db_answer.h"

/* GET /api/pricelists/{id}/export-csv, GET /api/pricelists/{id}/export.xlsx: the whole list, streamed through a file. */
void resource_pricelist_csv(struct http_request *request);
void resource_pricelist_xlsx(struct http_request *request);

/* Answers 404: there is no such list. Call it from the work of a request. Returns 0. */
#define PRICELIST_UNKNOWN "no price list has this id"
int pricelist_unknown(struct db_answer *answer);
/* Answers that the file of a long answer could not be written; `error` is an errno. Call it from the work of a request.
 * Returns 0. */
int pricelist_not_written(struct db_answer *answer, int error);

#endif
