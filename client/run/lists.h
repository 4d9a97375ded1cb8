/* Lists of the server as tables: 50 rows unless --limit or --all says otherwise. With --json the server's own body, or with
 * --all one document with all rows. */
#ifndef PF_RUN_LISTS_H
#define PF_RUN_LISTS_H

#include "client/core/cli.h"
#include "client/show/table.h"

#include <yajl/yajl_tree.h>

enum list_kind {
    LIST_TEXT,
    LIST_COUNT,
    LIST_DECIMAL,
    LIST_MOMENT,
    LIST_WORD /* of the server: tr_word() by its path */
};

struct list_field {
    struct table_column column;
    const char *path; /* "import.file_name", "suggestions.0.lot_code" */
    enum list_kind kind;
    unsigned digits; /* of a decimal: as many stay */
};

#define LIST_OPTIONS                                                                                                   \
    {0, "limit", "N", N_("so many rows (50)"), NULL}, {0, "all", NULL, N_("all rows"), NULL},                          \
    {                                                                                                                  \
        0, "header", NULL, N_("a heading even if it is not shown on a terminal"), NULL                                 \
    }

/* `path` has its query, without limit and cursor; `array` is the member with the rows. `none` is said if there are no
 * rows. */
int list_print(struct cli *cli, const char *path, const char *array, const struct list_field *fields, unsigned n,
               const char *none);
/* "PATH?a=…&b=…" of the options that name a parameter; the caller frees it. */
char *list_path(const struct cli *cli, const char *path);
/* A member by its path, "suggestions.0.lot_code"; NULL if there is none. */
yajl_val list_member(yajl_val object, const char *path);

#endif
