/* Every good sample gives exactly its table, every bad one its class of error. PF_SAMPLES names the directory of
 * samples that are not in the repository; without it they are skipped and counted. */
#include "tests/unit/sheet/xlsx_expat.h"
#include "tests/unit/sheet/xlsx_help.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

static char *path_of(const char *directory, const char *name, const char *suffix)
{
    char *path = NULL;
    assert_true(asprintf(&path, "%s/xlsx/%s%s", directory, name, suffix) > 0);
    return path;
}

static char *read_path(const char *path)
{
    size_t n = 0;
    char *data = load_file(path, &n);
    assert_non_null(data);
    struct sheet_input input = input_of(data, n);
    struct sheet_error err;
    /* A text with separators is CSV by its content: it is not a workbook, and priceforge-cells refuses it as such. */
    bool text_file = sheet_sniff_file(&input, &err) == SHEET_CSV;
    char *text = text_file ? strdup("not-zip: a text") : read_cells(&input, SHEET_UNKNOWN);
    input_close(&input);
    free(data);
    return text;
}

/* Returns 0 if the sample is read as expected. */
static int check_good(const char *samples, const char *name)
{
    size_t n = 0;
    char *path = path_of(samples, name, ".xlsx"), *expected_path = path_of(samples, name, ".cells.json");
    char *got = read_path(path), *expected = load_file(expected_path, &n);
    bool same = expected && strcmp(got, expected) == 0;
    if (!same)
        print_error("%s: not the expected table: %.200s\n", name, got);
    free(got);
    free(expected);
    free(path);
    free(expected_path);
    return same ? 0 : 1;
}

/* The class of a bad sample stands in a table row of the samples' description: | `name` | `class` | … */
static void class_of(const char *readme, const char *name, char *cls, size_t size)
{
    char key[300];
    snprintf(key, sizeof key, "\n| `%s` | `", name);
    const char *row = strstr(readme, key);
    assert_non_null(row);
    row += strlen(key);
    snprintf(cls, size, "%.*s", (int)strcspn(row, "`"), row);
}

static int check_bad(const char *samples, const char *readme, const char *name)
{
    char cls[64];
    char *path = path_of(samples, name, ".xlsx"), *got = read_path(path);
    class_of(readme, name, cls, sizeof cls);
    bool same = strncmp(got, cls, strlen(cls)) == 0 && got[strlen(cls)] == ':';
    if (!same)
        print_error("%s: expected %s, got %.200s\n", name, cls, got);
    free(got);
    free(path);
    return same ? 0 : 1;
}

/* Reads a whole part of an archive; NULL if it cannot be read. */
static char *read_part(struct zip *zip, const struct zip_entry *entry, size_t *n)
{
    struct sheet_error err;
    struct zip_part *part = zip_part_open(zip, entry, true, &err);
    char *data = xalloc((size_t)entry->size + 1);
    ssize_t got = -1;
    *n = 0;
    while (part && (got = zip_part_read(part, (unsigned char *)data + *n, (size_t)entry->size + 1 - *n, &err)) > 0)
        *n += (size_t)got;
    zip_part_close(&part);
    if (got < 0) {
        free(data);
        return NULL;
    }
    return data;
}

/* The same events from both parsers, whatever the part is for. */
static int compare_part(const char *name, const struct zip_entry *entry, const char *data, size_t n)
{
    char *ours = events_of_tokeniser(data, n, 0), *cut = events_of_tokeniser(data, n, 777);
    char *theirs = events_of_expat(data, n, 0);
    bool same = strcmp(ours, theirs) == 0 && strcmp(ours, cut) == 0;
    if (!same)
        print_error("%s: %s: not the same events\n", name, entry->key);
    free(ours);
    free(cut);
    free(theirs);
    return same ? 0 : 1;
}

