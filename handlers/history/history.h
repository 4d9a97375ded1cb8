/* Imports on record: those of a warehouse's stock and those of a party's price lists, by one code.
 *
 * Each import leaves a state behind, which has the import's number. An undo leaves the state that was there before the
 * import; undoing the undo leaves the import's again. So what may be undone is what left the present state behind, and
 * an import together with its undo counts as if neither had been. */
#ifndef PF_HISTORY_HISTORY_H
#define PF_HISTORY_HISTORY_H

#include "handlers/read/page.h"
#include "store/conn.h"

struct undo_run;
struct job_ending;

/* What differs between the two. The statements are made by the macros below. */
struct import_book {
    const char *none;         /* "no stock import has this number" */
    const char *owner_param;  /* the filter and parameter that names the owner: "warehouse" */
    const char *waiting;      /* shown while others hold the lease */
    const char *owner_id;     /* its number, by kind (NULL if it has none) and code */
    const char *last;         /* HISTORY_LAST */
    const char *record;       /* HISTORY_RECORD */
    const char *later;        /* HISTORY_LATER */
    const char *one;          /* HISTORY_ONE */
    const char *by_number;    /* HISTORY_LIST… */
    const char *by_owner;     /* HISTORY_LIST… */
    const char *by_asker;     /* HISTORY_LIST… */
    const char *record_undo;  /* HISTORY_RECORD_UNDO */
    const char *record_taken; /* HISTORY_RECORD_TAKEN */
    const char *record_state; /* HISTORY_RECORD_STATE */
    /* Writes the members that only this book has, from its own columns. */
    void (*put)(struct json_out *out, const struct store_value *own);
    /* The lease that keeps other imports out; `name` has 65 bytes. */
    void (*lease_name)(const char *kind, const char *code, char *name);
    /* Inside the transaction: puts the rows back and fills the counts. Returns as a job_effect_fn. */
    int (*take_back)(struct undo_run *run, struct store_conn *db, struct job_ending *ending);
    /* The result and the message of an undo that was made. */
    void (*tell)(const struct undo_run *run, struct job_ending *ending);
};

/* ---- Statements ------------------------------------------------------------------------------------------------ */

/* `table`: of the imports; `owners`: what they belong to; `owner`: the column that names it; `index`: (owner, id). */
#define HISTORY_REFUSED(table, index, owner)                                                                           \
    "CASE WHEN i.undone_by IS NOT NULL THEN 'undone' WHEN i.state_after <> (SELECT l.state_after FROM " table          \
    " l FORCE INDEX (" index ") WHERE l." owner " = i." owner " ORDER BY l.id DESC LIMIT 1) THEN 'later-imports' "     \
    "WHEN i.undo_until IS NULL OR i.undo_until < UTC_TIMESTAMP(3) THEN 'expired' END"
#define HISTORY_COLUMNS(table, index, owner)                                                                           \
    "SELECT i.id, i.task_id, i.effect, o.code, i.of_import, i.undone_by, i.file_name, LOWER(HEX(i.file_sha256)), "     \
    "i.file_format, i.rows_total, i.rows_rejected, i.inserted, i.unchanged, i.requested_by, i.created_at, "            \
    "i.undo_until, " HISTORY_REFUSED(table, index, owner) ", "
#define HISTORY_OWN 17 /* the first column of the book itself */
#define HISTORY_FROM(table, owners, owner)                                                                             \
    " FROM " table " i FORCE INDEX (PRIMARY) STRAIGHT_JOIN " owners " o FORCE INDEX (PRIMARY) ON o.id = i." owner " "
#define HISTORY_BY_ASKER(table, owners, owner)                                                                         \
    " FROM " table " i FORCE INDEX (ix_who) STRAIGHT_JOIN " owners " o FORCE INDEX (PRIMARY) ON o.id = i." owner " "
#define HISTORY_BY_OWNER(table, index, owners, owner, code)                                                            \
    " FROM " owners " o FORCE INDEX (" code ") STRAIGHT_JOIN " table " i FORCE INDEX (" index ") ON i." owner " = "    \
    "o.id "
/* `kind`: what the filter `kind` asks for, with two parameters. */
#define HISTORY_WHERE(kind)                                                                                            \
    "WHERE " kind " AND (? IS NULL OR o.code = ?) AND (? IS NULL OR i.requested_by = ?) AND i.created_at >= ? AND "    \
    "i.created_at < CAST(? AS DATE) + INTERVAL 1 DAY AND i.id < CAST(? AS UNSIGNED) ORDER BY i.id DESC LIMIT ?"
#define HISTORY_ONE "WHERE i.id = ?"
#define HISTORY_LAST(table, index, owner)                                                                              \
    "SELECT id, state_after, file_name, requested_by, created_at FROM " table " FORCE INDEX (" index ") WHERE " owner  \
    " = ? ORDER BY id DESC LIMIT 1"
