/* Issues of an import, in memory. */
#include "handlers/run/issues.h"

#include "base/grow.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

#define RAW_CHARACTERS     255
#define CAPTION_CHARACTERS 255

void issues_fini(struct issues *issues)
{
    arena_fini(&issues->text);
    free(issues->list);
    free(issues->heading);
    free(issues->sheet);
    memset(issues, 0, sizeof *issues);
}

/* ---- Texts ----------------------------------------------------------------------------------------------------- */

static uint32_t keep_text(struct issues *issues, const char *text, size_t n)
{
    if (issues->text.used == 0)
        arena_add(&issues->text, "", 0);
    return n ? arena_add(&issues->text, text, n) : 0;
}

/* At most `characters` of valid UTF-8. */
static uint32_t keep_cut(struct issues *issues, const char *text, size_t n, size_t characters)
{
    char clean[RAW_CHARACTERS * 4];
    size_t used = 0;
    if (n <= characters && utf8_valid(text, n)) /* the ordinary case */
        return keep_text(issues, text, n);
    for (size_t i = 0, len; i < n && characters > 0; i += len, characters--) {
        uint32_t cp = utf8_decode(text + i, n - i, &len);
        used += utf8_encode(cp == UTF8_BAD ? 0xfffd : cp, clean + used);
    }
    return keep_text(issues, clean, used);
}

static uint32_t keep_string(struct issues *issues, const char *text, size_t characters)
{
    return text ? keep_cut(issues, text, strlen(text), characters) : 0;
}

/* ---- Sheets and headings --------------------------------------------------------------------------------------- */

static uint32_t sheet_number(struct issues *issues, const char *name)
{
    for (uint32_t i = issues->n_sheets; i-- > 0;)
        if (strcmp(arena_text(&issues->text, issues->sheet[i]), name) == 0)
            return i;
    issues->sheet = grow(issues->sheet, &issues->room_sheets, issues->n_sheets + 1, sizeof *issues->sheet);
    issues->sheet[issues->n_sheets] = keep_text(issues, name, strlen(name));
    return issues->n_sheets++;
}

uint32_t issues_heading(struct issues *issues, const char *sheet, const char *captions, size_t n)
{
    uint32_t number = sheet_number(issues, sheet ? sheet : "");
    for (uint32_t i = issues->n_headings; i-- > 0;) {
        const char *own = arena_text(&issues->text, issues->heading[i].captions);
        if (issues->heading[i].sheet == number && strlen(own) == n && memcmp(own, captions, n) == 0)
            return i + 1;
    }
    if (issues->n_headings == ISSUES_HEADINGS || issues->cells + n > ISSUES_CELLS)
        return 0;
    issues->cells += n;
    issues->heading = grow(issues->heading, &issues->room_headings, issues->n_headings + 1, sizeof *issues->heading);
    issues->heading[issues->n_headings] = (struct issue_heading){number, keep_text(issues, captions, n)};
    return ++issues->n_headings;
}

/* ---- Issues ---------------------------------------------------------------------------------------------------- */

static bool is_row_of(const struct issues *issues, const struct issue *issue, const struct issue_at *at)
{
    return at->row != ARENA_NONE && issue->row == at->row && issue->heading == at->heading &&
           strcmp(arena_text(&issues->text, issues->sheet[issue->sheet]), at->sheet ? at->sheet : "") == 0;
}

bool issues_has_row(const struct issues *issues, const struct issue_at *at)
{
    return issues->n > 0 && issues->list[issues->n - 1].cells && is_row_of(issues, &issues->list[issues->n - 1], at);
}

static uint32_t keep_cells(struct issues *issues, const struct issue_at *at)
{
    if (issues_has_row(issues, at))
        return issues->list[issues->n - 1].cells;
    if (at->cells_n == 0)
        return 0;
    if (issues->cells + at->cells_n > ISSUES_CELLS)
        return keep_text(issues, ISSUES_TOO_LONG, strlen(ISSUES_TOO_LONG));
    issues->cells += at->cells_n;
    return keep_text(issues, at->cells, at->cells_n);
}

void issues_keep(struct issues *issues, bool error, uint8_t code, const char *code_name, const char *field,
                 const char *message, const struct issue_at *at)
{
    struct issue issue = {.row = at->row,
                          .column = at->column,
                          .heading = at->heading,
                          .turn = issues->n,
                          .error = error,
                          .code = code,
                          .code_name = code_name,
                          .field = field};
    issue.sheet = sheet_number(issues, at->sheet ? at->sheet : "");
    issue.message = keep_string(issues, message, ISSUES_MESSAGE);
    issue.caption = keep_string(issues, at->caption, CAPTION_CHARACTERS);
    issue.cells = keep_cells(issues, at);
    issue.raw = keep_cut(issues, at->raw, at->raw_n, RAW_CHARACTERS);
    issue.pn = keep_string(issues, at->pn_norm, 64);
    issue.suggestion = keep_string(issues, at->suggestion, 255);
    issue.args = at->args ? keep_text(issues, at->args, strlen(at->args)) : 0;
    issues->list = grow(issues->list, &issues->room, issues->n + 1, sizeof issue);
    issues->list[issues->n++] = issue;
    *(error ? &issues->n_errors : &issues->n_warnings) += 1;
    issues->sorted = false;
}

/* ARENA_NONE + 1 is 0: what concerns the whole file comes first. */
static int by_place(const void *left, const void *right)
{
    const struct issue *a = left, *b = right;
    uint32_t row_a = a->row + 1, row_b = b->row + 1;
    if ((row_a == 0) != (row_b == 0))
        return row_a == 0 ? -1 : 1;
    if (a->sheet != b->sheet)
        return a->sheet < b->sheet ? -1 : 1;
    if (row_a != row_b)
        return row_a < row_b ? -1 : 1;
    return a->turn < b->turn ? -1 : a->turn > b->turn;
}

void issues_sort(struct issues *issues)
{
    if (!issues->sorted && issues->n > 0)
        qsort(issues->list, issues->n, sizeof *issues->list, by_place);
    issues->sorted = true;
}
