/* base/hex: digits both ways; nothing else is taken for a digit. */
#include "base/hex.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_digit(void **state)
{
    static const char digits[] = "0123456789abcdefABCDEF";

    (void)state;
    for (int c = -128; c < 128; c++) {
        const char *at = c ? strchr(digits, (unsigned char)c) : NULL;
        int value = at ? (int)(at - digits) : -1;
        assert_int_equal(hex_digit((char)c), value > 15 ? value - 6 : value);
    }
}

static void test_text(void **state)
{
    static const unsigned char bytes[] = {0x00, 0x09, 0xa0, 0xff};
    char text[2 * sizeof bytes + 1];

    (void)state;
    memset(text, 'x', sizeof text);
    assert_ptr_equal(hex_text(bytes, 4, text), text + 8);
    assert_string_equal(text, "0009a0ff");
    assert_ptr_equal(hex_text(bytes, 0, text), text);
    assert_string_equal(text, "");
}

static void test_number(void **state)
{
    char text[17];

    (void)state;
    *hex_number(0, text) = '\0';
    assert_string_equal(text, "0");
    *hex_number(0x1f0, text) = '\0';
    assert_string_equal(text, "1f0");
    *hex_number(UINT64_MAX, text) = '\0';
    assert_string_equal(text, "ffffffffffffffff");
}

static void test_read(void **state)
{
    static const char *const bad[] = {"", "0", "00a", "00aG", "00AF", "00 1", "0x11", "-1-1"};
    unsigned char bytes[2];

    (void)state;
    assert_int_equal(hex_read("09af and more", 2, bytes), 0);
    assert_int_equal(bytes[0], 0x09);
    assert_int_equal(bytes[1], 0xaf);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(hex_read(bad[i], 2, bytes), -1);
}

static void test_uuid(void **state)
{
    static const uint8_t id[16] = {0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0x4d, 0xef, 0x81, 2, 3, 4, 5, 6, 7, 0xf8};
    char text[HEX_UUID_SIZE];

    (void)state;
    hex_uuid(id, text);
    assert_string_equal(text, "12345678-9abc-4def-8102-0304050607f8");
}

static void test_uuid_read(void **state)
{
    static const char *const good[] = {"12345678-9abc-4def-8102-0304050607f8", "12345678-9ABC-4DEF-8102-0304050607F8"};
    static const char *const bad[] = {"",
                                      "12345678",
                                      "123456789abc4def81020304050607f8",
                                      "12345678-9abc-4def-8102-0304050607f",
                                      "12345678-9abc-4def-8102-0304050607f80",
                                      "12345678-9abc-4def-8102-0304050607fg",
                                      "12345678-9abc-4def-81020-304050607f8",
                                      "12345678+9abc-4def-8102-0304050607f8",
                                      " 2345678-9abc-4def-8102-0304050607f8"};
    uint8_t id[16];
    char text[HEX_UUID_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(hex_uuid_read(good[i], id), 0);
        hex_uuid(id, text);
        assert_string_equal(text, good[0]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(hex_uuid_read(bad[i], id), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_digit), cmocka_unit_test(test_text), cmocka_unit_test(test_number),
        cmocka_unit_test(test_read),  cmocka_unit_test(test_uuid), cmocka_unit_test(test_uuid_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
