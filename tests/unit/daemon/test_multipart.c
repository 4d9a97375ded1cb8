/* The form scanner: shapes that browsers and curl send, delimiters at every place of a block, and each fault's
 * sentence. */
#include "daemon/accept/multipart.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct multipart form;
static char why[200];

static int scan_bytes(const void *bytes, size_t n, const char *boundary)
{
    FILE *file = tmpfile();
    int result;

    assert_non_null(file);
    assert_int_equal(write(fileno(file), bytes, n), n);
    why[0] = '\0';
    result = multipart_scan(fileno(file), n, boundary, &form, why, sizeof why);
    fclose(file);
    return result;
}

static int scan(const char *text)
{
    return scan_bytes(text, strlen(text), "B");
}

#define FIELD(name, value) "--B\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n" value "\r\n"
#define FILE_PART(content)                                                                                             \
    "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.xlsx\"\r\nContent-Type: x/y\r\n\r\n" content   \
    "\r\n"

static void test_form(void **state)
{
    static const char text[] =
        FIELD("mode", "merge") FIELD("empty", "") FILE_PART("\r\ndata--B\r\n") FIELD("w", "\xd0\xb6") "--B--\r\n";

    (void)state;
    assert_int_equal(scan(text), 0);
    assert_int_equal(form.n_fields, 3);
    assert_string_equal(form.field[0].name, "mode");
    assert_string_equal(form.field[0].value, "merge");
    assert_string_equal(form.field[1].value, "");
    assert_string_equal(form.field[2].value, "\xd0\xb6");
    assert_string_equal(form.file_name, "a.xlsx");
    assert_int_equal(form.file_length, 11);
    assert_memory_equal(text + form.file_offset, "\r\ndata--B\r\n", 11);
    multipart_fini(&form);
}

static void test_writings(void **state)
{
    (void)state;
    /* no final line end, unquoted name, odd case, extra parameters, escaped quote */
    assert_int_equal(scan("--B\r\ncontent-disposition: Form-Data;name=file; filename=\"a\\\"b\\\\c%22.mxl\"; "
                          "size=3\r\n\r\nabc\r\n--B--"),
                     0);
    assert_string_equal(form.file_name, "a\"b\\c%22.mxl");
    assert_int_equal(form.file_length, 3);
    multipart_fini(&form);
    /* an empty file, and a name that would disturb a terminal */
    assert_int_equal(scan("--B\r\nContent-Disposition: form-data; name=\"file\"; "
                          "filename=\"a\x1b[2J\xe2\x80\xae.xlsx\"\r\n\r\n\r\n--B--"),
                     0);
    assert_string_equal(form.file_name, "a_[2J___.xlsx");
    assert_int_equal(form.file_length, 0);
    multipart_fini(&form);
}

/* RFC 2046 section 5.1.1: what stands before the first boundary and behind the last one is not read, blanks may follow a
 * boundary, and a part without data ends with its header. */
static void test_preamble_padding_and_epilogue(void **state)
{
    static const char part[] = "Content-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\nabc\r\n";
    static const struct {
        const char *before, *first, *last;
    } ways[] = {
        {"", "--B\r\n", "--B--"},
        {"", "--B \t \r\n", "--B--"},
        {"", "--B\r\n", "--B--\t "},
        {"", "--B\r\n", "--B-- \r\n"},
        {"", "--B\r\n", "--B--\r\nThe end.\r\n--B\r\n"},
        {"\r\n", "--B\r\n", "--B--"},
        {"This is a form.\r\n", "--B\r\n", "--B--\r\n"},
        {"x--B\r\n\r\n", "--B\t\r\n", "--B--"},
    };
    char text[70000];

    (void)state;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        snprintf(text, sizeof text, "%s%s%s%s", ways[i].before, ways[i].first, part, ways[i].last);
        if (scan(text) != 0)
            fail_msg("%s: %s", text, why);
        assert_int_equal(form.file_length, 3);
        assert_memory_equal(text + form.file_offset, "abc", 3);
        multipart_fini(&form);
    }
    /* Padding and preamble longer than a block. */
    memset(text, ' ', sizeof text);
    memcpy(text, "--B", 3);
    snprintf(text + 66000, sizeof text - 66000, "\r\n%s--B--", part);
    assert_int_equal(scan(text), 0);
    memcpy(text, "---", 3);
    memcpy(text + 66000 - 5, "\r\n--B", 5);
    assert_int_equal(scan(text), 0);
    assert_memory_equal(text + form.file_offset, "abc", 3);
    multipart_fini(&form);
    assert_int_equal(scan("--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n" FILE_PART("1") "--B--"), 0);
    assert_int_equal(form.n_fields, 1);
    assert_string_equal(form.field[0].value, "");
    assert_int_equal(form.files, 1);
    multipart_fini(&form);
}

