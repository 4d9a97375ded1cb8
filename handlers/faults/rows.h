/* GET /api/tasks/{id}/rows: what an import found in the rows of its file, fault by fault, with all that is needed to put
 * it right: the place, the code with its facts, the cell, the whole row, near numbers, and what may be chosen. */
#ifndef PF_FAULTS_ROWS_H
#define PF_FAULTS_ROWS_H

#include "handlers/read/page.h"
#include "store/conn.h"

#define ROWFAULTS_KEYS 1
extern const struct param_spec rowfaults_params[];

/* Returns 0, -1 with conn->error, or one of these if there is no such list. */
enum { ROWFAULTS_NO_TASK = 2, ROWFAULTS_GONE, ROWFAULTS_RUNNING };
int rowfaults_read(struct store_conn *conn, yajl_val params, struct page *page, struct json_out *out);

#endif
