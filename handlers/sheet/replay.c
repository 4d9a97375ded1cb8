/* The runner's end of the wire. A hostile file may have taken the parser over. Therefore this end trusts nothing that
 * it receives: no length, no order, no text. */
#include "handlers/sheet/wire.h"

#include "base/bytes.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "handlers/sheet/wire_frame.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
    ALIVE_MS = 200,
    NAME_MAX_BYTES = 4096,
    SHEETS_MAX = 65536 /* more parts than an archive may have */
};

struct replay {
    int fd;
    const struct gridwire_bounds *bounds;
    const struct grid_sink *sink;
    bool (*alive)(void *);
    void *alive_ctx;
    struct sheet_error *err;
    unsigned char *payload;
    size_t cap;
    struct grid_cell *cells;
    uint64_t rows, text; /* so far */
    uint32_t sheets;
    bool open, skipped; /* inside a sheet; its rows are dropped */
    bool remarked;
};

/* A payload that is being read: `ok` becomes false at the first field that is missing. */
struct cursor {
    const unsigned char *p, *end;
    bool ok;
};

static const unsigned char *bytes_at(struct cursor *c, size_t n)
{
    static const unsigned char zeros[16];

    if ((size_t)(c->end - c->p) < n) {
        c->ok = false;
        return n <= sizeof zeros ? zeros : NULL;
    }
    c->p += n;
    return c->p - n;
}

static int died(struct replay *r, const char *how)
{
    return sheet_refuse(r->err, "parser-died", "the reading of the file %s", how);
}

static int garbled(struct replay *r, const char *how)
{
    return sheet_refuse(r->err, "parser-garbled",
                        "The file is refused: it made its reader %s. Save it again from the program it comes from.",
                        how);
}

static int wait_readable(struct replay *r)
{
    for (int64_t end = clock_mono_ms() + r->bounds->silence_ms;;) {
        if (r->alive && !r->alive(r->alive_ctx))
            return sheet_refuse(r->err, "stopped", "The reading was stopped.");
        struct pollfd p = {.fd = r->fd, .events = POLLIN};
        int n = poll(&p, 1, ALIVE_MS);
        if (n > 0)
            return 0;
        if (n < 0 && errno != EINTR)
            return sheet_refuse(r->err, "io", "The connection to the parser failed: %s.", strerror(errno));
        if (clock_mono_ms() >= end)
            return died(r, "made no progress");
    }
}

