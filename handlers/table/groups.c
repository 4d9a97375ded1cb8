/* Groups by their sums: a stack of open candidates. */
#include "handlers/table/groups.h"

#include <stdlib.h>
#include <string.h>

/* Cells that tell items from groups. */
enum table_cells { CELL_UNIT = 1, CELL_VENDOR = 2, CELL_NAME = 4, CELL_NUMBER = 8 };

void table_groups_init(struct table_groups *groups, table_verdict_fn decided, void *ctx)
{
    *groups = (struct table_groups){.decided = decided, .ctx = ctx};
}

void table_groups_fini(struct table_groups *groups)
{
    for (unsigned i = 0; i < groups->n; i++)
        free(groups->open[i].row);
    *groups = (struct table_groups){0};
}

static unsigned cells_of(const struct table_row *row)
{
    return (table_row_has(row, FIELD_UNIT) ? CELL_UNIT : 0u) | (table_row_has(row, FIELD_VENDOR) ? CELL_VENDOR : 0u) |
           (table_row_has(row, FIELD_NAME) ? CELL_NAME : 0u) |
           (table_row_has(row, FIELD_PART_NUMBER) ? CELL_NUMBER : 0u);
}

static bool heads_block(const struct table_heading *heading, const struct table_row *row)
{
    const struct grid_cell *number = table_row_number(row);
    struct cell_span words = cell_words(number);
    return table_heading_has(heading, FIELD_NAME) && words.n > 0 && !table_has_digit(words) && !table_one_word(words);
}

bool table_groups_may(const struct table_heading *heading, const struct table_row *row, const struct table_facts *facts)
{
    if (table_row_identities(row) != 1 || table_row_has(row, FIELD_VENDOR) || table_row_has(row, FIELD_UNIT))
        return false;
    return facts->has_qty || heads_block(heading, row);
}

static uint32_t rows_needed(const struct table_heading *heading, const struct table_row *row)
{
    struct cell_span words = table_row_words(heading, row), number = cell_span(table_row_number(row));
    bool word = words.n > 0 && label_is_group(words.s, words.n);
    return word || (number.n > 0 && !table_has_digit(number)) ? 1 : 2;
}

static bool is_reached(const struct table_candidate *c)
{
    return c->counted && c->rows >= c->least && c->sum == c->qty && (c->lacks != 0 || c->all_known);
}

/* Decides about candidate `at` of the stack, which is taken out by the caller. */
static int decide(struct table_groups *groups, unsigned at, bool group)
{
    struct table_candidate *c = &groups->open[at];
    enum table_verdict verdict = group ? VERDICT_GROUP : c->block && c->next_named ? VERDICT_BLOCK : VERDICT_DATA;
    int rc = groups->decided(groups->ctx, c->row, verdict, c->sum);
    free(c->row);
    c->row = NULL;
    return rc;
}

/* The first n of the stack are not groups. */
static int fail_first(struct table_groups *groups, unsigned n)
{
    int rc = 0;
    for (unsigned i = 0; i < n; i++) {
        int own = decide(groups, i, false);
        rc = rc == 0 ? own : rc;
    }
    groups->n -= n;
    memmove(groups->open, groups->open + n, groups->n * sizeof groups->open[0]);
    return rc;
}

/* Takes the innermost candidates off whose sum is reached. */
static int close_reached(struct table_groups *groups)
{
    int rc = 0;
    while (rc == 0 && groups->n > 0 && is_reached(&groups->open[groups->n - 1]))
        rc = decide(groups, --groups->n, true);
    return rc;
}

int table_groups_open(struct table_groups *groups, const struct table_heading *heading, const struct table_row *row,
                      const struct table_facts *facts)
{
    int rc = close_reached(groups);
    if (rc == 0 && groups->n == TABLE_CANDIDATES)
        rc = fail_first(groups, 1);
    if (rc != 0)
        return rc;
    groups->open[groups->n++] = (struct table_candidate){.row = table_row_copy(row->row),
                                                         .counted = facts->has_qty,
                                                         .qty = facts->qty,
                                                         .least = rows_needed(heading, row),
                                                         .lacks = ~cells_of(row) & 15u,
                                                         .all_known = true,
                                                         .block = heads_block(heading, row)};
    return 0;
}

int table_groups_row(struct table_groups *groups, const struct table_row *row, const struct table_facts *facts)
{
    unsigned cells = cells_of(row), failed = 0;
    bool named = table_row_numbered(row) && table_row_has(row, FIELD_NAME);
    for (unsigned i = 0; i < groups->n; i++) {
        struct table_candidate *c = &groups->open[i];
        if (!c->next_seen)
            c->next_named = named;
        c->next_seen = true;
        c->rows++;
        c->sum += facts->qty;
        c->lacks &= cells;
        c->all_known = c->all_known && facts->known;
        if (!c->counted || (c->lacks == 0 && !c->all_known))
            failed = i + 1;
    }
    return failed ? fail_first(groups, failed) : 0;
}

int table_groups_close(struct table_groups *groups)
{
    int rc = close_reached(groups);
    while (rc == 0 && groups->n > 0)
        rc = fail_first(groups, groups->n);
    return rc;
}

dec128 table_groups_pending(const struct table_groups *groups)
{
    dec128 sum = 0;
    unsigned n = groups->n;
    while (n > 0 && is_reached(&groups->open[n - 1]))
        n--;
    for (unsigned i = 0; i < n; i++)
        if (!(groups->open[i].block && groups->open[i].next_named))
            sum += groups->open[i].counted ? groups->open[i].qty : 0;
    return sum;
}
