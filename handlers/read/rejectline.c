/* Lines of rejects.csv. */
#include "handlers/read/rejectline.h"

#include "base/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOO_LONG "The row is too long to be written here: put it right in the file itself."

void reject_lines_fini(struct reject_lines *lines)
{
    struct bytes *texts[] = {&lines->sheet, &lines->cells,    &lines->fields,
                             &lines->codes, &lines->messages, &lines->suggestions};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        bytes_free(texts[i]);
    for (uint32_t i = 0; i < lines->n_headings; i++)
        free(lines->heading[i]);
    free(lines->heading);
}

/* ---- Texts ----------------------------------------------------------------------------------------------------- */

/* Adds to a list; `text` may be NULL or empty. */
static void join(struct bytes *list, const char *between, const char *text)
{
    size_t gap = list->len ? strlen(between) : 0, n = text ? strlen(text) : 0;
    if (n == 0)
        return;
    bytes_reserve(list, gap + n + 1);
    memcpy(list->data + list->len, between, gap);
    memcpy(list->data + list->len + gap, text, n + 1);
    list->len += gap + n;
}

static const char *text_of(const struct bytes *list)
{
    return list->len ? list->data : "";
}

static yajl_val parse(const char *json)
{
    char why[80];
    return json_parse(json, strlen(json), 3, why, sizeof why);
}

static unsigned length_of(yajl_val list)
{
    return YAJL_IS_ARRAY(list) ? (unsigned)list->u.array.len : 0;
}

static yajl_val item(yajl_val list, unsigned i)
{
    return YAJL_IS_ARRAY(list) && i < list->u.array.len ? list->u.array.values[i] : NULL;
}

/* ---- Spoiled cells --------------------------------------------------------------------------------------------- */

/* "A" = 1, "AB" = 28; 0 for anything else. */
static unsigned column_number(const char *letters)
{
    unsigned number = 0;
    for (; letters && *letters; letters++) {
        if (*letters < 'A' || *letters > 'Z' || number > 1000)
            return 0;
        number = number * 26 + (unsigned)(*letters - 'A') + 1;
    }
    return number;
}

static void note_spoiled(struct reject_lines *lines, const struct reject_fault *fault)
{
    static const char *const codes[] = {"E_PN_SCI", "E_PN_MANGLED", "E_ENCODING"};
    unsigned column = column_number(fault->column), at = 0;
    bool spoils = false;
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        spoils = spoils || strcmp(fault->code, codes[i]) == 0;
    while (at < REJECT_SPOILED && lines->spoiled[at])
        at++;
    if (spoils && column && at < REJECT_SPOILED)
        lines->spoiled[at] = column;
}