/* `more`: two columns, the kind of the owner and a day that the book needs. */
#define HISTORY_RECORD(table, index, owners, owner, more)                                                              \
    "SELECT i.id, COALESCE(i.of_import, i.id), i.effect, i." owner ", COALESCE(i.undone_by, 0), i.state_before, "      \
    "o.code, " HISTORY_REFUSED(table, index, owner) ", " more                                                          \
    HISTORY_FROM(table, owners, owner) HISTORY_ONE
/* What stands in the way of undoing an import; of undoing an undo, undos as well. */
#define HISTORY_LATER(table, index, owner)                                                                             \
    "SELECT id, created_at, requested_by FROM " table " FORCE INDEX (" index ") WHERE " owner                          \
    " = ? AND id > ? AND undone_by IS NULL AND (effect <> 'undo' OR ?) ORDER BY id LIMIT 6"
/* Copies the record of the import that is taken back, with the two states exchanged; `into` and `from` are the book's
 * own columns. */
#define HISTORY_RECORD_UNDO(table, into, from)                                                                         \
    "INSERT INTO " table " (task_id, effect, of_import, state_before, state_after, undo_until, requested_by, "         \
    "file_name, file_sha256, file_format, " into ") SELECT ?, ?, ?, state_after, state_before, UTC_TIMESTAMP(3) + "    \
    "INTERVAL ? DAY, " HISTORY_ASKER ", file_name, file_sha256, file_format, " from " FROM " table                     \
    " FORCE INDEX (PRIMARY) WHERE id = ?"
#define HISTORY_RECORD_TAKEN(table) "UPDATE " table " SET undone_by = ? WHERE id = ?"
#define HISTORY_RECORD_STATE(table) "UPDATE " table " SET state_after = id WHERE id = ?"
/* Who asked for a task, by its id. */
#define HISTORY_ASKER               "?" /* history_asker_value() */

/* ---- Lists ----------------------------------------------------------------------------------------------------- */

/* Filters of both lists, before PAGE_PARAMS. */
#define HISTORY_PARAMS                                                                                                 \
    {.name = "who", .kind = PARAM_STRING, .max = 64, .help = "Only what this client asked for."},                      \
        {.name = "from", .kind = PARAM_DATE, .help = "Only imports of this day (UTC) and later."},                     \
    {                                                                                                                  \
        .name = "to", .kind = PARAM_DATE, .help = "Only imports of this day (UTC) and earlier."                        \
    }
#define HISTORY_KEYS 1
/* {"imports": […], "next_cursor": …}, newest first. Returns 0 or -1 with conn->error. */
int history_list(struct store_conn *conn, const struct import_book *book, yajl_val params, struct page *page,
                 struct json_out *out);
/* One of them as a JSON object. Returns 1, 0 if there is none with this id, or -1. */
int history_one(struct store_conn *conn, const struct import_book *book, const char *id, struct json_out *out);

/* ---- The last import ------------------------------------------------------------------------------------------- */

struct import_last {
    uint64_t id; /* 0 = there is none */
    uint64_t state;
    char text[260];                  /* "number 18 of 2026-02-05 15:30 UTC (stock.xlsx, ivanova)" */
    char at[24], who[70], file[260]; /* when, by whom, which file; "" = not known */
};
/* Returns 0 or -1 with conn->error. */
int history_last(struct store_conn *conn, const struct import_book *book, uint32_t owner_id, struct import_last *last);

/* Who asked for a task. It is read by itself: as a part of an INSERT it would lock the task's row until the commit, and a
 * cancel would wait for that. */
struct history_asker {
    bool known;
    char name[65 * 4];
};
int history_asker(struct store_conn *conn, const char *task, struct history_asker *asker);
struct store_value history_asker_value(const struct history_asker *asker);

/* ---- For an undo ----------------------------------------------------------------------------------------------- */

struct import_record {
    uint64_t id;
    uint64_t root;   /* the import whose effect is undone or made again: itself, unless it is an undo or redo */
    bool takes_back; /* undoing it takes an effect back; else it makes it again: it is an undo itself */
    uint32_t owner_id;
    char kind[12], owner[140];
    char day[11];          /* the book's own: of HISTORY_RECORD */
    uint64_t state_before; /* 0 = there was no import */
    char why[480];         /* why it cannot be undone, with what to do; "" = it can */
};
/* Returns 1, 0 if there is none with this id, or -1. */
int history_record(struct store_conn *conn, const struct import_book *book, uint64_t id, struct import_record *record);

/* ---- Retention ------------------------------------------------------------------------------------------------- */

/* Deletes at most `rows` rows that were kept for undos whose time has been over for a day: an undo that was allowed
 * has ended by then. *more: it is not done. Returns 0 or -1 with conn->error. */
int history_purge(struct store_conn *conn, unsigned rows, bool *more);

#endif
