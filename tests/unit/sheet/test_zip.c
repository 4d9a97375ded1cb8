/* The ZIP directory and its parts: what is found, what is refused, and that nothing in the file is trusted. */
#include "handlers/sheet/xlsx/zip.h"

#include "tests/unit/sheet/xlsx_help.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Reads one entry of an archive into text, or returns the class of the error. On the heap. */
static char *entry_of(const struct bytes *file, const char *key, size_t block, const struct sheet_limits *limits)
{
    struct sheet_input input = input_of(file->data, file->len);
    struct sheet_error err = {0};
    struct zip zip;
    struct bytes out = {0};
    unsigned char buf[4096];
    ssize_t n = -1;
    if (zip_open(&zip, &input, limits, &err) == 0) {
        const struct zip_entry *entry = zip_find(&zip, key);
        struct zip_part *part = entry ? zip_part_open(&zip, entry, true, &err) : NULL;
        while (part && (n = zip_part_read(part, buf, block, &err)) > 0)
            bytes_add(&out, (char *)buf, (size_t)n);
        if (!entry)
            sheet_refuse(&err, "not-found", "not found");
        zip_part_close(&part);
        zip_close(&zip);
    }
    input_close(&input);
    if (n < 0) {
        out.len = 0;
        bytes_add(&out, err.cls, strlen(err.cls));
    }
    bytes_add_char(&out, 0);
    return out.data;
}

static void entry_is(const struct bytes *file, const char *key, const char *expected)
{
    static const size_t blocks[] = {1, 7, 4096};
    for (size_t i = 0; i < 3; i++) {
        char *got = entry_of(file, key, blocks[i], &sheet_default_limits);
        assert_string_equal(got, expected);
        free(got);
    }
}

static struct zip_maker two_entries(void)
{
    struct zip_maker m = {0};
    zip_make_add(&m, "Dir\\One.XML", "first first first first", 23, ZIP_MAKE_DEFLATED);
    zip_make_add(&m, "/two", "second", 6, ZIP_MAKE_STORED);
    zip_make_end(&m);
    return m;
}

static unsigned char *at(struct zip_maker *m, size_t from_end)
{
    return (unsigned char *)m->file.data + m->file.len - from_end;
}

static void test_found(void **state)
{
    (void)state;
    struct zip_maker m = two_entries();
    entry_is(&m.file, "dir/one.xml", "first first first first");
    entry_is(&m.file, "two", "second");
    entry_is(&m.file, "three", "not-found");
    zip_make_free(&m);
    zip_make_add(&m, "empty", "", 0, ZIP_MAKE_STORED);
    zip_make_add(&m, "empty too", "", 0, ZIP_MAKE_DEFLATED);
    zip_make_end(&m);
    entry_is(&m.file, "empty", "");
    entry_is(&m.file, "empty too", "");
    zip_make_free(&m);
    zip_make_end(&m);
    entry_is(&m.file, "x", "not-found");
    zip_make_free(&m);
}

/* The end record is the one whose comment reaches to the end; others only look like it. */
static void test_comment(void **state)
{
    (void)state;
    static const char comment[] = "PK\5\6 is not the end \0\0\0\0\0\0\0\0\0\0\0\0";
    struct zip_maker m = two_entries();
    put16(at(&m, 2), sizeof comment);
    bytes_add(&m.file, comment, sizeof comment);
    entry_is(&m.file, "two", "second");
    bytes_add(&m.file, "x", 1); /* one byte more than the comment says */
    entry_is(&m.file, "two", "zip-truncated");
    zip_make_free(&m);
}

static void test_truncated(void **state)
{
    (void)state;
    struct zip_maker m = two_entries();
    for (size_t n = 0; n < m.file.len; n++) {
        struct bytes cut = {m.file.data, n, n};
        char *got = entry_of(&cut, "two", 100, &sheet_default_limits);
        assert_string_equal(got, "zip-truncated");
        free(got);
    }
    zip_make_free(&m);
}

/* Fields of the second directory record and of the end record, by their distance from the end of the file. */
enum { SECOND = 22 + 46 + 4, END = 22 };

static void changed(size_t from_end, uint32_t value, unsigned width, const char *key, const char *expected)
{
    struct zip_maker m = two_entries();
    unsigned char *p = at(&m, from_end);
    if (width == 2)
        put16(p, value);
    else
        put32(p, value);
    char *got = entry_of(&m.file, key, 4096, &sheet_default_limits);
    if (strcmp(got, expected) != 0)
        fail_msg("change %zu from the end to %u: expected %s, got %s", from_end, value, expected, got);
    free(got);
    zip_make_free(&m);
}

