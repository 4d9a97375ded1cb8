/* Part numbers: the worked examples, the tables against the rules as prose, and idempotence over random bytes. */
#include "handlers/values/partnum.h"

#include "base/utf8.h"
#include "tests/unit/testdata.h"

static void check_example(const char *input, yajl_val expected)
{
    char norm[PN_BYTES], skeleton[PN_BYTES];
    bool folded;
    enum pn_status status = pn_normalise(input, strlen(input), norm, &folded);
    const char *error = json_member_string(expected, "error", "");
    assert_string_equal(pn_status_code(status), error);
    if (error[0] != '\0')
        return;
    assert_string_equal(norm, testdata_string(expected, "norm"));
    assert_int_equal(folded, json_member_bool(expected, "folded", false));
    pn_skeleton(norm, skeleton);
    assert_string_equal(skeleton, testdata_string(expected, "skeleton"));
}

static void examples(void **state)
{
    (void)state;
    yajl_val data = testdata_json("part-numbers.json");
    size_t n;
    yajl_val *cases = testdata_list(data, "cases", &n);
    assert_int_equal(n, 26);
    for (size_t i = 0; i < n; i++)
        check_example(testdata_string(cases[i], "input"), json_member(cases[i], "expected"));
    yajl_tree_free(data);
}

static const char *norm_of(const char *text)
{
    static char norm[PN_BYTES];
    pn_normalise(text, strlen(text), norm, NULL);
    return norm;
}

static void look_alikes(void **state)
{
    (void)state;
    assert_string_equal(norm_of("АВЕЁЅІЈКМНОРСТУХ"), "ABEESIJKMHOPCTYX");
    assert_string_equal(norm_of("авеёѕіјкмнорстух"), "ABEESIJKMHOPCTYX");
    assert_string_equal(norm_of("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ"), "ABEZHIKMNOPTYX");
    assert_string_equal(norm_of("αβεζηικμνορτυχ"), "ABEZHIKMNOPTYX");
    assert_string_equal(norm_of("σς"), "ΣΣ");
    assert_string_equal(norm_of("бгджзийлпфцчшщъыьэюя"), "БГДЖЗИЙЛПФЦЧШЩЪЫЬЭЮЯ");
    assert_string_equal(norm_of("ђћџ"), "ЂЋЏ");
    assert_string_equal(norm_of("àþÿ÷×ß"), "ÀÞÿß");
}

/* Is a code point dropped? The rules once more, in another form: a character class per range. */
static bool must_vanish(uint32_t cp)
{
    if (cp >= 0xFF01 && cp <= 0xFF5E)
        cp -= 0xFEE0;
    if (cp < 0x80)
        return !((cp >= '0' && cp <= '9') || ((cp | 0x20) >= 'a' && (cp | 0x20) <= 'z') || cp == '+' || cp == '=');
    return cp <= 0xBF || cp == 0xD7 || cp == 0xF7 || (cp >= 0x300 && cp <= 0x36F) || (cp >= 0x2000 && cp <= 0x2BFF) ||
           (cp >= 0x3000 && cp <= 0x303F) || (cp >= 0xFE00 && cp <= 0xFE0F) || cp == 0xFEFF;
}

static void every_code_point_once(void **state)
{
    (void)state;
    char text[4], norm[PN_BYTES], again[PN_BYTES];
    size_t len;
    for (uint32_t cp = 0; cp <= 0x10FFFF; cp++) {
        if (cp >= 0xD800 && cp <= 0xDFFF)
            continue;
        size_t n = utf8_encode(cp, text);
        assert_int_equal(utf8_decode(text, n, &len), cp);
        assert_int_equal(pn_normalise(text, n, norm, NULL), must_vanish(cp) ? PN_EMPTY : PN_OK);
        if (!must_vanish(cp)) {
            bool folded = true;
            assert_int_equal(pn_normalise(norm, strlen(norm), again, &folded), PN_OK);
            assert_string_equal(norm, again);
            assert_false(folded);
        }
    }
}

static void length_limit(void **state)
{
    (void)state;
    char text[80 * 4], norm[PN_BYTES];
    size_t n = 0;
    for (int i = 0; i < 64; i++)
        n += utf8_encode(0x1F600, text + n);
    assert_int_equal(pn_normalise(text, n, norm, NULL), PN_OK);
    assert_int_equal(strlen(norm), 256);
    n += utf8_encode('-', text + n);
    assert_int_equal(pn_normalise(text, n, norm, NULL), PN_OK);
    n += utf8_encode('A', text + n);
    assert_int_equal(pn_normalise(text, n, norm, NULL), PN_LONG);
    assert_string_equal(norm, "");
    text[n++] = (char)0xFF; /* bad encoding is told even when it comes after the limit */
    assert_int_equal(pn_normalise(text, n, norm, NULL), PN_ENCODING);
}

static void bad_encoding(void **state)
{
    (void)state;
    static const char *const bad[] = {"A\x80",  "\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                                      "AB\xD0", "\xFF"};
    char norm[PN_BYTES];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(pn_normalise(bad[i], strlen(bad[i]), norm, NULL), PN_ENCODING);
}

/* Bytes, or code points from the alphabets in question, or both. */
static size_t random_text(uint64_t *seed, char *out, size_t max)
{
    static const uint32_t starts[] = {0x20, 0x60, 0xA0, 0xE0, 0x300, 0x390, 0x400, 0x440, 0x2000, 0xFF00, 0x1F600};
    size_t n = 0, want = testdata_random(seed) % max;
    bool bytes = testdata_random(seed) % 4 == 0;
    while (n + 4 < want) {
        uint64_t r = testdata_random(seed);
        if (bytes && r % 8 == 0)
            out[n++] = (char)(r >> 8);
        else
            n += utf8_encode(starts[(r >> 8) % 11] + (uint32_t)((r >> 16) % 0x60), out + n);
    }
    return n;
}

static void twice_changes_nothing(void **state)
{
    (void)state;
    uint64_t seed = 3;
    char text[300], norm[PN_BYTES], again[PN_BYTES], skeleton[PN_BYTES], bones[PN_BYTES];
    unsigned good = 0, bad = 0;
    for (int i = 0; i < 100000; i++) {
        size_t n = random_text(&seed, text, sizeof text);
        bool folded;
        enum pn_status status = pn_normalise(text, n, norm, &folded);
        assert_int_equal(status == PN_ENCODING, !utf8_valid(text, n));
        good += status == PN_OK;
        bad += status == PN_ENCODING;
        if (status != PN_OK) {
            assert_string_equal(norm, "");
            continue;
        }
        assert_int_equal(pn_normalise(norm, strlen(norm), again, &folded), PN_OK);
        assert_string_equal(norm, again);
        assert_false(folded);
        pn_skeleton(norm, skeleton);
        pn_skeleton(skeleton, bones);
        assert_string_equal(skeleton, bones);
    }
    assert_true(good > 10000 && bad > 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples),     cmocka_unit_test(look_alikes),  cmocka_unit_test(every_code_point_once),
        cmocka_unit_test(length_limit), cmocka_unit_test(bad_encoding), cmocka_unit_test(twice_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
