/* Fuzzing of the .xlsx reader and of its neighbours. The first byte says what the rest is:
 *
 *   P  the whole input is a file (as the first byte of a ZIP archive is)
 *   1  a worksheet, read through our tokeniser and through expat: both must give the same cells
 *   2  shared strings, 3 styles, 4 workbook, 5 relationships of the workbook, 6 of the package: put into an archive
 *   7  CSV
 *   8  frames from a parser process
 *
 * Every result must keep the promises of handlers/sheet/grid/grid.h. */
#include "base/utf8.h"
#include "handlers/sheet/wire.h"
#include "handlers/sheet/xlsx/inflate.h"

#include "tests/fuzz/sheet_replay.h"
#include "tests/unit/sheet/xlsx_expat.h"

#include <string.h>

/* Used only where the reader of .mxl is not linked from the library. */
__attribute__((weak)) int mxl_read(const struct sheet_input *input, const struct sheet_limits *limits,
                                   const struct grid_sink *sink, struct sheet_error *err)
{
    (void)input, (void)limits, (void)sink;
    return sheet_refuse(err, "mxl-malformed", "No .mxl reader here.");
}

struct state {
    bool open;
    uint32_t sheets;
};

static int on_sheet(void *ctx, const struct grid_sheet *sheet)
{
    struct state *s = ctx;
    require(!s->open && sheet->index == s->sheets++);
    require(utf8_valid(sheet->name, strlen(sheet->name)));
    for (uint32_t i = 0; i < sheet->n_merges; i++) {
        const struct grid_merge *m = &sheet->merges[i];
        require(m->row <= m->last_row && m->column <= m->last_column && m->last_row < GRID_MAX_ROW &&
                m->last_column < GRID_MAX_COLUMN);
    }
    s->open = true;
    return 0;
}

static int on_row(void *ctx, const struct grid_row *row)
{
    const struct state *s = ctx;
    require(s->open && row->row < GRID_MAX_ROW && row->n_cells <= GRID_MAX_COLUMN);
    for (uint32_t i = 0; i < row->n_cells; i++) {
        const struct grid_cell *c = &row->cells[i];
        require(c->column < GRID_MAX_COLUMN && (i == 0 || row->cells[i - 1].column < c->column));
        require(c->kind >= GRID_TEXT && c->kind <= GRID_DATE);
        require((c->len == 0) == (c->kind == GRID_FORMULA));
        require(utf8_valid(c->text, c->len) && utf8_units(c->text, c->len) <= 32767);
    }
    return 0;
}

static int on_sheet_end(void *ctx)
{
    struct state *s = ctx;
    require(s->open);
    s->open = false;
    return 0;
}

static void check(int rc, const struct state *s, const struct sheet_error *err)
{
    require(rc == 0 || (rc == -1 && err->cls[0] != 0 && err->text[0] != 0));
    require(rc != 0 || !s->open);
}

static void read_file(const void *data, size_t size, enum sheet_format format)
{
    struct state s = {0};
    struct sheet_input input = replay_input(data, size);
    struct grid_sink sink = {.sheet = on_sheet, .row = on_row, .sheet_end = on_sheet_end, .ctx = &s};
    struct sheet_limits limits = sheet_default_limits;
    struct sheet_error err;
    limits.max_inflated = 64 << 20;
    limits.max_strings = 16 << 20;
    check(sheet_read(&input, format, &limits, &sink, &err), &s, &err);
}

static void replay_frames(const void *data, size_t size)
{
    struct state s = {0};
    struct sheet_input input = replay_input(data, size);
    struct grid_sink sink = {.sheet = on_sheet, .row = on_row, .sheet_end = on_sheet_end, .ctx = &s};
    struct sheet_error err;
    require(lseek(input.fd, 0, SEEK_SET) == 0);
    const struct gridwire_bounds bounds = {.max_rows = 100000, .max_text = 64 << 20, .silence_ms = 1000};
    int rc = gridwire_replay(input.fd, &bounds, &sink, NULL, NULL, &err);
    require(rc == 0 || (rc == -1 && err.cls[0] != 0));
    require(rc != 0 || !s.open);
}

