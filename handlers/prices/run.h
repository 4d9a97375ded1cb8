/* One run of recalculate: what its files share.
 *
 * recalculate.c holds the task type and the loop over chunks, audit.c writes, result.c counts and reports. If the
 * transaction is repeated, everything below the line in struct recalc_run is filled anew. */
#ifndef PF_PRICES_RUN_H
#define PF_PRICES_RUN_H

#include "handlers/job.h"
#include "handlers/pricing/outcome.h"
#include "handlers/quotes/read.h"
#include "handlers/result.h"
#include "handlers/run/failures.h"
#include "handlers/run/run.h"
#include "store/bulk.h"

#define RECALC_CHUNK      500 /* components: short enough for a lively progress bar and a prompt cancel */
#define RECALC_CHUNK_TEXT "500"
#define RECALC_LOT        (64 * 4 + 1)

/* A component of the chunk. */
struct recalc_row {
    struct recalc_component component;
    char lot_code[RECALC_LOT];
    int32_t price_as_of; /* QUOTE_NO_DATE = none */
};

/* What is to be written about one component. */
struct recalc_change {
    uint32_t row; /* in the chunk */
    bool audited;
    struct recalc_result result;
    uint32_t first_quote, n_quotes; /* verdicts kept for the audit */
    uint64_t id;                    /* of price_change, once inserted */
};

struct recalc_quote {
    uint64_t id;
    struct quote_verdict verdict;
};

/* Largest change of either direction. */
struct recalc_extreme {
    char lot_code[RECALC_LOT];
    int64_t old_price, new_price;
    dec128 pct;
};

struct recalc_totals {
    uint64_t components, outcome[RECALC_FAILED + 1], manual, first_price, up, down;
    uint64_t reason[QUOTE_REASONS]; /* [QUOTE_USED]: used */
    dec128 pct_sum;                 /* over up and down */
    uint64_t pct_n;
    struct recalc_extreme max_up, max_down; /* lot_code "" = none */
};

/* Of a dry run: how many prices would move how far, and which would move most. Those that would be held count too; a
 * first price does not, since it has no distance. */
#define TRIAL_BARS    21 /* of 5 % each, from -50 % to +50 %; the outermost take what lies beyond */
#define TRIAL_CHANGES 100
struct trial_change {
    char lot_code[RECALC_LOT];
    int64_t old_price, new_price;
    dec128 pct;
    bool held;
};
struct recalc_trial {
    uint64_t bars[TRIAL_BARS];
    struct trial_change up[TRIAL_CHANGES], down[TRIAL_CHANGES]; /* the largest first */
    unsigned n_up, n_down;
};

/* Of a dry run: a component whose quotes are asked for. */
#define LOOK_LOTS   20
#define LOOK_QUOTES 1000 /* of all of them: the result is part of each poll */
struct recalc_looked {
    struct recalc_row row;
    struct recalc_result result;
    uint32_t first, n; /* its quotes in recalc_looks.quotes */
    bool whole;        /* there was room for them */
};
struct recalc_looks {
    struct recalc_looked looked[LOOK_LOTS];
    unsigned n;
    struct recalc_quote quotes[LOOK_QUOTES];
    uint32_t n_quotes;
    char *json; /* what the result shows; heap */
};

struct recalc_run {
    struct job *job;
    struct quote_rules rules;
    struct recalc_rules decide;
    struct time_weights time;
    int32_t since; /* older quotes are not read */
    bool dry_run, audit_all, scoped;
    char *lot_codes, *categories; /* JSON lists; NULL = not limited */
    yajl_val quotes_of;           /* list of lot codes, borrowed; NULL = none */
    struct run_lease lease;
    unsigned percent; /* as shown; it must not fall when the transaction is repeated */

    /* ---- of one try of the transaction ---- */
    struct store_conn *db;
    struct price_input input;
    struct quote_space space;
    struct quote_reader reader;
    uint32_t *scope; /* ascending ids, when scoped */
    uint32_t n_scope, room_scope;
    uint32_t ids[RECALC_CHUNK];
    struct recalc_row rows[RECALC_CHUNK];
    uint32_t n_rows;
    struct recalc_change changes[RECALC_CHUNK];
    uint32_t n_changes;
    struct recalc_quote *quotes;
    uint32_t n_quotes, room_quotes;
    struct store_bulk *write_change, *write_quote;
    uint32_t touched[PRICE_MANUAL + 1][RECALC_CHUNK]; /* components that get another state only, by that state */
    uint32_t n_touched[PRICE_MANUAL + 1];
    struct recalc_totals totals;
    struct recalc_trial trial; /* with dry_run */
    struct recalc_looks looks; /* the same */
    struct price_failures failures;
    uint32_t max_id; /* for the progress */
};

/* Statements of one try. Returns 0 or -1 with db->error. */
int recalc_audit_init(struct recalc_run *run);
void recalc_audit_fini(struct recalc_run *run);
/* Remembers the result for row `row` of the chunk; verdicts are in run->space, of `n` quotes. */
void recalc_note(struct recalc_run *run, uint32_t row, const struct recalc_result *result, const struct quote *quotes,
                 size_t n);
/* Writes what is remembered and forgets it. */
int recalc_flush(struct recalc_run *run);

/* Adds one component to the totals; verdicts as above, n = 0 when none were judged. */
void recalc_count(struct recalc_run *run, const struct recalc_row *row, const struct recalc_result *result, size_t n);
/* Adds one component to what a dry run shows; writes the members histogram and changes (trial.c). */
void recalc_trial_note(struct recalc_trial *trial, const struct recalc_row *row, const struct recalc_result *result);
/* Are this component's quotes asked for? (look.c) */
bool recalc_is_looked_at(const struct recalc_run *run, const struct recalc_row *row);
/* Remembers one of them; verdicts are in run->space, of `n` quotes. */
void recalc_look(struct recalc_run *run, const struct recalc_row *row, const struct recalc_result *result,
                 const struct quote *quotes, size_t n);
/* Makes looks.json, in the transaction that read the quotes. Returns 0 or -1 with db->error. */
int recalc_looks_json(struct recalc_run *run);
struct json_out;
void recalc_trial_put(struct json_out *out, const struct recalc_trial *trial);
void recalc_put_decimal(struct json_out *out, const char *key, dec128 value, unsigned scale);
/* The task's result. Heap. */
char *recalc_result_json(const struct recalc_run *run);
void recalc_message(const struct recalc_run *run, char *text, size_t size);

/* What recalc_result_json() writes. */
extern const struct result_spec recalc_result_members[];

#endif