static void test_delimiter_anywhere_in_a_block(void **state)
{
    static const char boundary[] = "0123456789012345678901234567890123456789012345678901234567890123456789";
    size_t room = 3 * 65536 + 1000;
    char *text = malloc(room);

    (void)state;
    assert_non_null(text);
    /* The search works in blocks of 64 KiB from the start of the data: put the delimiter around their ends. */
    for (size_t data = 65536 - 80; data < 65536 + 80; data++)
        for (size_t blocks = 0; blocks < 2; blocks++) {
            size_t n = (size_t)snprintf(
                text, room, "--%s\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n", boundary);
            size_t size = data + blocks * 65460, start = n;
            memset(text + n, '\r', size);
            n += size;
            n += (size_t)snprintf(text + n, room - n, "\r\n--%s--\r\n", boundary);
            assert_int_equal(scan_bytes(text, n, boundary), 0);
            assert_int_equal(form.file_offset, start);
            assert_int_equal(form.file_length, size);
        }
    free(text);
}

static void test_faults(void **state)
{
    static const struct {
        const char *text, *part_of_why;
    } bad[] = {
        {"", "does not have the boundary"},
        {"--", "does not have the boundary"},
        {"--C\r\n", "does not have the boundary"},
        {"x--B--", "does not have the boundary"},
        {"\n--B--", "does not have the boundary"},
        {"\r\n--B--", "has no file"},
        {"--B", "cut off behind a boundary"},
        {"--B-", "cut off behind a boundary"},
        {"--Bx\r\n", "followed by other text"},
        {"--B--", "has no file"},
        {"--B--\r\nmore", "has no file"},
        {FILE_PART("1") "--B--x", "followed by other text"},
        {FILE_PART("1") "--B-- x", "followed by other text"},
        {FILE_PART("1") "--B--\n", "followed by other text"},
        {FILE_PART("1") "--B--\r", "cut off behind a boundary"},
        {"--B \t", "cut off behind a boundary"},
        {"--B \n\n", "followed by other text"},
        {FIELD("a", "1") "--B--", "has no file"},
        {"--B\r\n", "header of a form part is cut off"},
        {"--B\r\n\r\nx\r\n--B--", "has no header, so no name"},
        {"--B\r\nContent-Disposition: form-data; name=\"\"\r\n\r\nx\r\n--B--", "has no name"},
        {"--B\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\nx\r\n--B--", "not form-data"},
        {"--B\r\nContent-Disposition: form-data; name=\"a\r\n\r\nx\r\n--B--", "no closing quote"},
        {"--B\r\nContent-Disposition: form-data; name=\"a\"; name=\"b\"\r\n\r\nx\r\n--B--", "two names"},
        {"--B\r\nContent-Disposition: form-data; name=\"a\" x\r\n\r\nx\r\n--B--", "malformed"},
        {"--B\r\nContent-Disposition: form-data; name=\"a\x01\"\r\n\r\nx\r\n--B--", "control characters"},
        {"--B\r\nContent-Disposition: form-data; name=\"a\xff\"\r\n\r\nx\r\n--B--", "not UTF-8"},
        {"--B\r\nContent-Disposition: form-data; name=\"a\"\r\nContent-Transfer-Encoding: base64\r\n\r\nx\r\n--B--",
         "must not be encoded"},
        {FIELD("a", "1"), "no boundary after it"},
        {"--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\nabc",
         "cut off: the part \"file\""},
        {FIELD("a", "1") FIELD("a", "2") "--B--", "there twice"},
        {FIELD("a", "\xff") "--B--", "not UTF-8"},
        {FILE_PART("1") FILE_PART("2") "--B--", "two files"},
        {"--B\r\nContent-Disposition: form-data; name=\"other\"; filename=\"x\"\r\n\r\n1\r\n--B--",
         "must be called \"file\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (scan(bad[i].text) != -1)
            fail_msg("accepted: %s", bad[i].text);
        if (!strstr(why, bad[i].part_of_why))
            fail_msg("%s: %s", bad[i].text, why);
        assert_int_equal(form.n_fields, 0);
    }
}

static void test_bounds(void **state)
{
    static char text[MULTIPART_VALUE_MAX + 20000];
    size_t n = 0;

    (void)state;
    for (unsigned i = 0; i <= MULTIPART_FIELDS_MAX; i++)
        n += (size_t)snprintf(text + n, sizeof text - n,
                              "--B\r\nContent-Disposition: form-data; name=\"f%u\"\r\n\r\n\r\n", i);
    snprintf(text + n, sizeof text - n, "--B--");
    assert_int_equal(scan(text), -1);
    assert_non_null(strstr(why, "more than 64 fields"));

    n = (size_t)snprintf(text, sizeof text, "--B\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\n");
    memset(text + n, 'x', MULTIPART_VALUE_MAX + 1);
    snprintf(text + n + MULTIPART_VALUE_MAX + 1, 100, "\r\n--B--");
    assert_int_equal(scan(text), -1);
    assert_non_null(strstr(why, "longer than 524288"));

    n = (size_t)snprintf(text, sizeof text,
                         FIELD("a", "1") "--B\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\n");
    memset(text + n, 'x', MULTIPART_VALUE_MAX);
    snprintf(text + n + MULTIPART_VALUE_MAX, 100, "\r\n--B--");
    assert_int_equal(scan(text), -1);
    assert_non_null(strstr(why, "together"));

    n = (size_t)snprintf(text, sizeof text, "--B\r\nX: ");
    memset(text + n, 'x', 5000);
    snprintf(text + n + 5000, 100, "\r\n\r\n\r\n--B--");
    assert_int_equal(scan(text), -1);
    assert_non_null(strstr(why, "longer than 4096"));
    assert_int_equal(scan_bytes("--B--", 5, ""), -1);
}

static void test_fields_alone(void **state)
{
    static const char text[] = FIELD("mode", "merge") "--B--";
    FILE *file = tmpfile();

    (void)state;
    assert_int_equal(fwrite(text, 1, sizeof text - 1, file), sizeof text - 1);
    fflush(file);
    assert_int_equal(multipart_scan_fields(fileno(file), sizeof text - 1, "B", &form, why, sizeof why), 0);
    assert_int_equal(form.n_fields, 1);
    assert_int_equal(form.files, 0);
    multipart_fini(&form);
    fclose(file);
    assert_int_equal(scan(text), -1);
}

static void test_cut_anywhere_is_a_fault(void **state)
{
    static const char text[] = FIELD("mode", "merge") FILE_PART("data") "--B--";

    (void)state;
    for (size_t n = 0; n < sizeof text - 1; n++)
        assert_int_equal(scan_bytes(text, n, "B"), -1);
    assert_int_equal(scan_bytes(text, sizeof text - 1, "B"), 0);
    multipart_fini(&form);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_form),
        cmocka_unit_test(test_writings),
        cmocka_unit_test(test_preamble_padding_and_epilogue),
        cmocka_unit_test(test_delimiter_anywhere_in_a_block),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_fields_alone),
        cmocka_unit_test(test_cut_anywhere_is_a_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
