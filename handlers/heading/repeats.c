/* Rows below a heading that are headings themselves. These are asked for each row of a file. */
#include "base/utf8.h"
#include "handlers/heading/head.h"
#include "handlers/values/words.h"

#include <string.h>

/* The longest label with its hints has fewer bytes. */
enum { LONGEST = 200 };

/* Is the text a number, or does it at least begin as one? Most rows have such a cell. */
static bool is_numeral(const struct cell_span *text)
{
    bool digit = false;

    for (size_t i = 0; i < text->n; i++) {
        unsigned char c = (unsigned char)text->s[i];
        if (c >= '0' && c <= '9')
            digit = true;
        else if (!strchr(" .,-+>%'", c) && c != 0xC2 && c != 0xA0 && c != 0xE2 && c != 0x80 && c != 0xAF)
            return false;
    }
    return digit;
}

static bool has_numeral(const struct grid_row *row)
{
    for (uint32_t i = 0; i < row->n_cells; i++) {
        if (row->cells[i].kind != GRID_TEXT)
            return true;
        struct cell_span text = cell_span(&row->cells[i]);
        if (is_numeral(&text))
            return true;
    }
    return false;
}

/* Does a label of the sorted table begin with these bytes? `size` = bytes of one entry. */
static bool begins_one(const char *word, size_t n, const void *table, size_t count, size_t size)
{
    const char *base = table;
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const char *const *entry = (const char *const *)(const void *)(base + middle * size);
        int order = strncmp(*entry, word, n);
        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

/* Could the text be a label, or a list of labels? One of its parts must begin with the first word of one. Most names
 * of goods do not; that is cheaper to see than to read them. */
static bool may_be_field(enum table_kind kind, const struct cell_span *text)
{
    char label[LONGEST + 1];
    size_t n = label_normalise(text->s, text->n, label, sizeof label);

    for (size_t i = 0; i < n;) {
        size_t word = strcspn(label + i, " ,/()[];");
        if (word > 0 && (begins_one(label + i, word, label_synonyms, label_synonyms_count, sizeof *label_synonyms) ||
                         begins_one(label + i, word, label_closings, label_closings_count, sizeof *label_closings) ||
                         (kind == TABLE_PRICES &&
                          begins_one(label + i, word, price_synonyms, price_synonyms_count, sizeof *price_synonyms))))
            return true;
        i += strcspn(label + i, ",/()[];");
        i += strspn(label + i, " ,/()[];");
    }
    return false;
}

static bool is_field_label(enum table_kind kind, const struct cell_span *text)
{
    struct label label;

    if (text->n == 0 || text->n > LONGEST || !may_be_field(kind, text))
        return false;
    if (kind == TABLE_PRICES)
        label_read_price(text->s, text->n, &label);
    else
        label_read(text->s, text->n, &label);
    return (label.field != FIELD_NONE || label.closing) && !label.stock && !label.hint;
}

bool table_row_labels(enum table_kind kind, const struct grid_row *row)
{
    unsigned labels = 0, texts = 0;

    for (uint32_t i = 0; i < row->n_cells; i++)
        texts += row->cells[i].kind == GRID_TEXT;
    if (texts < 2 || has_numeral(row))
        return false;
    for (uint32_t i = 0; i < row->n_cells && row->cells[i].column < TABLE_COLUMNS && labels < 2; i++) {
        struct cell_span text = cell_span(&row->cells[i]);
        labels += is_field_label(kind, &text);
    }
    return labels >= 2;
}

/* Most cells differ from the label in the first letter; then the whole text need not be normalised. */
static bool may_be_label(struct cell_span words, const char *label)
{
    size_t len;
    uint32_t first = utf8_lower(utf8_decode(words.s, words.n, &len)),
             own = utf8_lower(utf8_decode(label, strlen(label), &len));
    bool letter = (first >= 'a' && first <= 'z') || (first >= 0x430 && first <= 0x44f);

    return !letter || first == own;
}

static bool repeats_label(const struct table_heading *heading, const struct grid_cell *cell)
{
    char label[LABEL_BYTES * 2];
    bool ready = false;
    struct cell_span words = cell_words(cell);

    for (unsigned i = 0; i <= TABLE_HEADING_MAX && words.n > 0 && words.n < sizeof label; i++) {
        const char *own = arena_text(&heading->text, heading->at[cell->column].label[i]);
        if (*own == '\0' || !may_be_label(words, own))
            continue;
        if (!ready)
            label_normalise(words.s, words.n, label, sizeof label);
        ready = true;
        if (strcmp(label, own) == 0)
            return true;
    }
    return false;
}

bool table_row_repeats(const struct table_heading *heading, const struct grid_row *row)
{
    unsigned repeated = 0;

    for (uint32_t i = 0; i < row->n_cells; i++) {
        const struct grid_cell *cell = &row->cells[i];
        if (cell_empty(cell))
            continue;
        if (cell->column >= TABLE_COLUMNS || !repeats_label(heading, cell))
            return false;
        repeated++;
    }
    return repeated > 0;
}
