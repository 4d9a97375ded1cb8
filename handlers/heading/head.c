/* Heading search: which rows make the heading. What the columns are is in fields.c, how it is told in tell.c. */
#include "handlers/heading/head.h"

#include "handlers/heading/fields.h"
#include "handlers/heading/propose.h"
#include "handlers/heading/take.h"
#include "handlers/heading/tell.h"

#include <stdlib.h>
#include <string.h>

/* ---- Does a row still belong to the heading above it? ------------------------------------------------------------ */

static bool is_identity_column(const struct head_candidate *c, uint32_t column)
{
    return c->column[column].path.n > 0 && stock_field_identifies(c->column[column].says);
}

/* The leftmost column of a quantity or a cost, also of one that is not read. */
static uint32_t first_amount(const struct head_candidate *c)
{
    for (uint32_t i = 0; i < TABLE_COLUMNS; i++) {
        const struct head_column *column = &c->column[i];
        if (column->path.n > 0 && (stock_field_is_amount(column->says) || column->foreign))
            return i;
    }
    return TABLE_COLUMNS;
}

/* It may be a row of totals too. */
static bool is_only_total(const struct label *label)
{
    return label->total && label->field == FIELD_NONE;
}

static bool belongs(const struct head_candidate *c, const struct head_row *row)
{
    unsigned captions = 0, unknown = 0, inside = 0, right = 0;
    uint32_t amount = first_amount(c);

    if (row->numbers || row->n_parts == 0)
        return false;
    for (unsigned i = 0; i < row->n_parts; i++) {
        const struct head_part *part = &row->part[i];
        captions += label_known(&part->label) && !part->label.stock && !is_only_total(&part->label);
        unknown += head_part_unknown(part) && !part->label.stock;
        inside += is_identity_column(c, part->column);
        right += part->column >= amount;
    }
    bool outside = inside < row->n_parts;
    if (captions > 0 && outside && (unknown == 0 || (captions > 1 && 2 * captions > row->n_parts)))
        return true;
    return inside == 0 && right > 0;
}

/* ---- Titles ---------------------------------------------------------------------------------------------------- */

/* The columns that a text of the first row covers. */
static uint32_t title_end(const struct head_candidate *c, const struct head_part *part)
{
    return c->rows.merged ? part->last_column : head_reach(&c->rows, 0, part);
}

static bool is_title(const struct head_candidate *c, const struct head_part *part)
{
    uint32_t end = title_end(c, part);
    bool all = true, identity = false, amount = false;

    if (end == part->column)
        return false;
    if (c->column[part->column].path.n == 1 && !c->rows.merged)
        return false; /* without merges: the only text of its column is its caption */
    for (uint32_t i = 0; i < TABLE_COLUMNS; i++) {
        const struct head_column *column = &c->column[i];
        bool under = i >= part->column && i <= end;
        if (column->path.n == 0)
            continue;
        all = all && under;
        identity |= under && stock_field_identifies(column->says);
        amount |= under && stock_field_is_amount(column->says);
    }
    return all || (identity && amount);
}

static bool starts_with_title(const struct head_candidate *c)
{
    const struct head_row *row = c->rows.row[0];

    for (unsigned i = 0; row && c->rows.n > 1 && i < row->n_parts; i++)
        if (is_title(c, &row->part[i]))
            return true;
    return false;
}

/* ---- The best candidate ---------------------------------------------------------------------------------------- */

/* What the candidates are compared by. */
struct sum {
    unsigned first, rows; /* of the scan */
    bool fits, ambiguous, whole, merged;
    unsigned n_fields;
};

struct search {
    struct head_scan scan;
    const struct table_ask *ask;
    bool here;                    /* the heading begins in the first row or nowhere */
    struct head_candidate *now;   /* the one that is looked at */
    struct head_candidate *above; /* the same with the row above it */
    struct sum sums[TABLE_HEAD_ROWS * TABLE_HEADING_MAX];
    unsigned n_sums;
};

static bool is_asked(const struct search *s)
{
    return s->ask && s->ask->header_row > 0;
}

static unsigned rows_asked(const struct search *s)
{
    return s->ask ? s->ask->header_rows : 0;
}

/* The row after the candidate's last one, if it follows directly. */
static const struct head_row *row_below(const struct search *s, unsigned first, unsigned rows)
{
    const struct grid_row *top = s->scan.rows[first].row;

    if (first + rows >= s->scan.n_rows)
        return NULL;
    const struct head_row *next = &s->scan.rows[first + rows];
    return next->row->row == top->row + rows && next->row->grid == top->grid ? next : NULL;
}

/* Could these rows say anything? Most do not: that is cheap to see. */
static bool is_hopeless(const struct search *s, const struct head_rows *rows)
{
    unsigned known = 0;

    for (unsigned i = 0; i < rows->n; i++)
        known += rows->row[i]->n_known;
    return known == 0 && (!s->ask || s->ask->n_choices == 0);
}

