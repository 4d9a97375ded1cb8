/* The heading of a catalogue file as people are shown it: columns of the table are its fields, numbered from 1. */
#include "handlers/catalog/file.h"
#include "handlers/heading/head.h"

#include <stdlib.h>
#include <string.h>

_Static_assert(CATALOG_COLUMNS < FIELD_COUNT, "every column of a table has a number among the fields");

static enum table_unread why_unread(uint8_t why)
{
    return why == COLUMN_UNKNOWN ? UNREAD_UNKNOWN : why == COLUMN_LOST ? UNREAD_LOST : READ_OK;
}

static bool has_controls(const char *text)
{
    while (*text && (unsigned char)*text >= 0x20)
        text++;
    return *text != '\0';
}

/* How many columns have this caption. */
static unsigned count_caption(const struct catalog_head *head, const char *label)
{
    char other[LABEL_BYTES];
    unsigned n = 0;
    for (uint32_t i = 0; i < head->width; i++) {
        label_normalise(head->caption[i], strlen(head->caption[i]), other, sizeof other);
        n += head->caption[i][0] && strcmp(other, label) == 0;
    }
    return n;
}

/* What the parameter `columns` may say of the column: its caption, or its letter where that says more than the caption.
 * NULL: neither leads to it. */
static const char *proposed(const struct catalog_head *head, uint32_t column, char letter[4])
{
    const char *caption = head->caption[column];
    char label[LABEL_BYTES];
    label_normalise(caption, strlen(caption), label, sizeof label);
    if (count_caption(head, label) == 1 && !has_controls(caption) && strlen(caption) + 4 < sizeof head->caption[0])
        return caption;
    table_column_letter(column, letter);
    label_normalise(letter, strlen(letter), label, sizeof label);
    return count_caption(head, label) == 0 ? letter : NULL;
}

static void take_column(struct table_heading *heading, const struct catalog_head *head, uint32_t i)
{
    struct table_column *column = &heading->at[i];
    int at = head->column_at[i], says = head->says[i];
    char letter[4];
    if (head->caption[i][0] == '\0')
        return;
    column->caption = arena_add(&heading->text, head->caption[i], strlen(head->caption[i]));
    column->why = (uint8_t)why_unread(head->why[i]);
    column->says = (uint8_t)(says + 1);
    column->field = (uint8_t)(at + 1);
    column->chosen = at >= 0 && head->chosen[at];
    column->rival = says >= 0 && head->twice == says && (at >= 0 || head->rival == i);
    if (at < 0)
        return;
    heading->column[at + 1] = i;
    const char *value = column->rival ? NULL : proposed(head, i, letter);
    if (value)
        heading->proposal[at + 1] = arena_add(&heading->text, value, strlen(value));
}

void catalog_view_begin(struct catalog_file *file, const struct catalog_head *head, bool whole)
{
    struct table_head_input input = {.rows = (const struct grid_row *const *)file->first, .n_rows = file->n_first};
    struct table_heading *heading = calloc(1, sizeof *heading);
    if (!heading)
        abort();
    arena_add(&heading->text, "", 0); /* offset 0 means none */
    heading->row = head->row;
    heading->rows = head->known > 0;
    for (unsigned i = 0; i < FIELD_COUNT; i++)
        heading->column[i] = ARENA_NONE;
    for (uint32_t i = 0; i < TABLE_COLUMNS && head->known > 0; i++)
        take_column(heading, head, i);
    table_views_begin(&file->views, file->sheets.n - 1, &input, whole ? HEAD_FOUND : HEAD_NONE, heading);
    table_heading_fini(heading);
    free(heading);
    for (uint32_t i = 0; i < file->n_first; i++)
        free(file->first[i]);
    file->n_first = 0;
}

static const char *column_name(const void *ctx, unsigned field)
{
    const struct catalog_file *file = ctx;
    return file->table->columns[field - 1].name;
}

struct table_shown catalog_file_shown(const struct catalog_file *file, const char *const *fields)
{
    return (struct table_shown){&file->sheets, &file->views, fields, column_name, file};
}
