/* UTF-8: every code point, every pair of bytes, and cutting and trimming at characters. */
#include "base/utf8.h"

#include "tests/unit/testdata.h"

static void every_code_point(void **state)
{
    (void)state;
    char text[4];
    size_t len;
    for (uint32_t cp = 0; cp <= 0x10FFFF; cp++) {
        size_t n = utf8_encode(cp, text);
        bool surrogate = cp >= 0xD800 && cp <= 0xDFFF;
        uint32_t back = utf8_decode(text, n, &len);
        assert_int_equal(back, surrogate ? UTF8_BAD : cp);
        assert_int_equal(len, surrogate ? 1 : n);
        assert_int_equal(utf8_valid(text, n), !surrogate);
        assert_false(n > 1 && utf8_valid(text, n - 1));
    }
}

/* A text of three bytes is valid exactly if it encodes some code points. */
static void every_three_bytes(void **state)
{
    (void)state;
    unsigned long valid = 0;
    for (unsigned i = 0; i < 1U << 24; i++) {
        const char text[3] = {(char)(i >> 16), (char)(i >> 8), (char)i};
        valid += utf8_valid(text, 3);
    }
    const unsigned long one = 0x80, two = 0x780, three = 0xF800 - 0x800; /* characters by length, surrogates left out */
    assert_int_equal(valid, one * one * one + 2 * one * two + three);
}

/* The fast paths for ASCII and Cyrillic must not skip a malformed byte, wherever it is. */
static void validity_at_every_place(void **state)
{
    (void)state;
    static const char *const bad[] = {"\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xD0"};
    char text[64];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        for (size_t before = 0; before < 20; before++)
            for (int cyrillic = 0; cyrillic < 2; cyrillic++) {
                size_t n = before, len = strlen(bad[i]);
                memset(text, 'x', sizeof text);
                if (cyrillic)
                    for (size_t k = 0; k < before; k++, n++)
                        memcpy(text + 2 * k, "\u044F", 2);
                assert_true(utf8_valid(text, n + 20));
                memcpy(text + n, bad[i], len);
                assert_false(utf8_valid(text, n + len));
                assert_false(utf8_valid(text, n + 20));
            }
    assert_int_equal(utf8_units("a\u044F\u2116\U0001F600", 10), 5);
}

static void malformed_stretches(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t len;
    } cases[] = {{"\x80", 1},         {"\xC0\x80", 1},         {"\xD0", 1},         {"\xD0z", 1},
                 {"\xE1\x80z", 2},    {"\xE0\x80\x80", 1},     {"\xED\xA0\x80", 1}, {"\xF0\x9F\x98", 3},
                 {"\xF4\x90\x80", 1}, {"\xF5\x80\x80\x80", 1}, {"\xFF", 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t len;
        assert_int_equal(utf8_decode(cases[i].text, strlen(cases[i].text), &len), UTF8_BAD);
        assert_int_equal(len, cases[i].len);
    }
}

static void cuts(void **state)
{
    (void)state;
    const char *text = "a\u044F\u2116\U0001F600"; /* 1 + 2 + 3 + 4 bytes */
    static const size_t expected[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
    for (size_t max = 0; max < 12; max++)
        assert_int_equal(utf8_cut(text, 10, max), expected[max]);
    assert_int_equal(utf8_cut("", 0, 5), 0);
}

static void expect_trimmed(const char *text, const char *expected)
{
    size_t n = strlen(text);
    utf8_trim(&text, &n);
    assert_int_equal(n, strlen(expected));
    assert_memory_equal(text, expected, n);
}

static void trims(void **state)
{
    (void)state;
    expect_trimmed("", "");
    expect_trimmed(" \t\r\n\v\f", "");
    expect_trimmed("\u00A0\u2007\u202F\u3000", "");
    expect_trimmed(" a b ", "a b");
    expect_trimmed("\u2009\u044F\u00A0", "\u044F");
    expect_trimmed("\u200Ba", "\u200Ba"); /* zero width is not white space */
    expect_trimmed("\xA0 x \xC2", "\xA0 x \xC2");
    expect_trimmed("x\x80\x80\x80\x80", "x\x80\x80\x80\x80");
}

static void lower_case(void **state)
{
    (void)state;
    static const uint32_t pairs[][2] = {{'A', 'a'},     {'Z', 'z'},     {'@', '@'},     {'[', '['},     {0xC0, 0xE0},
                                        {0xDE, 0xFE},   {0xD7, 0xD7},   {0xDF, 0xDF},   {0x391, 0x3B1}, {0x3A9, 0x3C9},
                                        {0x3A2, 0x3A2}, {0x401, 0x451}, {0x40F, 0x45F}, {0x410, 0x430}, {0x42F, 0x44F},
                                        {0x430, 0x430}, {0x451, 0x451}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        assert_int_equal(utf8_lower(pairs[i][0]), pairs[i][1]);
    for (uint32_t cp = 0; cp < 0x3000; cp++)
        assert_int_equal(utf8_lower(utf8_lower(cp)), utf8_lower(cp));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_point),
        cmocka_unit_test(every_three_bytes),
        cmocka_unit_test(validity_at_every_place),
        cmocka_unit_test(malformed_stretches),
        cmocka_unit_test(cuts),
        cmocka_unit_test(trims),
        cmocka_unit_test(lower_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