static void test_lies(void **state)
{
    (void)state;
    changed(SECOND - 8, 1, 2, "two", "encrypted");
    changed(SECOND - 10, 9, 2, "two", "zip-method");
    changed(SECOND - 16, 7, 4, "two", "zip-corrupt"); /* CRC */
    changed(SECOND - 20, 5, 4, "two", "zip-corrupt"); /* packed size, stored */
    changed(SECOND - 24, 7, 4, "two", "zip-corrupt"); /* size */
    changed(SECOND - 42, 1, 4, "two", "zip-bomb");    /* begins within the first entry */
    changed(SECOND - 42, 0, 4, "two", "zip-bomb");    /* the same place as the first */
    changed(SECOND - 42, 0xfffffff0u, 4, "two", "zip-truncated");
    changed(SECOND - 20, 0xfffffff0u, 4, "two", "zip-truncated");
    changed(SECOND - 28, 400, 2, "two", "zip-truncated"); /* name beyond the directory */
    changed(SECOND, 0x02014b51, 4, "two", "zip-truncated");
    changed(END - 10, 3, 2, "two", "zip-truncated"); /* entries */
    changed(END - 10, 1, 2, "two", "zip-truncated"); /* fewer than there are */
    changed(END - 12, 5, 4, "two", "zip-truncated"); /* directory size */
    changed(END - 16, 0xffffff00u, 4, "two", "zip-truncated");
    changed(END - 16, 3, 4, "two", "zip-truncated");
    changed(END - 4, 3, 2, "two", "zip-truncated"); /* a volume of several */
}

