/* Columns as JSON, numbers that clients write, and long texts into files. */
#include "base/filesink.h"
#include "handlers/read/rowjson.h"

#include "tests/unit/testdata.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void columns_become_members(void **state)
{
    struct json_out out;
    struct store_value text = STORE_S("\"<\xD0\x96>\""), none = STORE_N, number = STORE_S("18446744073709551615"),
                       no = STORE_S("0"), yes = STORE_S("1"), moment = STORE_S("2026-02-05 06:07:08.090"),
                       object = STORE_S("{\"a\":[1]}");
    (void)state;
    json_out_init(&out);
    json_object(&out);
    row_put_text(&out, "text", &text);
    row_put_number(&out, "number", &number);
    row_put_bool(&out, "no", &no);
    row_put_bool(&out, "yes", &yes);
    row_put_moment(&out, "moment", &moment);
    row_put_json(&out, "object", &object);
    row_put_text(&out, "n1", &none);
    row_put_number(&out, "n2", &none);
    row_put_bool(&out, "n3", &none);
    row_put_moment(&out, "n4", &none);
    row_put_json(&out, "n5", &none);
    json_object_end(&out);
    char *copy = json_out_copy(&out);
    assert_string_equal(copy, "{\"text\":\"\\\"<\xD0\x96>\\\"\",\"number\":18446744073709551615,\"no\":false,"
                              "\"yes\":true,\"moment\":\"2026-02-05T06:07:08.090Z\",\"object\":{\"a\":[1]},"
                              "\"n1\":null,\"n2\":null,\"n3\":null,\"n4\":null,\"n5\":null}");
    free(copy);
    json_out_fini(&out);
}

static void ids_are_plain_numbers(void **state)
{
    static const char *const bad[] = {"", "0", "000", "-1", "+1", " 1", "1 ", "1x", "0x1", "1234567890123456789"};
    uint64_t id = 0;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(row_id(bad[i], &id));
    assert_true(row_id("1", &id) && id == 1);
    assert_true(row_id("0042", &id) && id == 42);
    assert_true(row_id("999999999999999999", &id) && id == UINT64_C(999999999999999999));
}

static void a_copy_is_cut_and_terminated(void **state)
{
    struct store_value text = STORE_S("abcdef"), none = STORE_N;
    char out[4] = "xyz";
    (void)state;
    assert_string_equal(row_copy(out, sizeof out, &text), "abc");
    assert_string_equal(row_copy(out, sizeof out, &none), "");
}

/* A document larger than the buffer is written whole. */
static void json_goes_out_in_pieces(void **state)
{
    char path[] = "/tmp/pf-rowjson-XXXXXX", piece[101];
    struct file_sink sink = {.fd = mkstemp(path)};
    struct json_out out;
    size_t most = 0;
    (void)state;
    assert_true(sink.fd >= 0);
    unlink(path);
    memset(piece, 'x', sizeof piece - 1);
    piece[sizeof piece - 1] = '\0';
    json_out_init(&out);
    json_array(&out);
    for (unsigned i = 0; i < 5000; i++) {
        size_t held;
        json_string(&out, piece);
        assert_int_equal(file_sink_json(&sink, &out, false), 0);
        json_out_text(&out, &held);
        most = held > most ? held : most;
    }
    json_array_end(&out);
    assert_int_equal(file_sink_json(&sink, &out, true), 0);
    json_out_fini(&out);
    assert_true(most < 70000);
    assert_int_equal(sink.len, 1 + 5000 * 103); /* brackets, and one comma fewer than strings */
    assert_int_equal(lseek(sink.fd, 0, SEEK_END), (off_t)sink.len);
    char *text = malloc(sink.len), why[80];
    assert_non_null(text);
    assert_int_equal(pread(sink.fd, text, sink.len, 0), (ssize_t)sink.len);
    yajl_val array = json_parse(text, sink.len, 2, why, sizeof why);
    assert_non_null(array);
    assert_int_equal(array->u.array.len, 5000);
    assert_string_equal(array->u.array.values[4999]->u.string, piece);
    yajl_tree_free(array);
    free(text);
    close(sink.fd);
}

static void a_full_disk_ends_the_writing(void **state)
{
    struct file_sink sink = {.fd = open("/dev/full", O_WRONLY | O_CLOEXEC)};
    (void)state;
    assert_true(sink.fd >= 0);
    assert_int_equal(file_sink_write("abc", 3, &sink), -ENOSPC);
    assert_int_equal(file_sink_write("abc", 3, &sink), -ENOSPC);
    assert_int_equal(sink.error, ENOSPC);
    assert_int_equal(sink.len, 0);
    close(sink.fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_become_members),       cmocka_unit_test(ids_are_plain_numbers),
        cmocka_unit_test(a_copy_is_cut_and_terminated), cmocka_unit_test(json_goes_out_in_pieces),
        cmocka_unit_test(a_full_disk_ends_the_writing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