static void compare_ways(const char *data, size_t size)
{
    char *ours, *theirs;
    if (!ways_agree(data, size, &ours, &theirs)) {
        fprintf(stderr, "%.*s\nours: %s\nexpat: %s\n", (int)size, data, ours, theirs);
        abort();
    }
    free(ours);
    free(theirs);
}

/* ---- An archive around one part --------------------------------------------------------------------------------- */

static const char *const names[] = {"xl/worksheets/sheet1.xml", "xl/sharedStrings.xml",       "xl/styles.xml",
                                    "xl/workbook.xml",          "xl/_rels/workbook.xml.rels", "_rels/.rels"};
static const char *const usual[] = {
    "<worksheet><sheetData><row><c t='s'><v>0</v></c><c t='s'><v>1</v></c><c s='1'><v>45000.5</v></c><c "
    "s='2'><v>7</v></c>"
    "<c s='3'><v>0.5</v></c></row></sheetData><mergeCells><mergeCell ref='A1:B2'/></mergeCells></worksheet>",
    "<sst><si><t>a</t></si><si><t>b</t></si></sst>",
    "<styleSheet><cellXfs><xf/><xf numFmtId='14'/></cellXfs></styleSheet>",
    "<workbook><sheets><sheet name='S' r:id='a'/></sheets></workbook>",
    "<Relationships><Relationship Id='a' Type='x/worksheet' Target='worksheets/sheet1.xml'/></Relationships>",
    "<Relationships><Relationship Id='a' Type='x/officeDocument' Target='xl/workbook.xml'/></Relationships>",
};

static unsigned char *append(struct bytes *b, size_t n)
{
    bytes_reserve(b, n);
    memset(b->data + b->len, 0, n);
    b->len += n;
    return (unsigned char *)b->data + b->len - n;
}

static void add_stored(struct bytes *file, struct bytes *directory, const char *name, const char *data, size_t n)
{
    size_t at = file->len, len = strlen(name);
    unsigned char *p = append(file, 30);
    put32(p, 0x04034b50);
    put16(p + 26, (uint32_t)len);
    bytes_add(file, name, len);
    bytes_add(file, data, n);
    p = append(directory, 46);
    put32(p, 0x02014b50);
    put32(p + 16, crc32_update(0, (const unsigned char *)data, n));
    put32(p + 20, (uint32_t)n);
    put32(p + 24, (uint32_t)n);
    put16(p + 28, (uint32_t)len);
    put32(p + 42, (uint32_t)at);
    bytes_add(directory, name, len);
}

static void read_packed(unsigned which, const char *data, size_t size)
{
    struct bytes file = {0}, directory = {0};
    for (unsigned i = 0; i < 6; i++)
        if (i == which)
            add_stored(&file, &directory, names[i], data, size);
        else
            add_stored(&file, &directory, names[i], usual[i], strlen(usual[i]));
    size_t at = file.len;
    bytes_add(&file, directory.data, directory.len);
    unsigned char *p = append(&file, 22);
    put32(p, 0x06054b50);
    put16(p + 10, 6);
    put32(p + 12, (uint32_t)directory.len);
    put32(p + 16, (uint32_t)at);
    read_file(file.data, file.len, SHEET_XLSX);
    bytes_free(&file);
    bytes_free(&directory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *rest = (const char *)data + 1;
    if (size == 0 || data[0] < '1' || data[0] > '8') {
        read_file(data, size, SHEET_UNKNOWN);
        return 0;
    }
    size--;
    if (data[0] == '1')
        compare_ways(rest, size);
    if (data[0] <= '6')
        read_packed((unsigned)data[0] - '1', rest, size);
    else if (data[0] == '7')
        read_file(rest, size, SHEET_CSV);
    else
        replay_frames(rest, size);
    return 0;
}

#ifndef PF_LIBFUZZER
int main(int argc, char **argv)
{
    return replay_main(argc, argv, "fuzz/xlsx");
}
#endif