static void test_deflated_lies(void **state)
{
    (void)state;
    static const struct {
        size_t offset;
        uint32_t value;
    } cases[] = {{24, 22}, {24, 24}, {24, 0}, {20, 5}, {16, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct zip_maker m = {0};
        zip_make_add(&m, "a", "first first first first", 23, ZIP_MAKE_DEFLATED);
        put32((unsigned char *)m.directory.data + cases[i].offset, cases[i].value);
        zip_make_end(&m);
        entry_is(&m.file, "a", "zip-corrupt");
        zip_make_free(&m);
    }
}

static void test_damaged_data(void **state)
{
    (void)state;
    struct zip_maker m = two_entries();
    for (size_t i = 30 + 11; i < 30 + 11 + 10; i++) { /* every byte of the deflated data */
        m.file.data[i] ^= 0x55;
        char *got = entry_of(&m.file, "dir/one.xml", 4096, &sheet_default_limits);
        assert_string_equal(got, "zip-corrupt");
        free(got);
        m.file.data[i] ^= 0x55;
    }
    m.file.data[0] = 'Q'; /* local header */
    entry_is(&m.file, "dir/one.xml", "zip-corrupt");
    m.file.data[0] = 'P';
    m.file.data[29] = 1; /* an extra field of 256 bytes that runs into the next entry */
    entry_is(&m.file, "dir/one.xml", "zip-corrupt");
    zip_make_free(&m);
}

static void test_duplicates(void **state)
{
    (void)state;
    static const char *const names[][2] = {{"a", "a"}, {"a", "A"}, {"x/y", "X\\Y"}, {"/a", "a"}};
    for (size_t i = 0; i < 4; i++) {
        struct zip_maker m = {0};
        zip_make_add(&m, names[i][0], "1", 1, ZIP_MAKE_STORED);
        zip_make_add(&m, names[i][1], "2", 1, ZIP_MAKE_STORED);
        zip_make_end(&m);
        entry_is(&m.file, "a", "duplicate-entry");
        zip_make_free(&m);
    }
    struct zip_maker m = {0};
    zip_make_add(&m, "a\0b", "1", 1, ZIP_MAKE_STORED);
    put16((unsigned char *)m.directory.data + 28, 1);
    m.directory.data[46] = 0; /* a name with a zero byte in it */
    zip_make_end(&m);
    entry_is(&m.file, "", "zip-truncated");
    zip_make_free(&m);
}

/* 9 MiB of one byte: 250:1 and more counts only beyond 8 MiB. */
static void test_ratio(void **state)
{
    (void)state;
    static const size_t sizes[] = {8 << 20, 9 << 20};
    for (size_t i = 0; i < 2; i++) {
        char *zeros = xalloc(sizes[i]);
        struct zip_maker m = {0};
        memset(zeros, ' ', sizes[i]);
        zip_make_add(&m, "a", zeros, sizes[i], ZIP_MAKE_DEFLATED);
        zip_make_end(&m);
        char *got = entry_of(&m.file, "a", 4096, &sheet_default_limits);
        if (i == 0)
            assert_int_equal(strlen(got), sizes[0]);
        else
            assert_string_equal(got, "zip-bomb");
        free(got);
        free(zeros);
        zip_make_free(&m);
    }
}

static void test_total(void **state)
{
    (void)state;
    struct zip_maker m = two_entries();
    struct sheet_limits limits = sheet_default_limits;
    limits.max_inflated = 22;
    char *got = entry_of(&m.file, "dir/one.xml", 4096, &limits);
    assert_string_equal(got, "zip-bomb");
    free(got);
    limits.max_inflated = 23;
    got = entry_of(&m.file, "dir/one.xml", 4096, &limits);
    assert_string_equal(got, "first first first first");
    free(got);
    limits.max_entries = 1;
    got = entry_of(&m.file, "two", 4096, &limits);
    assert_string_equal(got, "zip-bomb");
    free(got);
    zip_make_free(&m);
}

/* Zip64: every 32-bit field refers to its 64-bit field, in the end record too. */
static struct bytes zip64(bool with_extra)
{
    struct bytes b = {0};
    unsigned char local[30] = {0}, central[46 + 1 + 28] = {0}, end64[56] = {0}, locator[20] = {0}, end[22] = {0};
    size_t central_size = with_extra ? sizeof central : 47;
    put32(local, 0x04034b50);
    put16(local + 26, 1);
    bytes_add(&b, (char *)local, sizeof local);
    bytes_add(&b, "aHELLO", 6);
    put32(central, 0x02014b50);
    put32(central + 16, 0xc1446436); /* CRC of HELLO */
    memset(central + 20, 0xff, 8);
    put16(central + 28, 1);
    put16(central + 30, with_extra ? 28 : 0);
    memset(central + 42, 0xff, 4);
    central[46] = 'a';
    put16(central + 47, 1);
    put16(central + 49, 24);
    put64(central + 51, 5);
    put64(central + 59, 5);
    put64(central + 67, 0);
    put32(end64, 0x06064b50);
    put64(end64 + 4, 44);
    put64(end64 + 24, 1);
    put64(end64 + 32, 1);
    put64(end64 + 40, central_size);
    put64(end64 + 48, b.len);
    put32(locator, 0x07064b50);
    put64(locator + 8, b.len + central_size);
    put32(locator + 16, 1);
    put32(end, 0x06054b50);
    memset(end + 4, 0xff, 16);
    bytes_add(&b, (char *)central, central_size);
    bytes_add(&b, (char *)end64, sizeof end64);
    bytes_add(&b, (char *)locator, sizeof locator);
    bytes_add(&b, (char *)end, sizeof end);
    return b;
}

static void test_zip64(void **state)
{
    (void)state;
    struct bytes b = zip64(true);
    entry_is(&b, "a", "HELLO");
    for (size_t i = 36 + 51; i < 36 + 75; i++) { /* each byte of the 64-bit fields */
        b.data[i] ^= 0x40;
        char *got = entry_of(&b, "a", 4096, &sheet_default_limits);
        assert_string_not_equal(got, "HELLO");
        free(got);
        b.data[i] ^= 0x40;
    }
    bytes_free(&b);
    b = zip64(false);
    entry_is(&b, "a", "zip-truncated");
    bytes_free(&b);
}

static void test_fold(void **state)
{
    (void)state;
    static const char *const cases[][2] = {{"A/b\\C", "a/b/c"}, {"//x", "x"}, {"\\", ""}, {"", ""}, {"Ж/Z", "Ж/z"}};
    for (size_t i = 0; i < 5; i++) {
        char text[32];
        snprintf(text, sizeof text, "%s", cases[i][0]);
        text[zip_fold(text, strlen(text))] = 0;
        assert_string_equal(text, cases[i][1]);
    }
}

/* 64-bit offsets: as if the file began at 5 GB, in a file with a hole. */
static void test_far_offset(void **state)
{
    (void)state;
    struct zip_maker m = two_entries();
    struct sheet_input input = input_of("", 0);
    struct sheet_error err;
    struct zip zip;
    unsigned char buf[64];
    input.offset = 5ull << 30;
    input.length = m.file.len;
    assert_int_equal(pwrite(input.fd, m.file.data, m.file.len, (off_t)input.offset), m.file.len);
    assert_int_equal(zip_open(&zip, &input, &sheet_default_limits, &err), 0);
    struct zip_part *part = zip_part_open(&zip, zip_find(&zip, "two"), true, &err);
    assert_int_equal(zip_part_read(part, buf, sizeof buf, &err), 6);
    assert_int_equal(zip_part_read(part, buf, sizeof buf, &err), 0);
    zip_part_close(&part);
    zip_close(&zip);
    input_close(&input);
    zip_make_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_found),        cmocka_unit_test(test_comment),    cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_lies),         cmocka_unit_test(test_duplicates), cmocka_unit_test(test_deflated_lies),
        cmocka_unit_test(test_damaged_data), cmocka_unit_test(test_ratio),      cmocka_unit_test(test_total),
        cmocka_unit_test(test_zip64),        cmocka_unit_test(test_fold),       cmocka_unit_test(test_far_offset)};
    return cmocka_run_group_tests_name("zip", tests, NULL, NULL);
}
