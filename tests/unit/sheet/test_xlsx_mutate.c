/* Damaged files: cut at every 7th byte, and with random bytes changed, in the archive and in its worksheets. The
 * result is an error or a table within the limits; with sanitizers also no access to foreign memory; and our
 * tokeniser reads a worksheet as expat does. PF_MUTATIONS sets the number of random variants of each kind (2000
 * without it). */
#include "handlers/sheet/xlsx/zip.h"
#include "tests/unit/sheet/xlsx_expat.h"
#include "tests/unit/sheet/xlsx_help.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct file {
    char name[128];
    char *data;
    size_t n;
};

static struct file files[128];
static size_t n_files;

static void add_file(const char *name, char *data, size_t n)
{
    if (n_files == sizeof files / sizeof *files || n > 300000) {
        free(data);
        return;
    }
    snprintf(files[n_files].name, sizeof files[n_files].name, "%.100s", name);
    files[n_files].data = data;
    files[n_files++].n = n;
}

static void add_made(void)
{
    struct zip_maker m = workbook_of(
        SHEET("<row r='1'><c r='A1' t='s'><v>0</v></c><c s='1'><v>45000.5</v></c><c "
              "t='inlineStr'><is><t>x</t></is></c></row>"
              "<row><c t='str'><v>a_x000D_b</v></c><c><v>1234.5599999999999</v></c></row>"),
        "<sst><si><t>one</t></si><si/></sst>", "<styleSheet><cellXfs><xf/><xf numFmtId='14'/></cellXfs></styleSheet>");
    add_file("made", m.file.data, m.file.len);
    bytes_free(&m.directory);
}

static int set_up(void **state)
{
    (void)state;
    char path[4096];
    const char *data = getenv("PF_DATA"), *samples = getenv("PF_SAMPLES");
    size_t n = 0;
    add_made();
    snprintf(path, sizeof path, "%s/demo/stock.xlsx", data && data[0] != 0 ? data : "tests/data");
    char *demo = load_file(path, &n);
    if (demo)
        add_file("demo/stock", demo, n);
    if (!samples || samples[0] == 0) {
        print_message("samples skipped: PF_SAMPLES is not set\n");
        return 0;
    }
    snprintf(path, sizeof path, "%s/xlsx", samples);
    DIR *dir = opendir(path);
    for (const struct dirent *entry; dir && (entry = readdir(dir));) {
        const char *dot = strrchr(entry->d_name, '.');
        if (!dot || strcmp(dot, ".xlsx") != 0 || strncmp(entry->d_name, "bad-", 4) == 0)
            continue;
        snprintf(path, sizeof path, "%s/xlsx/%s", samples, entry->d_name);
        char *sample = load_file(path, &n);
        add_file(entry->d_name, sample, n);
    }
    if (dir)
        closedir(dir);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    while (n_files > 0)
        free(files[--n_files].data);
    return 0;
}

static void write_all(struct sheet_input *input, const char *data, size_t n)
{
    assert_int_equal(pwrite(input->fd, data, n, 0), n);
}

/* A file that was cut off has lost its end record: always an error, never half a table. */
static void test_truncation(void **state)
{
    (void)state;
    unsigned tried = 0;
    for (size_t f = 0; f < n_files; f++) {
        struct sheet_input input = input_of(files[f].data, files[f].n);
        for (size_t n = 0; n < files[f].n; n += 7, tried++) {
            input.length = n;
            char *got = read_cells(&input, SHEET_UNKNOWN);
            if (got[0] == '{')
                fail_msg("%s cut to %zu bytes was read", files[f].name, n);
            free(got);
        }
        input_close(&input);
    }
    print_message("%u cut files refused\n", tried);
    assert_true(tried > 100);
}

static uint64_t seed = 0x9e3779b97f4a7c15u;

static uint64_t next_random(void)
{
    seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
    return seed;
}

static void change(char *data, size_t n)
{
    for (uint64_t k = 1 + next_random() % 4; k > 0; k--) {
        size_t at = next_random() % n;
        /* half of the changes go to the directory, where the interesting lies are */
        if (next_random() & 1 && n > 600)
            at = n - 1 - next_random() % 600;
        if (next_random() & 1)
            data[at] ^= (char)(1 << (next_random() & 7));
        else
            data[at] = (char)next_random();
    }
}

static unsigned wanted_variants(void)
{
    const char *wanted = getenv("PF_MUTATIONS");
    return wanted ? (unsigned)strtoul(wanted, NULL, 10) : 2000;
}

static void test_random(void **state)
{
    (void)state;
    unsigned count = wanted_variants(), read = 0;
    struct sheet_input input = input_of("", 0);
    for (unsigned i = 0; i < count; i++) {
        const struct file *f = &files[i % n_files];
        char *data = xalloc(f->n);
        memcpy(data, f->data, f->n);
        change(data, f->n);
        write_all(&input, data, f->n);
        input.length = f->n;
        char *got = read_cells(&input, SHEET_UNKNOWN);
        assert_true(got[0] == '{' || strchr(got, ':'));
        read += got[0] == '{';
        free(got);
        free(data);
    }
    input_close(&input);
    print_message("%u variants, %u of them still readable\n", count, read);
    assert_true(read < count);
}

/* The first worksheet of an archive as text, on the heap; NULL for none, a large one, or one in UTF-16. */
static char *sheet_of(const struct file *f, size_t *n)
{
    struct sheet_input input = input_of(f->data, f->n);
    struct sheet_error err;
    struct zip zip;
    char *text = NULL;
    if (zip_open(&zip, &input, &sheet_default_limits, &err) == 0) {
        for (uint32_t i = 0; i < zip.n_entries && !text; i++) {
            const struct zip_entry *entry = &zip.entries[i];
            struct zip_part *part = strstr(entry->key, "worksheets/sheet") && entry->size < 60000
                                        ? zip_part_open(&zip, entry, true, &err)
                                        : NULL;
            if (!part)
                continue;
            text = xalloc((size_t)entry->size + 1);
            ssize_t got = zip_part_read(part, (unsigned char *)text, (size_t)entry->size, &err);
            *n = got > 0 ? (size_t)got : 0;
            zip_part_close(&part);
        }
        zip_close(&zip);
    }
    input_close(&input);
    if (text && (*n < 4 || text[0] == 0 || text[1] == 0 || (unsigned char)text[0] >= 0xfe)) {
        free(text);
        text = NULL;
    }
    return text;
}

static void compare_variant(const char *sheet, size_t n, const char *name)
{
    char *data = xalloc(n), *ours, *theirs;
    memcpy(data, sheet, n);
    change(data, n);
    if (next_random() % 4 == 0)
        n -= next_random() % (n / 2);
    if (!ways_agree(data, n, &ours, &theirs))
        fail_msg("%s: ours %.200s, expat %.200s", name, ours, theirs);
    free(ours);
    free(theirs);
    free(data);
}

static void test_both_ways(void **state)
{
    (void)state;
    unsigned sheets = 0, variants = 0;
    for (size_t f = 0; f < n_files; f++) {
        size_t n = 0;
        char *sheet = sheet_of(&files[f], &n);
        for (unsigned i = 0; sheet && i < 1 + wanted_variants() / n_files; i++, variants++)
            compare_variant(sheet, n, files[f].name);
        sheets += sheet != NULL;
        free(sheet);
    }
    print_message("%u variants of %u worksheets: the same both ways\n", variants, sheets);
    assert_true(sheets > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_truncation), cmocka_unit_test(test_random),
                                       cmocka_unit_test(test_both_ways)};
    return cmocka_run_group_tests_name("xlsx_mutate", tests, set_up, tear_down);
}
