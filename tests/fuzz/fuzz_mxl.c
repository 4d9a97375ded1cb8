/* Fuzzing of the .mxl reader: any bytes give a table that keeps its promises or a refusal that says why. Without a
 * fuzzing engine it replays the files and folders of its arguments, or the samples of the tests when there are none. */
#include "base/utf8.h"
#include "tests/unit/sheet/mxl_help.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool fact)
{
    if (!fact)
        abort();
}

static int fuzz_sheet(void *ctx, const struct grid_sheet *sheet)
{
    (void)ctx;
    for (uint32_t i = 0; i < sheet->n_merges; i++) {
        const struct grid_merge *m = &sheet->merges[i];
        require(m->row <= m->last_row && m->column <= m->last_column && m->last_row < GRID_MAX_ROW &&
                m->last_column < GRID_MAX_COLUMN);
    }
    return 0;
}

static int fuzz_row(void *ctx, const struct grid_row *row)
{
    int64_t *last = ctx;
    int64_t column = -1;
    require(row->row > *last && row->row < GRID_MAX_ROW);
    *last = row->row;
    for (uint32_t i = 0; i < row->n_cells; i++) {
        const struct grid_cell *c = &row->cells[i];
        require(c->column > column && c->column < GRID_MAX_COLUMN && c->len > 0);
        require(c->len <= GRID_MAX_TEXT && utf8_valid(c->text, c->len));
        column = c->column;
    }
    return 0;
}

static int fuzz_end(void *ctx)
{
    (void)ctx;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* A row repeated to the limit takes its time and finds nothing new. */
    struct sheet_limits limits = mxl_test_limits;
    limits.max_rows = 5000;
    struct sheet_input input = {.fd = bytes_fd(data, size), .length = size};
    struct sheet_error err = {0};
    int64_t last = -1;
    struct grid_sink sink = {.sheet = fuzz_sheet, .row = fuzz_row, .sheet_end = fuzz_end, .ctx = &last};
    int rc = mxl_read(&input, &limits, &sink, &err);
    require(rc == 0 || (rc == -1 && err.cls[0] && err.text[0] && err.offset <= size));
    close(input.fd);
    return 0;
}

#ifndef PF_LIBFUZZER
static unsigned long replay(const char *path)
{
    struct stat st;
    unsigned long n = 0;
    if (stat(path, &st) < 0)
        return 0;
    if (!S_ISDIR(st.st_mode)) {
        size_t size = 0;
        char *bytes = slurp(path, &size);
        if (bytes)
            LLVMFuzzerTestOneInput((const uint8_t *)bytes, size);
        free(bytes);
        return 1;
    }
    DIR *dir = opendir(path);
    for (struct dirent *e; dir && (e = readdir(dir));) {
        char inner[4096];
        if (e->d_name[0] == '.' || snprintf(inner, sizeof inner, "%s/%s", path, e->d_name) >= (int)sizeof inner)
            continue;
        n += replay(inner);
    }
    if (dir)
        closedir(dir);
    return n;
}

static unsigned long replay_below(const char *root, const char *below)
{
    char folder[4096];
    snprintf(folder, sizeof folder, "%s/%s", root ? root : "", below);
    return replay(folder);
}

static unsigned long replay_all(void)
{
    static const char *const corpora[] = {"mxl", "fuzz/mxl-brace", "fuzz/mxl-binary", "fuzz/mxl-xml"};
    unsigned long n = replay_below(getenv("PF_SAMPLES"), "mxl");
    for (size_t i = 0; i < sizeof corpora / sizeof *corpora; i++)
        n += replay_below(getenv("PF_DATA"), corpora[i]);
    return n;
}

int main(int argc, char **argv)
{
    unsigned long n = argc > 1 ? 0 : replay_all();
    for (int i = 1; i < argc; i++)
        n += replay(argv[i]);
    printf("%lu inputs\n", n);
    return n == 0;
}
#endif
