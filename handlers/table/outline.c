/* Rows inside rows, by outline levels. */
#include "handlers/table/outline.h"

#include "base/grow.h"

#include <stdlib.h>
#include <string.h>

void table_outline_init(struct table_outline *outline, bool summary_below, table_placed_fn placed, void *ctx)
{
    *outline = (struct table_outline){.summary_below = summary_below, .placed = placed, .ctx = ctx, .item = ARENA_NONE};
}

static void forget(struct table_outline *outline)
{
    for (uint32_t i = 0; i < outline->n; i++)
        free(outline->held[i].row);
    outline->n = 0;
    outline->bytes = 0;
    outline->item = ARENA_NONE;
}

void table_outline_fini(struct table_outline *outline)
{
    forget(outline);
    free(outline->held);
    *outline = (struct table_outline){0};
}

/* What may lie inside item i: rows `from` to `to` of the held ones. `open` tells that the run goes on in a row that is
 * not held: another item, or not known. */
struct inside {
    uint32_t from, to;
    bool open;
};

/* The rows of a run are details of the item unless another item is among them, or those that repeat its number do not
 * add up to it. */
static void mark_details(struct table_outline *outline, const struct table_level *item, struct inside run)
{
    dec128 sum = 0;
    bool repeats = false;
    if (run.open || run.from >= run.to)
        return;
    for (uint32_t i = run.from; i < run.to; i++) {
        const struct table_level *row = &outline->held[i];
        if (!row->item || row->detail)
            continue;
        if (row->identity == 0 || row->identity != item->identity || !row->has_qty || !row->row)
            return;
        repeats = true;
        sum += row->qty;
    }
    if (repeats && (!item->has_qty || sum != item->qty))
        return;
    for (uint32_t i = run.from; i < run.to; i++)
        outline->held[i].detail = true;
}

/* Innermost items first, so that their details do not count twice. */
static void look_after(struct table_outline *outline, const struct table_level *next)
{
    for (uint32_t i = outline->n; i-- > 0;) {
        const struct table_level *item = &outline->held[i];
        uint32_t to = i + 1;
        if (!item->outer)
            continue;
        while (to < outline->n && outline->held[to].level > item->level)
            to++;
        mark_details(outline, item, (struct inside){i + 1, to, to == outline->n && next && next->level > item->level});
    }
}

static void look_before(struct table_outline *outline, const struct table_level *next)
{
    for (uint32_t i = 0; i <= outline->n; i++) {
        const struct table_level *item = i < outline->n ? &outline->held[i] : next;
        uint32_t from = i;
        if (!item || !item->outer)
            continue;
        while (from > 0 && outline->held[from - 1].level > item->level)
            from--;
        mark_details(outline, item,
                     (struct inside){from, i, from == 0 && outline->after && outline->before_level > item->level});
    }
}

static bool has_inside(const struct table_outline *outline, uint32_t i, const struct table_level *next)
{
    uint8_t level = outline->held[i].level;
    const struct table_level *below = i + 1 < outline->n ? &outline->held[i + 1] : next;
    if (below && below->level > level)
        return true;
    if (!outline->summary_below)
        return false;
    return i > 0 ? outline->held[i - 1].level > level : outline->after && outline->before_level > level;
}

/* Decides about all held rows and hands them on. `next` is the row that follows; NULL at the end. */
static int settle(struct table_outline *outline, const struct table_level *next)
{
    int rc = 0;
    if (outline->n == 0)
        return 0;
    look_after(outline, next);
    if (outline->summary_below)
        look_before(outline, next);
    for (uint32_t i = 0; i < outline->n && rc == 0; i++) {
        const struct table_level *row = &outline->held[i];
        struct table_placed placed = {.row = row->row, .detail = row->detail, .inside = has_inside(outline, i, next)};
        if (row->row)
            rc = outline->placed(outline->ctx, &placed);
    }
    outline->after = true;
    outline->before_level = outline->held[outline->n - 1].level;
    forget(outline);
    return rc;
}

static size_t size_of(const struct grid_row *row)
{
    size_t bytes = sizeof *row;
    for (uint32_t i = 0; i < row->n_cells; i++)
        bytes += sizeof row->cells[i] + row->cells[i].len;
    return bytes;
}

static void keep(struct table_outline *outline, struct table_level level)
{
    outline->held = grow(outline->held, &outline->room, outline->n + 1, sizeof *outline->held);
    if (level.outer && outline->item == ARENA_NONE)
        outline->item = outline->n;
    outline->held[outline->n++] = level;
}

static int hold(struct table_outline *outline, const struct grid_row *row, struct table_level level)
{
    outline->bytes += size_of(row);
    if (outline->n >= TABLE_HELD_ROWS || outline->bytes > TABLE_HELD_BYTES)
        return TABLE_OUTLINE_FULL;
    level.row = table_row_copy(row);
    keep(outline, level);
    return 0;
}

/* Hands an item on and remembers it: the rows after it may be its details. */
static int pass(struct table_outline *outline, const struct grid_row *row, struct table_level level, bool at_once)
{
    struct table_placed placed = {.row = row, .at_once = at_once};
    keep(outline, level);
    return outline->placed(outline->ctx, &placed);
}

/* Can the held rows be decided before this one is added? */
static bool is_decided(const struct table_outline *outline, const struct table_level *row)
{
    const struct table_level *item = outline->item == ARENA_NONE ? NULL : &outline->held[outline->item];
    bool repeats = row->item && item && row->identity != 0 && item->identity == row->identity;
    if (row->level == 0 || (row->item && !repeats))
        return true;
    if (outline->summary_below)
        return false;
    /* Only rows after an item lie inside it: without one, or when its run is over, nothing is open but the kind of the
     * last row, which `row` tells. */
    return !item || row->level <= item->level;
}

int table_outline_add(struct table_outline *outline, const struct grid_row *row, const struct table_facts *facts)
{
    struct table_level level = {.level = row->outline,
                                .item = facts->item && !facts->unit_alone,
                                .outer = facts->item,
                                .has_qty = facts->has_qty,
                                .identity = facts->identity,
                                .qty = facts->qty};
    bool lone = outline->n == 1 && !outline->held[0].row && level.level == 0;
    if (lone && level.outer && outline->held[0].level == 0) { /* the ordinary case: one item after the other */
        forget(outline);
        outline->after = true;
        outline->before_level = 0;
        return pass(outline, row, level, true);
    }
    bool settles = outline->n > 0 && is_decided(outline, &level);
    int rc = settles ? settle(outline, &level) : 0;
    if (rc != 0)
        return rc;
    if (outline->n == 0 && level.outer && (level.level == 0 || (level.item && !outline->summary_below)))
        return pass(outline, row, level, !settles);
    return hold(outline, row, level);
}

int table_outline_flush(struct table_outline *outline)
{
    int rc = settle(outline, NULL);
    outline->after = false;
    return rc;
}
