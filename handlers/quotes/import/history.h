/* Imports of price lists on record: their list, one of them, and undoing the latest of a party. */
#ifndef PF_QUOTES_IMPORT_HISTORY_H
#define PF_QUOTES_IMPORT_HISTORY_H

#include "handlers/history/history.h"

extern const struct import_book quote_book;
extern const struct param_spec quote_imports_params[]; /* filters and page */
/* history_list() and history_one() of quote_book. */
int quote_imports_read(struct store_conn *conn, yajl_val params, struct page *page, struct json_out *out);
int quote_import_find(struct store_conn *conn, const char *id, struct json_out *out);

/* The lease of a party: `name` has 65 bytes. */
void quote_lease_name(const char *kind, const char *code, char *name);

/* import_book.take_back and .tell of price lists (undo.c). */
int quote_take_back(struct undo_run *run, struct store_conn *db, struct job_ending *ending);
void quote_tell_undone(const struct undo_run *run, struct job_ending *ending);

#endif