/* Every XML part of a good sample; returns how many there were. */
static int compare_parts(const char *path, const char *name, int *wrong)
{
    size_t size = 0, n;
    char *file = load_file(path, &size);
    struct sheet_input input = input_of(file, size);
    struct sheet_error err;
    struct zip zip;
    int parts = 0;
    assert_int_equal(zip_open(&zip, &input, &sheet_default_limits, &err), 0);
    for (uint32_t i = 0; i < zip.n_entries; i++) {
        const char *dot = strrchr(zip.entries[i].key, '.');
        char *data = dot && (strcmp(dot, ".xml") == 0 || strcmp(dot, ".rels") == 0)
                         ? read_part(&zip, &zip.entries[i], &n)
                         : NULL;
        if (!data)
            continue;
        *wrong += compare_part(name, &zip.entries[i], data, n);
        parts++;
        free(data);
    }
    zip_close(&zip);
    input_close(&input);
    free(file);
    return parts;
}

static void test_parts(void **state)
{
    (void)state;
    const char *samples = getenv("PF_SAMPLES");
    if (!samples || samples[0] == 0) {
        print_message("parts of 48 samples skipped: PF_SAMPLES is not set\n");
        skip();
    }
    int parts = 0, wrong = 0;
    char *directory = path_of(samples, "", "");
    DIR *dir = opendir(directory);
    assert_non_null(dir);
    for (const struct dirent *entry; (entry = readdir(dir));) {
        const char *dot = strrchr(entry->d_name, '.');
        if (!dot || strcmp(dot, ".xlsx") != 0 || strncmp(entry->d_name, "bad-", 4) == 0)
            continue;
        char *path = path_of(samples, entry->d_name, "");
        parts += compare_parts(path, entry->d_name, &wrong);
        free(path);
    }
    closedir(dir);
    free(directory);
    print_message("%d parts through both parsers, %d differ\n", parts, wrong);
    assert_int_equal(wrong, 0);
    assert_true(parts > 0);
}

static void test_samples(void **state)
{
    (void)state;
    const char *samples = getenv("PF_SAMPLES");
    if (!samples || samples[0] == 0) {
        print_message("91 samples skipped: PF_SAMPLES is not set\n");
        skip();
    }
    size_t n = 0;
    int good = 0, bad = 0, wrong = 0;
    char *readme_path = path_of(samples, "README", ".md"), *readme = load_file(readme_path, &n);
    char *directory = path_of(samples, "", "");
    DIR *dir = opendir(directory);
    assert_non_null(readme);
    assert_non_null(dir);
    for (const struct dirent *entry; (entry = readdir(dir));) {
        char name[256];
        const char *dot = strrchr(entry->d_name, '.');
        if (!dot || strcmp(dot, ".xlsx") != 0)
            continue;
        snprintf(name, sizeof name, "%.*s", (int)(dot - entry->d_name), entry->d_name);
        bool is_bad = strncmp(name, "bad-", 4) == 0;
        wrong += is_bad ? check_bad(samples, readme, name) : check_good(samples, name);
        bad += is_bad;
        good += !is_bad;
    }
    closedir(dir);
    free(readme);
    free(readme_path);
    free(directory);
    print_message("%d samples read, %d refused, %d wrong\n", good, bad, wrong);
    assert_int_equal(wrong, 0);
    assert_true(good > 0 && bad > 0);
}

/* The stock report of the demonstration data: two heading rows, text numbers, zero-padded codes. */
static void test_demo(void **state)
{
    (void)state;
    char path[4096];
    const char *data = getenv("PF_DATA");
    if (!data || data[0] == 0)
        data = "tests/data";
    snprintf(path, sizeof path, "%s/demo/stock.xlsx", data);
    char *got = read_path(path);
    assert_non_null(strstr(got, "\"name\":\"TDSheet\",\"hidden\":false"));
    int cells = 0;
    for (const char *p = got; (p = strstr(p, "\n  [")); p++)
        cells++;
    print_message("%d cells\n", cells);
    assert_true(cells > 484 * 5);
    free(got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_samples), cmocka_unit_test(test_parts),
                                       cmocka_unit_test(test_demo)};
    return cmocka_run_group_tests_name("xlsx_samples", tests, NULL, NULL);
}
