/* The parser's end of the wire: rows are collected into frames of about 64 KiB. */
#include "handlers/sheet/wire.h"

#include "base/bytes.h"
#include "handlers/sheet/wire_frame.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

struct gridwire_writer {
    int fd;
    struct bytes frame; /* its head is filled in when it is sent */
    enum frame_kind kind;
    uint64_t rows;
};

struct gridwire_writer *gridwire_writer_new(int fd)
{
    struct gridwire_writer *w = xalloc(sizeof *w);

    *w = (struct gridwire_writer){.fd = fd};
    return w;
}

void gridwire_writer_free(struct gridwire_writer **writer)
{
    if (!*writer)
        return;
    bytes_free(&(*writer)->frame);
    free(*writer);
    *writer = NULL;
}

static unsigned char *append(struct bytes *b, size_t n)
{
    bytes_reserve(b, n);
    b->len += n;
    return (unsigned char *)b->data + b->len - n;
}

static volatile sig_atomic_t sending; /* a frame was sent in part */

/* write(2), not send(2): the sandbox of the parser allows no socket calls. The parser ignores SIGPIPE. */
static int write_all(int fd, const char *data, size_t n)
{
    while (n > 0) {
        ssize_t done = write(fd, data, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return -errno;
        data += done;
        n -= (size_t)done;
    }
    return 0;
}

static int flush(struct gridwire_writer *w)
{
    struct bytes *f = &w->frame;

    if (f->len == 0)
        return 0;
    put32((unsigned char *)f->data, (uint32_t)(f->len - FRAME_HEAD));
    f->data[4] = (char)w->kind;
    sending = 1;
    int rc = write_all(w->fd, f->data, f->len);
    sending = 0;
    f->len = 0;
    return rc;
}

static int begin(struct gridwire_writer *w, enum frame_kind kind)
{
    int rc = flush(w);

    w->kind = kind;
    append(&w->frame, FRAME_HEAD);
    return rc;
}

static void add_grids(struct bytes *f, const struct grid_sheet *sheet)
{
    put32(append(f, 4), sheet->n_grids);
    for (uint32_t i = 0; i < sheet->n_grids; i++) {
        const struct grid_columns *grid = &sheet->grids[i];
        put32(append(f, 4), grid->n);
        for (uint32_t k = 0; k < grid->n; k++)
            put32(append(f, 4), grid->right[k]);
    }
}

static unsigned char sheet_flags(const struct grid_sheet *sheet)
{
    static const char separators[] = SHEET_SEPARATORS;
    unsigned separator = 3;

    while (separator > 0 && separators[separator] != sheet->separator)
        separator--;
    return (unsigned char)((sheet->hidden ? SHEET_HIDDEN : 0) | (sheet->date1904 ? SHEET_DATE1904 : 0) |
                           (sheet->summary_below ? SHEET_SUMMARY_BELOW : 0) | SHEET_SEPARATOR * separator);
}

static int on_sheet(void *ctx, const struct grid_sheet *sheet)
{
    struct gridwire_writer *w = ctx;
    size_t name = strlen(sheet->name);
    int rc = begin(w, FRAME_SHEET);
    unsigned char *p = append(&w->frame, 9);

    put32(p, sheet->index);
    p[4] = sheet_flags(sheet);
    put32(p + 5, (uint32_t)name);
    bytes_add(&w->frame, sheet->name, name);
    put32(append(&w->frame, 4), sheet->n_merges);
    for (uint32_t i = 0; i < sheet->n_merges; i++) {
        const struct grid_merge *m = &sheet->merges[i];
        p = append(&w->frame, MERGE_SIZE);
        put32(p, m->row);
        put32(p + 4, m->column);
        put32(p + 8, m->last_row);
        put32(p + 12, m->last_column);
    }
    add_grids(&w->frame, sheet);
    return rc < 0 ? rc : flush(w);
}

static void add_row(struct bytes *f, const struct grid_row *row)
{
    unsigned char *p = append(f, ROW_HEAD);

    put32(p, row->row);
    p[4] = row->outline;
    p[5] = row->hidden;
    put16(p + 6, row->n_cells);
    put16(p + 8, row->grid);
    put16(p + 10, row->uncalculated);
    for (uint32_t i = 0; i < row->n_cells; i++) {
        const struct grid_cell *cell = &row->cells[i];
        p = append(f, CELL_HEAD + (size_t)cell->len);
        put16(p, cell->column);
        p[2] = cell->kind;
        p[3] = cell->zero_pad;
        p[4] = (unsigned char)(cell->percent + 2 * cell->currency);
        put32(p + 5, cell->len);
        if (cell->len > 0)
            memcpy(p + CELL_HEAD, cell->text, cell->len);
    }
}

static int on_row(void *ctx, const struct grid_row *row)
{
    struct gridwire_writer *w = ctx;
    int rc = w->frame.len == 0 ? begin(w, FRAME_ROWS) : 0;
    size_t before = w->frame.len;

    add_row(&w->frame, row);
    w->rows++;
    if (w->frame.len - before > FRAME_MAX - FRAME_BATCH)
        return -EMSGSIZE; /* the runner would refuse it; readers limit a row to much less */
    if (rc == 0 && w->frame.len >= FRAME_BATCH)
        rc = flush(w);
    return rc;
}

static int write_count(struct gridwire_writer *w, enum frame_kind kind)
{
    int rc = begin(w, kind);

    put64(append(&w->frame, 8), w->rows);
    return rc < 0 ? rc : flush(w);
}

static int on_sheet_end(void *ctx)
{
    return write_count(ctx, FRAME_SHEET_END);
}

int gridwire_write_end(struct gridwire_writer *w)
{
    return write_count(w, FRAME_END);
}

/* ---- Refusals --------------------------------------------------------------------------------------------------- */

enum {
    REFUSAL_MAX =
        FRAME_HEAD + 8 + 1 + sizeof((struct sheet_error *)NULL)->cls + 1 + sizeof((struct sheet_error *)NULL)->text
};

static unsigned char *put_short(unsigned char *to, const char *text, size_t size)
{
    size_t n = strnlen(text, size);

    *to++ = (unsigned char)n;
    memcpy(to, text, n);
    return to + n;
}

int gridwire_refuse_now(int fd, const struct sheet_error *err)
{
    unsigned char frame[REFUSAL_MAX];

    if (sending)
        return -EBUSY;
    put64(frame + FRAME_HEAD, err->offset);
    unsigned char *end = put_short(frame + FRAME_HEAD + 8, err->cls, sizeof err->cls);
    end = put_short(end, err->text, sizeof err->text);
    put32(frame, (uint32_t)(end - frame) - FRAME_HEAD);
    frame[4] = FRAME_REFUSED;
    return write_all(fd, (const char *)frame, (size_t)(end - frame));
}

/* The next frame notices a broken wire. */
static void on_remark(void *ctx, const char *text)
{
    struct gridwire_writer *w = ctx;

    begin(w, FRAME_REMARK);
    put_short(append(&w->frame, 1 + strnlen(text, REMARK_MAX)), text, REMARK_MAX);
    flush(w);
}

struct grid_sink gridwire_writer_sink(struct gridwire_writer *writer)
{
    return (struct grid_sink){
        .sheet = on_sheet, .row = on_row, .sheet_end = on_sheet_end, .ctx = writer, .remark = on_remark};
}

int gridwire_write_refused(struct gridwire_writer *w, const struct sheet_error *err)
{
    w->frame.len = 0; /* rows that were not sent are dropped */
    return gridwire_refuse_now(w->fd, err);
}
