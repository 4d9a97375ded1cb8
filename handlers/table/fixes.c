/* Fixes laid over the grid. The check of the parameter is in fixes_check.c. */
#include "handlers/table/fixes.h"

#include "base/grow.h"
#include "handlers/heading/head.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMED 3 /* so many are named in the sentence */

/* ---- The list --------------------------------------------------------------------------------------------------- */

static uint32_t column_of(const char *letters)
{
    uint32_t column = 0;
    for (; *letters; letters++)
        column = column * 26 + (uint32_t)(*letters - 'A') + 1;
    return column - 1;
}

static struct table_fix read_fix(yajl_val item)
{
    struct table_fix fix = {.sheet = json_member_string(item, "sheet", ""),
                            .value = json_member_string(item, "value", ""),
                            .row = (uint32_t)json_member_int(item, "row", 1) - 1,
                            .skip = json_member_bool(item, "skip", false)};
    if (!fix.skip)
        fix.column = column_of(json_member_string(item, "column", "A"));
    return fix;
}

static int by_place(const void *left, const void *right)
{
    const struct table_fix *a = left, *b = right;
    int sheet = strcmp(a->sheet, b->sheet);
    if (sheet != 0)
        return sheet;
    if (a->row != b->row)
        return a->row < b->row ? -1 : 1;
    return a->column < b->column ? -1 : a->column > b->column;
}

void table_fixes_init(struct table_fixes *fixes, yajl_val list)
{
    *fixes = (struct table_fixes){.n = YAJL_IS_ARRAY(list) ? (uint32_t)list->u.array.len : 0};
    if (fixes->n == 0)
        return;
    fixes->fix = calloc(fixes->n, sizeof *fixes->fix);
    if (!fixes->fix)
        abort();
    for (uint32_t i = 0; i < fixes->n; i++)
        fixes->fix[i] = read_fix(list->u.array.values[i]);
    qsort(fixes->fix, fixes->n, sizeof *fixes->fix, by_place);
}

void table_fixes_fini(struct table_fixes *fixes)
{
    free(fixes->fix);
    free(fixes->cells);
    *fixes = (struct table_fixes){.n = 0};
}

/* ---- The sink --------------------------------------------------------------------------------------------------- */

static int on_sheet(void *ctx, const struct grid_sheet *sheet)
{
    struct table_fixes *fixes = ctx;
    fixes->from = 0;
    while (fixes->from < fixes->n && strcmp(fixes->fix[fixes->from].sheet, sheet->name) < 0)
        fixes->from++;
    fixes->to = fixes->from;
    while (fixes->to < fixes->n && strcmp(fixes->fix[fixes->to].sheet, sheet->name) == 0)
        fixes->to++;
    return fixes->inner.sheet(fixes->inner.ctx, sheet);
}