/* The column of what a heading must have: the quantity, or the price. */
static uint32_t amount_column(const struct head_candidate *c)
{
    if (head_of_prices(c))
        return c->at[FIELD_PRICE];
    return c->at[c->at[FIELD_QTY] != ARENA_NONE ? FIELD_QTY : FIELD_FREE];
}

/* Does the row above say that the quantity is not the one that counts: a receipt, another warehouse's? Then these rows
 * are only the lower part of a heading. */
static bool is_lower_part(struct search *s, unsigned first, unsigned n)
{
    uint32_t at = amount_column(s->now);
    const struct head_column *column = &s->above->column[at];

    if (first == 0 || n == TABLE_HEADING_MAX || s->now->column[at].chosen)
        return false;
    struct head_rows rows = head_rows_at(&s->scan, first - 1, n + 1);
    if (rows.n > 1 && rows.row[1]->numbers)
        return false;
    if (rows.n < n + 1)
        return false;
    head_candidate_read(s->above, &rows, s->scan.rows[first - 1].row->row, s->ask);
    return !starts_with_title(s->above) &&
           (column->why == UNREAD_FOREIGN || column->why == UNREAD_PLACE || column->why == UNREAD_OTHER);
}

/* Looks at one candidate. */
static void consider(struct search *s, unsigned first, unsigned n, bool loose)
{
    struct head_rows rows = head_rows_at(&s->scan, first, n);
    struct sum *sum = &s->sums[s->n_sums];
    bool fixed = rows_asked(s) > 0;

    if (rows.n < n || is_hopeless(s, &rows))
        return;
    head_candidate_read(s->now, &rows, s->scan.rows[first].row->row, s->ask);
    if (!head_candidate_qualifies(s->now))
        return;
    if (!is_asked(s) && (starts_with_title(s->now) || is_lower_part(s, first, n)))
        return;
    const struct head_row *below = fixed ? NULL : row_below(s, first, n);
    bool more = below && belongs(s->now, below);
    if (more && (n < TABLE_HEADING_MAX || head_of_prices(s->now)))
        return; /* it gives way to the longer one */
    *sum = (struct sum){.first = first,
                        .rows = n,
                        .fits = true,
                        .ambiguous = s->now->ambiguous || loose,
                        .whole = !more,
                        .merged = s->now->merged,
                        .n_fields = s->now->n_fields};
    s->n_sums++;
}

/* Candidates that begin in this row. */
static void consider_row(struct search *s, unsigned first)
{
    unsigned asked = rows_asked(s);
    bool loose = false; /* a shorter one is ambiguous, and the row below is no part of it: that row settles nothing */

    for (unsigned n = 1; n <= TABLE_HEADING_MAX; n++) {
        if (n > 1 && (first + n - 1 >= s->scan.n_rows || s->scan.rows[first + n - 1].numbers))
            return;
        if (asked > 0 && n != asked)
            continue;
        unsigned before = s->n_sums;
        consider(s, first, n, loose);
        loose |= s->n_sums > before && s->sums[before].ambiguous;
    }
}

static bool is_better(const struct sum *a, const struct sum *b)
{
    if (a->ambiguous != b->ambiguous)
        return b->ambiguous;
    if (a->whole != b->whole)
        return a->whole;
    if (a->n_fields != b->n_fields)
        return a->n_fields > b->n_fields;
    if (a->merged != b->merged)
        return a->merged;
    return a->rows < b->rows;
}

/* Of the topmost and those that share a row with it the best; NULL if there is none. */
static const struct sum *best_of(const struct search *s)
{
    const struct sum *best = s->n_sums > 0 ? &s->sums[0] : NULL;
    unsigned end = 0;

    for (unsigned i = 0; i < s->n_sums && s->sums[i].first == s->sums[0].first; i++)
        end = s->sums[i].first + s->sums[i].rows;
    for (unsigned i = 1; i < s->n_sums && s->sums[i].first < end; i++)
        if (is_better(&s->sums[i], best))
            best = &s->sums[i];
    return best;
}

/* The rows that header_row and header_rows name, whatever is in them. */
static void consider_asked(struct search *s)
{
    unsigned first = 0;

    while (first < s->scan.n_rows && s->scan.rows[first].row->row + 1 != s->ask->header_row)
        first++;
    if (first < s->scan.n_rows && s->ask->header_rows == 0)
        consider_row(s, first);
}

/* ---- The result ------------------------------------------------------------------------------------------------ */

/* From s->now to what the caller sees. A heading further down comes on every printed page, and nobody is asked about it:
 * it needs no proposal, and none at all if it cannot be read by. */
static void show(struct search *s, bool found, struct table_heading *out)
{
    if (found || !s->here)
        head_take(s->now, out);
    if (!s->here)
        head_propose(s->now, s->above, out);
}