static bool is_day(const char *text)
{
    static const char form[] = "0000-00-00";
    for (size_t i = 0; form[i]; i++)
        if (form[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
            return false;
    return true;
}

/* Would the importer take the cell, now a text, for what it was before? */
static bool is_spoiled(const struct reject_lines *lines, unsigned column, yajl_val cell)
{
    bool named = false;
    for (unsigned i = 0; i < REJECT_SPOILED; i++)
        named = named || lines->spoiled[i] == column + 1;
    if (!named || YAJL_IS_NUMBER(cell))
        return named;
    const char *text = YAJL_GET_STRING(cell);
    return text && (is_day(text) || strstr(text, "\uFFFD"));
}

/* ---- Records --------------------------------------------------------------------------------------------------- */

/* The file's part of a record: `list` may be shorter than the table is wide. `row`: it is one, not a heading. */
static void put_columns(struct reject_lines *lines, yajl_val list, bool row)
{
    for (unsigned i = 0; i < lines->width; i++) {
        yajl_val cell = item(list, i);
        if (row && is_spoiled(lines, i, cell))
            csv_out_cell(&lines->csv, "");
        else if (YAJL_IS_NUMBER(cell))
            csv_out_number(&lines->csv, YAJL_GET_NUMBER(cell));
        else
            csv_out_cell(&lines->csv, YAJL_IS_STRING(cell) ? YAJL_GET_STRING(cell) : "");
    }
}

static void put_names(struct reject_lines *lines)
{
    static const char *const names[] = {"#sheet", "#row", "#field", "#code", "#message", "#suggestions"};
    for (size_t i = lines->sheets ? 0 : 1; i < sizeof names / sizeof names[0]; i++)
        csv_out_text(&lines->csv, names[i]);
}

/* The lower rows of a heading end with the file's columns: what stands over the faults is said once. */
static void put_heading(struct reject_lines *lines, uint32_t number)
{
    yajl_val rows = number && number <= lines->n_headings ? parse(lines->heading[number - 1]) : NULL;
    unsigned n = length_of(rows);
    lines->begun = true;
    lines->above = number;
    for (unsigned i = 0; lines->csv.options.header && i < (n ? n : 1); i++) {
        put_columns(lines, item(rows, i), false);
        if (i == 0)
            put_names(lines);
        csv_out_end(&lines->csv);
    }
    yajl_tree_free(rows);
}

/* Sheets often have the same captions. */
static bool same_heading(const struct reject_lines *lines, uint32_t a, uint32_t b)
{
    if (a == b || a == 0 || b == 0 || a > lines->n_headings || b > lines->n_headings)
        return a == b;
    return strcmp(lines->heading[a - 1], lines->heading[b - 1]) == 0;
}

/* What concerns the whole file stands below whatever heading there is. */
static void put_heading_of_row(struct reject_lines *lines)
{
    uint32_t number = lines->row_heading;
    if (!lines->begun && (number == 0 || lines->row == 0))
        put_heading(lines, lines->n_headings ? 1 : 0);
    else if (lines->row > 0 && number > 0 && (!lines->begun || !same_heading(lines, number, lines->above)))
        put_heading(lines, number);
}

static void put_row(struct reject_lines *lines)
{
    char row[24];
    yajl_val cells = lines->cells.len ? parse(lines->cells.data) : NULL;
    if (lines->cells.len && length_of(cells) == 0)
        join(&lines->messages, " ", TOO_LONG);
    put_heading_of_row(lines);
    put_columns(lines, cells, true);
    if (lines->sheets)
        csv_out_text(&lines->csv, text_of(&lines->sheet));
    snprintf(row, sizeof row, "%" PRIu64, lines->row);
    csv_out_text(&lines->csv, row);
    csv_out_text(&lines->csv, text_of(&lines->fields));
    csv_out_text(&lines->csv, text_of(&lines->codes));
    csv_out_text(&lines->csv, text_of(&lines->messages));
    csv_out_text(&lines->csv, text_of(&lines->suggestions));
    csv_out_end(&lines->csv);
    yajl_tree_free(cells);
    lines->open = false;
}

/* ---- Faults ---------------------------------------------------------------------------------------------------- */

void reject_lines_heading(struct reject_lines *lines, const char *captions)
{
    char **list = realloc(lines->heading, (lines->n_headings + 1) * sizeof *list);
    char *copy = strdup(captions);
    if (!list || !copy)
        abort();
    lines->heading = list;
    lines->heading[lines->n_headings++] = copy;
    yajl_val rows = parse(captions);
    for (unsigned i = 0; i < length_of(rows); i++)
        if (length_of(item(rows, i)) > lines->width)
            lines->width = length_of(item(rows, i));
    yajl_tree_free(rows);
}

/* Each issue of the whole file has a line of its own. */
static bool goes_on(const struct reject_lines *lines, const struct reject_fault *fault)
{
    return lines->open && fault->row > 0 && !fault->cells && fault->row == lines->row &&
           fault->heading == lines->row_heading &&
           strcmp(text_of(&lines->sheet), fault->sheet ? fault->sheet : "") == 0;
}

static void open_row(struct reject_lines *lines, const struct reject_fault *fault)
{
    struct bytes *texts[] = {&lines->sheet, &lines->cells,    &lines->fields,
                             &lines->codes, &lines->messages, &lines->suggestions};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        texts[i]->len = 0;
    memset(lines->spoiled, 0, sizeof lines->spoiled);
    lines->open = true;
    lines->row = fault->row;
    lines->row_heading = fault->heading;
    join(&lines->sheet, "", fault->sheet);
    join(&lines->cells, "", fault->cells);
}

void reject_lines_add(struct reject_lines *lines, const struct reject_fault *fault)
{
    if (!goes_on(lines, fault)) {
        if (lines->open)
            put_row(lines);
        open_row(lines, fault);
    }
    note_spoiled(lines, fault);
    join(&lines->fields, " ", fault->field);
    join(&lines->codes, " ", fault->code);
    join(&lines->messages, " ", fault->message);
    if (!fault->suggestion || !strstr(text_of(&lines->suggestions), fault->suggestion))
        join(&lines->suggestions, " | ", fault->suggestion);
}

void reject_lines_end(struct reject_lines *lines)
{
    if (lines->open)
        put_row(lines);
    if (!lines->begun)
        put_heading(lines, lines->n_headings ? 1 : 0);
}
