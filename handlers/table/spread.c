/* Texts of vertical merges. */
#include "handlers/table/spread.h"

#include "base/grow.h"

#include <stdlib.h>
#include <string.h>

static void close_all(struct table_spread *spread)
{
    for (uint32_t i = 0; i < TABLE_COLUMNS; i++) {
        free(spread->open[i].text);
        spread->open[i].text = NULL;
    }
}

void table_spread_fini(struct table_spread *spread)
{
    close_all(spread);
    free(spread->merges);
    memset(spread, 0, sizeof *spread);
}

void table_spread_take(struct table_spread *spread, const struct grid_sheet *sheet)
{
    close_all(spread);
    spread->n = spread->next = 0;
    for (uint32_t i = 0; i < sheet->n_merges; i++) {
        const struct grid_merge *m = &sheet->merges[i];
        if (m->last_row == m->row || m->column >= TABLE_COLUMNS)
            continue;
        spread->merges = grow(spread->merges, &spread->room, spread->n + 1, sizeof *m);
        spread->merges[spread->n++] = *m;
    }
}

static bool takes_part(const struct table_heading *heading, const struct grid_merge *m)
{
    switch ((enum stock_field)heading->at[m->column].field) {
    case FIELD_PART_NUMBER:
    case FIELD_LOT:
    case FIELD_CODE:
    case FIELD_NAME:
    case FIELD_VENDOR:
    case FIELD_WAREHOUSE:
    case FIELD_UNIT:
        return m->last_column <= heading->at[m->column].last && m->row >= heading->row + heading->rows;
    default:
        return false;
    }
}

static void open_merge(struct table_spread *spread, const struct grid_merge *m, const struct grid_row *row)
{
    struct table_spread_text *open = &spread->open[m->column];
    const struct grid_cell *cell = row->row == m->row ? table_row_cell(row, m->column) : NULL;
    free(open->text);
    open->text = NULL;
    if (cell_empty(cell))
        return;
    open->text = malloc(cell->len);
    if (!open->text)
        abort();
    memcpy(open->text, cell->text, cell->len);
    open->cell = *cell;
    open->cell.text = open->text;
    open->last_row = m->last_row;
}

/* Adds the open texts to the empty cells of the row. Both are sorted by column. */
static const struct grid_row *with_texts(struct table_spread *spread, const struct grid_row *row)
{
    uint32_t n = 0, i = 0;
    for (uint32_t column = 0; column < TABLE_COLUMNS; column++) {
        const struct table_spread_text *open = &spread->open[column];
        bool own = i < row->n_cells && row->cells[i].column == column;
        bool given = open->text && row->row <= open->last_row && (!own || cell_empty(&row->cells[i]));
        if (given)
            spread->cells[n++] = open->cell;
        else if (own)
            spread->cells[n++] = row->cells[i];
        i += own;
    }
    for (; i < row->n_cells && n < 2 * TABLE_COLUMNS; i++)
        spread->cells[n++] = row->cells[i];
    spread->row = *row;
    spread->row.cells = spread->cells;
    spread->row.n_cells = n;
    return &spread->row;
}

const struct grid_row *table_spread_row(struct table_spread *spread, const struct table_heading *heading,
                                        const struct grid_row *row)
{
    bool open = false;
    if (spread->n == 0)
        return row;
    for (; spread->next < spread->n && spread->merges[spread->next].row <= row->row; spread->next++)
        if (takes_part(heading, &spread->merges[spread->next]))
            open_merge(spread, &spread->merges[spread->next], row);
    for (uint32_t column = 0; column < TABLE_COLUMNS; column++) {
        struct table_spread_text *text = &spread->open[column];
        open |= text->text && row->row <= text->last_row;
    }
    return open ? with_texts(spread, row) : row;
}