/* The first fix of the sheet that is not before this row; `to` if there is none. */
static uint32_t first_of(const struct table_fixes *fixes, uint32_t row)
{
    uint32_t low = fixes->from, high = fixes->to;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (fixes->fix[middle].row < row)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void put_cell(struct table_fixes *fixes, struct grid_row *row, const struct grid_cell *cell)
{
    fixes->cells = grow(fixes->cells, &fixes->room, row->n_cells + 1, sizeof *fixes->cells);
    fixes->cells[row->n_cells++] = *cell;
}

static void put_fix(struct table_fixes *fixes, struct grid_row *row, struct table_fix *fix)
{
    struct grid_cell cell = {
        .column = fix->column, .kind = GRID_TEXT, .text = fix->value, .len = (uint32_t)strlen(fix->value)};
    fix->used = true;
    if (cell.len > 0)
        put_cell(fixes, row, &cell);
}

/* The row with the fixes from number `at` on. */
static struct grid_row fixed(struct table_fixes *fixes, const struct grid_row *row, uint32_t at)
{
    struct grid_row out = *row;
    out.n_cells = 0;
    for (uint32_t i = 0; i < row->n_cells; i++) {
        const struct grid_cell *cell = &row->cells[i];
        bool replaced = false;
        for (; at < fixes->to && fixes->fix[at].row == row->row && fixes->fix[at].column <= cell->column; at++) {
            replaced = fixes->fix[at].column == cell->column;
            put_fix(fixes, &out, &fixes->fix[at]);
        }
        if (!replaced)
            put_cell(fixes, &out, cell);
        else if (cell->kind == GRID_FORMULA && out.uncalculated > 0)
            out.uncalculated--;
    }
    for (; at < fixes->to && fixes->fix[at].row == row->row; at++)
        put_fix(fixes, &out, &fixes->fix[at]);
    out.cells = fixes->cells;
    return out;
}

static int on_row(void *ctx, const struct grid_row *row)
{
    struct table_fixes *fixes = ctx;
    uint32_t at = first_of(fixes, row->row);
    if (at == fixes->to || fixes->fix[at].row != row->row)
        return fixes->inner.row(fixes->inner.ctx, row);
    if (fixes->fix[at].skip) {
        fixes->fix[at].used = true;
        return 0;
    }
    struct grid_row out = fixed(fixes, row, at);
    return fixes->inner.row(fixes->inner.ctx, &out);
}

static int on_sheet_end(void *ctx)
{
    struct table_fixes *fixes = ctx;
    return fixes->inner.sheet_end(fixes->inner.ctx);
}

static void on_remark(void *ctx, const char *text)
{
    struct table_fixes *fixes = ctx;
    fixes->inner.remark(fixes->inner.ctx, text);
}

struct grid_sink table_fixes_sink(struct table_fixes *fixes, const struct grid_sink *sink)
{
    struct grid_sink out = *sink;
    if (fixes->n == 0)
        return out;
    fixes->inner = *sink;
    out.sheet = on_sheet;
    out.row = on_row;
    out.sheet_end = on_sheet_end;
    out.remark = sink->remark ? on_remark : NULL;
    out.ctx = fixes;
    return out;
}

/* ---- What touched nothing ----------------------------------------------------------------------------------------- */

static int name_place(const struct table_fix *fix, char *out, size_t size)
{
    char letter[4] = "";
    if (!fix->skip)
        table_column_letter(fix->column, letter);
    return snprintf(out, size, "%s%.60s%srow %u%s%s", *fix->sheet ? "sheet «" : "", fix->sheet, *fix->sheet ? "» " : "",
                    fix->row + 1, *letter ? " column " : "", letter);
}

static void tell_first(const struct table_fix *fix, struct fault_told *told)
{
    char letter[4];
    told_fact(told, "sheet", "%s", fix->sheet);
    told_fact(told, "row", "%u", fix->row + 1);
    if (!fix->skip)
        told_fact(told, "column", "%s", table_column_letter(fix->column, letter));
}

uint32_t table_fixes_unused(const struct table_fixes *fixes, char *text, size_t size, struct fault_told *told)
{
    char places[300] = "", place[120];
    size_t used = 0;
    uint32_t n = 0;
    *told = (struct fault_told){.facts = ""};
    for (uint32_t i = 0; i < fixes->n; i++) {
        if (fixes->fix[i].used)
            continue;
        name_place(&fixes->fix[i], place, sizeof place);
        if (n == 0)
            tell_first(&fixes->fix[i], told);
        if (n++ < NAMED && used < sizeof places)
            used += (size_t)snprintf(places + used, sizeof places - used, "%s%s", n > 1 ? ", " : "", place);
    }
    told_fact(told, "unused", "%u", n);
    told_fact(told, "fixes", "%u", fixes->n);
    snprintf(
        text, size,
        "%u of the %u fixes touch no row of a sheet that is read: %s%s. Nothing was changed. Leave them out, or name "
        "sheet and row as the file has them.",
        n, fixes->n, places, n > NAMED ? ", …" : "");
    return n;
}