static int read_exactly(struct replay *r, unsigned char *to, size_t n)
{
    while (n > 0) {
        int rc = wait_readable(r);
        if (rc < 0)
            return rc;
        ssize_t got = read(r->fd, to, n);
        if (got < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (got <= 0)
            return died(r, "broke off");
        to += got;
        n -= (size_t)got;
    }
    return 0;
}

/* ---- Rows ------------------------------------------------------------------------------------------------------- */

static bool made_of(const char *text, size_t n, const char *alphabet)
{
    for (size_t i = 0; i < n; i++)
        if (text[i] == 0 || !strchr(alphabet, text[i]))
            return false;
    return n < 64;
}

static bool text_valid(const struct grid_cell *cell)
{
    switch (cell->kind) {
    case GRID_NUMBER:
        return made_of(cell->text, cell->len, "0123456789.-+eE");
    case GRID_DATE:
        return made_of(cell->text, cell->len, "0123456789.-:T");
    case GRID_BOOL:
        return (cell->len == 4 && memcmp(cell->text, "true", 4) == 0) ||
               (cell->len == 5 && memcmp(cell->text, "false", 5) == 0);
    case GRID_TEXT:
    case GRID_ERROR:
        return utf8_valid(cell->text, cell->len);
    case GRID_FORMULA:
        return cell->len == 0;
    default:
        return false;
    }
}

static bool read_cell(struct cursor *c, struct grid_cell *cell)
{
    const unsigned char *p = bytes_at(c, CELL_HEAD);

    *cell = (struct grid_cell){.column = get16(p),
                               .kind = p[2],
                               .zero_pad = p[3],
                               .percent = p[4] & 1,
                               .currency = p[4] >> 1,
                               .len = get32(p + 5)};
    bool empty = cell->len == 0 && cell->kind != GRID_FORMULA;
    if (!c->ok || empty || cell->len > GRID_MAX_TEXT || cell->column >= GRID_MAX_COLUMN ||
        cell->currency >= GRID_CURRENCIES)
        return false;
    const unsigned char *text = bytes_at(c, cell->len);
    if (!c->ok)
        return false;
    cell->text = (const char *)text;
    return text_valid(cell);
}

static bool read_row(struct cursor *c, struct grid_cell *cells, struct grid_row *row)
{
    const unsigned char *p = bytes_at(c, ROW_HEAD);

    *row = (struct grid_row){.row = get32(p),
                             .outline = p[4],
                             .hidden = p[5] != 0,
                             .grid = get16(p + 8),
                             .uncalculated = get16(p + 10),
                             .n_cells = get16(p + 6),
                             .cells = cells};
    if (!c->ok || row->row >= GRID_MAX_ROW || row->n_cells > GRID_MAX_COLUMN || p[5] > 1)
        return false;
    for (uint32_t i = 0; i < row->n_cells; i++)
        if (!read_cell(c, &cells[i]) || (i > 0 && cells[i].column <= cells[i - 1].column))
            return false;
    return true;
}

static uint64_t text_of(const struct grid_row *row)
{
    uint64_t n = 0;

    for (uint32_t i = 0; i < row->n_cells; i++)
        n += row->cells[i].len;
    return n;
}

static int on_rows(struct replay *r, struct cursor *c)
{
    if (!r->open || c->p == c->end)
        return garbled(r, "send rows outside of a sheet, or none");
    while (c->p < c->end) {
        struct grid_row row;
        if (!read_row(c, r->cells, &row))
            return garbled(r, "send a damaged row");
        r->text += text_of(&row);
        if (++r->rows > r->bounds->max_rows || r->text > r->bounds->max_text)
            return garbled(r, "exceed its limits");
        int rc = r->skipped ? 0 : r->sink->row(r->sink->ctx, &row);
        if (rc != 0)
            return rc;
    }
    return 0;
}

/* ---- Sheets ----------------------------------------------------------------------------------------------------- */

static bool read_merge(struct cursor *c, struct grid_merge *m)
{
    const unsigned char *p = bytes_at(c, MERGE_SIZE);

    *m = (struct grid_merge){get32(p), get32(p + 4), get32(p + 8), get32(p + 12)};
    return c->ok && m->row <= m->last_row && m->column <= m->last_column && m->last_row < GRID_MAX_ROW &&
           m->last_column < GRID_MAX_COLUMN;
}

/* Names and sentences end at a zero byte; texts of cells may contain one. */
static bool is_name(const unsigned char *p, size_t n)
{
    return !memchr(p, 0, n) && utf8_valid((const char *)p, n);
}

static bool read_name(struct cursor *c, uint32_t n, char *name)
{
    if (!c->ok || n >= NAME_MAX_BYTES)
        return false;
    const unsigned char *p = bytes_at(c, n);
    if (!c->ok || !is_name(p, n))
        return false;
    memcpy(name, p, n);
    name[n] = 0;
    return true;
}

static bool is_before(const struct grid_merge *a, const struct grid_merge *b)
{
    return a->row < b->row || (a->row == b->row && a->column < b->column);
}

static bool read_merges(struct cursor *c, struct grid_sheet *sheet, struct grid_merge *merges)
{
    sheet->merges = merges;
    for (uint32_t i = 0; i < sheet->n_merges; i++)
        if (!read_merge(c, &merges[i]) || (i > 0 && is_before(&merges[i], &merges[i - 1])))
            return false;
    return true;
}

static bool read_grid(struct cursor *c, struct grid_columns *grid, uint32_t *right)
{
    *grid = (struct grid_columns){.n = get32(bytes_at(c, 4)), .right = right};
    if (!c->ok || grid->n > GRID_HEAD_COLUMNS)
        return false;
    for (uint32_t i = 0; i < grid->n; i++) {
        right[i] = get32(bytes_at(c, 4));
        if (!c->ok || (i > 0 && right[i] < right[i - 1]))
            return false;
    }
    return true;
}

/* Reads the last part of the frame. The caller frees `right` and `grids`, whatever is returned. */
static bool read_grids(struct cursor *c, struct grid_sheet *sheet, struct grid_columns **grids, uint32_t **right)
{
    sheet->n_grids = get32(bytes_at(c, 4));
    if (!c->ok || sheet->n_grids > GRID_MAX_GRIDS)
        return false;
    sheet->grids = *grids = xalloc(sheet->n_grids * sizeof **grids);
    *right = xalloc((size_t)(c->end - c->p));
    uint32_t *at = *right;
    for (uint32_t i = 0; i < sheet->n_grids; at += (*grids)[i++].n)
        if (!read_grid(c, &(*grids)[i], at))
            return false;
    return c->p == c->end;
}

static int tell_sheet(struct replay *r, struct grid_sheet *sheet, struct cursor *c)
{
    struct grid_merge *merges = xalloc(sheet->n_merges * sizeof *merges);
    struct grid_columns *grids = NULL;
    uint32_t *right = NULL;
    bool whole = read_merges(c, sheet, merges) && read_grids(c, sheet, &grids, &right);
    int rc = whole ? r->sink->sheet(r->sink->ctx, sheet) : garbled(r, "send a damaged sheet");

    free(right);
    free(grids);
    free(merges);
    r->open = true;
    r->skipped = rc == GRID_SKIP_SHEET;
    return r->skipped ? 0 : rc;
}

static int on_sheet(struct replay *r, struct cursor *c)
{
    char name[NAME_MAX_BYTES];
    const unsigned char *p = bytes_at(c, 9);
    struct grid_sheet sheet = {.index = get32(p),
                               .name = name,
                               .hidden = (p[4] & SHEET_HIDDEN) != 0,
                               .summary_below = (p[4] & SHEET_SUMMARY_BELOW) != 0,
                               .date1904 = (p[4] & SHEET_DATE1904) != 0,
                               .separator = SHEET_SEPARATORS[p[4] / SHEET_SEPARATOR & 3]};

    if (r->open || r->sheets == SHEETS_MAX || sheet.index != r->sheets++ || !read_name(c, get32(p + 5), name))
        return garbled(r, "send a damaged sheet");
    sheet.n_merges = get32(bytes_at(c, 4));
    if (!c->ok || sheet.n_merges > GRID_MAX_MERGES || (size_t)(c->end - c->p) < (size_t)sheet.n_merges * MERGE_SIZE)
        return garbled(r, "send a damaged sheet");
    return tell_sheet(r, &sheet, c);
}

static bool all_rows_came(struct replay *r, struct cursor *c)
{
    uint64_t rows = get64(bytes_at(c, 8));

    return c->ok && c->p == c->end && rows == r->rows;
}

/* The sink may use this sheet and want no other. Therefore its rows are counted here, not only at the end. */
static int on_sheet_end(struct replay *r, struct cursor *c)
{
    if (!r->open || !all_rows_came(r, c))
        return garbled(r, "lose rows");
    r->open = false;
    return r->skipped ? 0 : r->sink->sheet_end(r->sink->ctx);
}

/* ---- The end ---------------------------------------------------------------------------------------------------- */

static int on_end(struct replay *r, struct cursor *c)
{
    if (r->open || !all_rows_came(r, c))
        return garbled(r, "lose rows");
    return GRID_STOP;
}

static bool read_short(struct cursor *c, char *to, size_t size)
{
    size_t n = bytes_at(c, 1)[0];

    if (!c->ok || n >= size)
        return false;
    const unsigned char *p = bytes_at(c, n);
    if (!c->ok || !is_name(p, n))
        return false;
    memcpy(to, p, n);
    to[n] = 0;
    return true;
}

/* Classes that only this end may give: with "stopped" a file could have itself read again for ever. */
static bool is_reserved(const char *cls)
{
    return strcmp(cls, "stopped") == 0 || strncmp(cls, "parser-", 7) == 0;
}

static bool is_class(const char *cls)
{
    return cls[0] != 0 && strspn(cls, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(cls) && !is_reserved(cls);
}

/* Is it one line, without control codes for terminals? */
static bool is_sentence(const char *text)
{
    for (; *text != 0; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return false;
    return true;
}

static int on_refused(struct replay *r, struct cursor *c)
{
    struct sheet_error err = {.offset = get64(bytes_at(c, 8))};

    if (!read_short(c, err.cls, sizeof err.cls) || !read_short(c, err.text, sizeof err.text) || c->p != c->end ||
        !is_class(err.cls) || !is_sentence(err.text))
        return garbled(r, "send a damaged refusal");
    *r->err = err;
    return -1;
}

static int on_remark(struct replay *r, struct cursor *c)
{
    char text[REMARK_MAX + 1];

    if (r->sheets > 0 || r->remarked || !read_short(c, text, sizeof text) || c->p != c->end || !is_sentence(text))
        return garbled(r, "send a damaged remark");
    r->remarked = true;
    if (r->sink->remark)
        r->sink->remark(r->sink->ctx, text);
    return 0;
}

static int dispatch(struct replay *r, unsigned kind, size_t n)
{
    struct cursor c = {r->payload, r->payload + n, true};

    switch (kind) {
    case FRAME_SHEET:
        return on_sheet(r, &c);
    case FRAME_ROWS:
        return on_rows(r, &c);
    case FRAME_SHEET_END:
        return on_sheet_end(r, &c);
    case FRAME_END:
        return on_end(r, &c);
    case FRAME_REFUSED:
        return on_refused(r, &c);
    case FRAME_REMARK:
        return on_remark(r, &c);
    default:
        return garbled(r, "send nonsense");
    }
}

/* Reads one frame. The payload's buffer grows while bytes arrive, up to the limit of a frame. */
static int replay_frame(struct replay *r)
{
    unsigned char head[FRAME_HEAD];
    int rc = read_exactly(r, head, sizeof head);

    if (rc < 0)
        return rc;
    uint32_t n = get32(head);
    if (n > FRAME_MAX)
        return garbled(r, "send more than a row can hold");
    if (n > r->cap) {
        free(r->payload);
        r->payload = xalloc(n);
        r->cap = n;
    }
    rc = read_exactly(r, r->payload, n);
    return rc < 0 ? rc : dispatch(r, head[4], n);
}

int gridwire_replay(int fd, const struct gridwire_bounds *bounds, const struct grid_sink *sink, bool (*alive)(void *),
                    void *alive_ctx, struct sheet_error *err)
{
    *err = (struct sheet_error){0};
    struct replay r = {.fd = fd, .bounds = bounds, .sink = sink, .alive = alive, .alive_ctx = alive_ctx, .err = err};
    r.cap = (size_t)FRAME_BATCH * 2;
    r.payload = xalloc(r.cap);
    r.cells = xalloc(GRID_MAX_COLUMN * sizeof *r.cells);
    int rc = 0;
    while (rc == 0)
        rc = replay_frame(&r);
    free(r.cells);
    free(r.payload);
    return rc == GRID_STOP ? 0 : rc;
}
