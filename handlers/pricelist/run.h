/* One run of pricelist_create: what its files share.
 *
 * Components come in pages by lot_code, so that items are written, hashed and compared with the previous list in byte
 * order and memory does not grow with the list.
 *
 *   create.c    the task type and the transaction
 *   source.c    pages of components, and what the source says of each
 *   save.c      number of the list, header, part numbers, report
 *   items.c     the columns of an item
 *   previous.c  comparison with the list before */
#ifndef PF_PRICELIST_RUN_H
#define PF_PRICELIST_RUN_H

#include "base/arena.h"
#include "handlers/job.h"
#include "handlers/pricelist/items.h"
#include "handlers/pricelist/walk.h"
#include "handlers/pricing/diff.h"
#include "handlers/pricing/listhash.h"
#include "handlers/pricing/listitem.h"
#include "handlers/quotes/read.h"
#include "handlers/run/failures.h"
#include "handlers/run/run.h"
#include "store/bulk.h"

#define LIST_PAGE       1000
#define LIST_PAGE_TEXT  "1000"
#define LIST_NUMBERS    2000 /* characters of part_numbers */
#define BETWEEN_NUMBERS " | "

enum list_source { LIST_ESTIMATE, LIST_WAREHOUSE, LIST_COMPETITOR };

/* A component of the page and its item. */
struct list_row {
    uint32_t id;
    bool active;
    char lot_code[LIST_LOT_CODE];
    uint32_t name, category; /* texts in run->texts */
    char unit[4];
    int64_t price; /* scale 4; 0 = none */
    enum price_state state;
    int32_t price_as_of; /* QUOTE_NO_DATE = none */
    struct list_stock_sum stock;
    enum list_skip skip;
    const char *failure; /* with LIST_FAILED: "E_PRICE_RANGE" … */
    struct list_item item;
    uint32_t numbers, numbers_chars; /* part numbers in run->texts, ARENA_NONE = none; their length in characters */
    bool numbers_full;
};

/* The previous list of the source, read along in byte order. */
struct list_previous {
    uint32_t id;   /* 0 = there is none */
    bool compared; /* same currency */
    uint8_t sha256[32];
    bool has_sha256;
    char version[LIST_VERSION];
    int32_t as_of;
    struct list_walk walk;
    struct diff_summary diff;
};

struct list_run {
    struct job *job;
    enum list_source source;
    int32_t as_of;
    char currency[4];
    struct price_rule rule;
    struct list_estimate_rules estimate;
    bool include_zero_qty, cost_fallback;
    enum price_method method;
    struct quote_rules rules;
    struct time_weights time;
    int32_t since;
    bool allow_empty, skip_if_unchanged, dry_run;
    char *categories, *warehouses; /* JSON lists; NULL = not limited */
    const char *note;              /* of the parameters */
    struct run_lease lease;
    unsigned percent; /* as shown; it must not fall when the transaction is repeated */

    /* ---- of one try of the transaction ---- */
    struct store_conn *db;
    struct price_input input;
    struct quote_space space;
    struct quote_reader reader;
    struct list_row *rows; /* LIST_PAGE */
    uint32_t n_rows;
    struct arena texts;             /* of the page */
    uint32_t ids[LIST_PAGE], n_ids; /* of active components, ascending */
    uint32_t row_of[LIST_PAGE];     /* row of each of them */
    char after[LIST_LOT_CODE];      /* last lot code of the page */
    uint32_t *warehouse_ids, n_warehouses, room_warehouses;
    struct store_bulk *write;
    struct listhash hash;
    uint64_t items, skipped[LIST_SKIPS], seen, total;
    struct price_failures failures;
    struct list_previous previous;
    uint32_t list_id; /* 0 while there is none */
    char version[LIST_VERSION];
    uint8_t sha256[32];
    bool created;
};

/* Reads the next page and makes its items. Returns 0 or -1 with db->error; run->n_rows 0 = the end. */
int list_next_page(struct list_run *run);
/* Reads the ids of the warehouses that count. Returns 0 or -1. */
int list_load_warehouses(struct list_run *run);
/* The row of an active component of the page, or NULL. */
struct list_row *list_row_of(struct list_run *run, uint32_t component_id);

/* Reads the part numbers of the page's items. Returns 0 or -1. */
int list_load_numbers(struct list_run *run);
/* Numbers the list and inserts its header as `building`. Returns 0, -1, or JOB_EFFECT_REJECT with the ending filled. */
int list_save_header(struct list_run *run, struct job_ending *ending);
/* Writes the totals and sets the list `ready`. */
int list_save_ready(struct list_run *run);

/* Finds the last list of the source. Returns 0 or -1. */
int list_find_previous(struct list_run *run);
/* Compares the next item of the new list; lot_code NULL means that there are no more. Returns 0 or -1. */
int list_compare(struct list_run *run, const char *lot_code, int64_t price);

char *list_result_json(const struct list_run *run);

/* What list_result_json() writes. */
extern const struct result_spec list_result_members[];

#endif
