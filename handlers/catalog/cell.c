/* Checking one cell of a catalogue file. */
#include "handlers/catalog/table.h"

#include "base/utf8.h"
#include "handlers/pricing/labels.h"

#include <stdio.h>
#include <string.h>

int catalog_row_wrong(struct catalog_row *row, const char *field, const char *code, const char *message)
{
    row->field = field;
    row->code = code;
    row->message = message;
    return -1;
}

static int wrong(struct catalog_row *row, const struct catalog_column *column, const char *code, const char *message)
{
    return catalog_row_wrong(row, column->name, code, message);
}

static bool has_control(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return true;
    return false;
}

static void set(struct catalog_value *out, const char *text, size_t n)
{
    out->null = false;
    out->n = n;
    memcpy(out->text, text, n);
    out->text[n] = '\0';
}

static int read_text(const struct catalog_column *column, const char *text, size_t n, struct catalog_row *row,
                     struct catalog_value *out)
{
    if (utf8_count(text, n) > (size_t)column->max || n >= sizeof out->text)
        return wrong(row, column, "E_TEXT_LONG", "The text is too long.");
    if (column->kind == CELL_CODE && has_control(text, n))
        return wrong(row, column, "E_TEXT", "A code has no line breaks or other control characters.");
    set(out, text, n);
    return 0;
}

static int read_choice(const struct catalog_column *column, const char *text, size_t n, struct catalog_row *row,
                       struct catalog_value *out)
{
    for (size_t i = 0; column->choices[i]; i++)
        if (strlen(column->choices[i]) == n && memcmp(column->choices[i], text, n) == 0) {
            set(out, text, n);
            return 0;
        }
    return wrong(row, column, "E_CHOICE", "This word is not allowed here.");
}

/* Only a decimal point and no grouping, because the file is made by a program. */
static int read_decimal(const struct catalog_column *column, const char *text, size_t n, struct catalog_row *row,
                        struct catalog_value *out)
{
    dec128 value;
    bool lost = false;
    if (n > 40 || dec_parse(text, n, column->scale, &value, &lost) != 0)
        return wrong(row, column, "E_NUMBER", "This is not a number with a decimal point.");
    if (lost)
        return wrong(row, column, "E_NUMBER", "The number has more decimals than are kept.");
    if (value < column->min || value > column->max)
        return wrong(row, column, "E_RANGE", "The number is too small or too large.");
    char plain[48];
    set(out, plain, dec_format(value, column->scale, false, plain, sizeof plain));
    return 0;
}

static int read_bool(const struct catalog_column *column, const char *text, size_t n, struct catalog_row *row,
                     struct catalog_value *out)
{
    static const char *const words[] = {"0", "1", "false", "true", "no", "yes", "нет", "да", "ложь", "истина"};
    char word[24];
    label_normalise(text, n, word, sizeof word); /* spreadsheets write them in capitals */
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i], word) == 0) {
            set(out, i % 2 ? "1" : "0", 1);
            return 0;
        }
    return wrong(row, column, "E_CHOICE", "Write 1 or 0.");
}

static int read_date(const struct catalog_column *column, const char *text, size_t n, struct catalog_row *row,
                     struct catalog_value *out)
{
    struct value_date date;
    char iso[11];
    if (value_date_text(text, n, &date) != 0)
        return wrong(row, column, "E_DATE", "This is not a date; write YYYY-MM-DD.");
    value_date_format(date, iso);
    set(out, iso, 10);
    return 0;
}

static int read_currency(const struct catalog_column *column, const char *text, size_t n, struct catalog_row *row,
                         struct catalog_value *out)
{
    bool letters = n == 3;
    for (size_t i = 0; i < n && letters; i++)
        letters = text[i] >= 'A' && text[i] <= 'Z';
    if (!letters)
        return wrong(row, column, "E_CURRENCY", "Write the currency as three capital letters.");
    set(out, text, n);
    return 0;
}

static int read_empty(const struct catalog_column *column, struct catalog_row *row, struct catalog_value *out)
{
    if (column->required)
        return wrong(row, column, "E_REQUIRED", "This column must have a value.");
    out->null = !column->otherwise;
    set(out, out->null ? "" : column->otherwise, out->null ? 0 : strlen(column->otherwise));
    out->null = !column->otherwise;
    return 0;
}

int catalog_read_cell(const struct catalog_column *column, const char *text, size_t n, struct catalog_row *row,
                      struct catalog_value *out)
{
    utf8_trim(&text, &n);
    if (n == 0)
        return read_empty(column, row, out);
    if (!utf8_valid(text, n))
        return wrong(row, column, "E_ENCODING", "The text is not valid UTF-8.");
    switch (column->kind) {
    case CELL_TEXT:
    case CELL_CODE:
        return read_text(column, text, n, row, out);
    case CELL_CHOICE:
        return read_choice(column, text, n, row, out);
    case CELL_DECIMAL:
    case CELL_INT:
        return read_decimal(column, text, n, row, out);
    case CELL_BOOL:
        return read_bool(column, text, n, row, out);
    case CELL_DATE:
        return read_date(column, text, n, row, out);
    case CELL_CURRENCY:
        return read_currency(column, text, n, row, out);
    }
    return -1;
}
