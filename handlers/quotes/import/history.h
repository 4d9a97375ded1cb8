/* Imports of price lists on record: their list, one of them, and undoing the latest. */
#ifndef PF_QUOTES_IMPORT_HISTORY_H
#define PF_QUOTES_IMPORT_HISTORY_H

#include "handlers/read/page.h"
#include "store/conn.h"

/* The lease of a party: `name` has 65 bytes. */
void quote_lease_name(const char *kind, const char *code, char *name);

extern const struct param_spec quote_imports_params[]; /* filters and page */
#define QUOTE_IMPORTS_KEYS 1
/* {"imports": […], "next_cursor": …}, newest first. Returns 0 or -1 with conn->error. */
int quote_imports_read(struct store_conn *conn, yajl_val params, struct page *page, struct json_out *out);
/* One of them as a JSON object. Returns 1, 0 if there is none with this id, or -1. */
int quote_import_find(struct store_conn *conn, const char *id, struct json_out *out);

/* What an undo needs to know. */
struct quote_import_row {
    uint64_t id;
    uint64_t root;   /* the import whose effect is undone or made again: itself, unless it is an undo */
    bool takes_back; /* undoing it takes quotes back; else it makes them active again: it is an undo itself */
    uint32_t party_id;
    char kind[12], party[140];
    char quoted_on[11]; /* of the root */
    bool too_old;
    char later[120]; /* ids of later ones of the same party: "7, 8"; "" = it is the latest */
};
#define QUOTE_UNDO_DAYS "30"
/* Returns 1, 0 if there is none with this id, or -1. */
int quote_import_row_find(struct store_conn *conn, uint64_t id, struct quote_import_row *row);

#endif