static enum table_head_result conclude(struct search *s, const struct head_rows *rows, unsigned first,
                                       struct table_heading *out, char *why, size_t size)
{
    head_candidate_read(s->now, rows, first, s->ask);
    show(s, !s->now->ambiguous, out);
    if (!s->now->ambiguous)
        return HEAD_FOUND;
    head_tell_rivals(s->now, why, size);
    return HEAD_AMBIGUOUS;
}

/* s->now is as near to a heading as it gets. */
static enum table_head_result conclude_missing(struct search *s, struct table_heading *out, char *why, size_t size)
{
    show(s, false, out);
    head_tell_missing(s->now, why, size);
    return HEAD_NONE;
}

/* header_row and header_rows are both given: these rows and no others. */
static enum table_head_result take_asked(struct search *s, struct table_heading *out, char *why, size_t size)
{
    struct head_rows rows = {.input = s->scan.input, .n = s->ask->header_rows};
    uint32_t first = s->ask->header_row - 1;
    bool stored = false;

    for (unsigned i = 0; i < s->scan.n_rows; i++) {
        const struct head_row *row = &s->scan.rows[i];
        if (row->row->row < first || row->row->row >= first + rows.n)
            continue;
        rows.row[row->row->row - first] = row;
        rows.merged |= row->merged;
        stored = true;
    }
    if (!stored) {
        head_tell_nothing(s->ask, why, size);
        return HEAD_NONE;
    }
    head_candidate_read(s->now, &rows, first, s->ask);
    if (head_candidate_qualifies(s->now))
        return conclude(s, &rows, first, out, why, size);
    return conclude_missing(s, out, why, size);
}

/* There is no heading: the rows most like one. */
static enum table_head_result take_nearest(struct search *s, struct table_heading *out, char *why, size_t size)
{
    struct head_rows best = {.n = 0}, rows;
    unsigned best_worth = 0, best_first = 0;

    for (unsigned first = 0; first < s->scan.n_rows; first++)
        for (unsigned n = 1; n <= TABLE_HEADING_MAX; n++) {
            rows = head_rows_at(&s->scan, first, n);
            bool usable = rows.n == n && (n == 1 || !rows.row[n - 1]->numbers) &&
                          (!is_asked(s) || s->scan.rows[first].row->row + 1 == s->ask->header_row);
            if (!usable)
                break;
            head_candidate_read(s->now, &rows, s->scan.rows[first].row->row, s->ask);
            unsigned own = head_worth(s->now);
            if (own <= best_worth || head_candidate_qualifies(s->now))
                continue; /* one that qualifies is part of another one, which does not */
            best = rows;
            best_worth = own;
            best_first = s->scan.rows[first].row->row;
        }
    if (best.n == 0) {
        head_tell_nothing(s->ask, why, size);
        return HEAD_NONE;
    }
    head_candidate_read(s->now, &best, best_first, s->ask);
    return conclude_missing(s, out, why, size);
}

static enum table_head_result run(struct search *s, struct table_heading *out, char *why, size_t size)
{
    if (is_asked(s) && s->ask->header_rows > 0)
        return take_asked(s, out, why, size);
    if (is_asked(s))
        consider_asked(s);
    else
        for (unsigned i = 0; i < s->scan.n_rows && (i == 0 || !s->here); i++)
            consider_row(s, i);
    const struct sum *best = best_of(s);
    if (!best)
        return take_nearest(s, out, why, size);
    struct head_rows rows = head_rows_at(&s->scan, best->first, best->rows);
    return conclude(s, &rows, s->scan.rows[best->first].row->row, out, why, size);
}

static enum table_head_result search(const struct table_head_input *input, bool here, struct table_heading *out,
                                     char *why, size_t size)
{
    struct search *s = calloc(1, sizeof *s);

    memset(out, 0, sizeof *out);
    for (unsigned field = 0; field < FIELD_COUNT; field++)
        out->column[field] = ARENA_NONE;
    if (!s)
        abort();
    s->now = malloc(2 * sizeof *s->now);
    if (!s->now)
        abort();
    s->above = s->now + 1;
    s->ask = input->ask;
    s->here = here;
    head_scan_init(&s->scan, input, here ? TABLE_HEADING_MAX + 1 : TABLE_HEAD_ROWS);
    enum table_head_result result = run(s, out, why, size);
    head_scan_fini(&s->scan);
    free(s->now);
    free(s);
    return result;
}

enum table_head_result table_heading_find(const struct table_head_input *input, struct table_heading *out, char *why,
                                          size_t size)
{
    return search(input, false, out, why, size);
}

enum table_head_result table_heading_here(const struct table_head_input *input, struct table_heading *out, char *why,
                                          size_t size)
{
    struct table_ask ask = input->ask ? *input->ask : (struct table_ask){.wanted = ARENA_NONE};
    struct table_head_input own = *input;

    ask.header_row = 0;
    ask.header_rows = 0;
    own.ask = &ask;
    return search(&own, true, out, why, size);
}
