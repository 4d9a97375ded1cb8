/* JSON: what is written is read back; what must be refused is refused. */
#include "base/json.h"

#include "base/utf8.h"
#include "tests/unit/testdata.h"

static void writes(void **state)
{
    (void)state;
    struct json_out out;
    json_out_init(&out);
    json_object(&out);
    json_put_string(&out, "text", "a\"b\\c/\n\xD1\x8F\x01");
    json_put_string(&out, "none", NULL);
    json_put_int(&out, "low", INT64_MIN + 1);
    json_put_bool(&out, "yes", true);
    json_key(&out, "list");
    json_array(&out);
    json_int(&out, 1);
    json_null(&out);
    json_bool(&out, false);
    json_string_n(&out, NULL, 0);
    json_raw(&out, "{\"x\":[1.50]}", 12);
    json_array_end(&out);
    json_object_end(&out);
    size_t n;
    const char *text = json_out_text(&out, &n);
    assert_string_equal(text, "{\"text\":\"a\\\"b\\\\c/\\n\xD1\x8F\\u0001\",\"none\":null,\"low\":-9223372036854775807,"
                              "\"yes\":true,\"list\":[1,null,false,\"\",{\"x\":[1.50]}]}");
    assert_int_equal(n, strlen(text));
    char *copy = json_out_copy(&out);
    json_out_fini(&out);
    yajl_val tree = json_parse(copy, n, 4, (char[64]){0}, 64);
    assert_non_null(tree);
    assert_string_equal(json_member_string(tree, "text", ""), "a\"b\\c/\n\xD1\x8F\x01");
    assert_int_equal(json_member_int(tree, "low", 0), INT64_MIN + 1);
    assert_true(json_member_bool(tree, "yes", false));
    yajl_tree_free(tree);
    free(copy);
}

static void empty_text(void **state)
{
    (void)state;
    struct json_out out;
    json_out_init(&out);
    size_t n = 1;
    assert_string_equal(json_out_text(&out, &n), "");
    assert_int_equal(n, 0);
    json_out_fini(&out);
}

static void repairs_bad_utf8(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"a\xFFz", "\"a\uFFFDz\""},
        {"\xD0", "\"\uFFFD\""},
        {"\xED\xA0\x80", "\"\uFFFD\uFFFD\uFFFD\""},
        {"\xF0\x9F\x98", "\"\uFFFD\""},
        {"\xC0\xAFok", "\"\uFFFD\uFFFDok\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct json_out out;
        json_out_init(&out);
        json_string(&out, cases[i][0]);
        assert_string_equal(json_out_text(&out, NULL), cases[i][1]);
        json_out_fini(&out);
    }
}

static void expect_refused(const char *text, size_t n, const char *reason)
{
    char why[64] = "";
    yajl_val tree = json_parse(text, n, 4, why, sizeof why);
    if (tree)
        fail_msg("taken: %s", text);
    if (!strstr(why, reason))
        fail_msg("%s: \"%s\" says nothing of \"%s\"", text, why, reason);
}

static void refuses(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"", "empty"},
        {"  ", "cut short"},
        {"{", "cut short"},
        {"[1,2", "cut short"},
        {"\"abc", "cut short"},
        {"{} x", "byte"},
        {"{}{}", "byte"},
        {"1 2", "something follows"},
        {"[1,]", "byte"},
        {"{\"a\":1,}", "byte"},
        {"{a:1}", "byte"},
        {"'a'", "byte"},
        {"nul", ""},
        {"nan", "byte"},
        {"01", "something follows"},
        {"+1", "byte"},
        {".5", "byte"},
        {"1.", ""},
        {"\"\t\"", "byte"},
        {"\"\\x\"", "byte"},
        {"\"\\u12\"", "byte"},
        {"/* c */ {}", "byte"},
        {"{} // c", "byte"},
        {"{\"a\":1,\"a\":2}", "twice"},
        {"[{\"b\":{\"a\":1,\"c\":0,\"a\":1}}]", "twice"},
        {"{\"a\":1,\"\\u0061\":2}", "twice"},
        {"[[[[[1]]]]]", "deeper than 4"},
        {"{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}", "deeper than 4"},
        {"\"\\u0000\"", "U+0000"},
        {"{\"a\\u0000b\":1}", "U+0000"},
        {"\"\\ud800\"", "surrogate"},
        {"\"\\ud800\\u0041\"", "surrogate"},
        {"\"\\udc00\"", "surrogate"},
        {"\"\\ud800x\"", "surrogate"},
        {"\"\xFF\"", "UTF-8"},
        {"\"\xED\xA0\x80\"", "UTF-8"},
        {"\"\xC0\x80\"", "UTF-8"},
        {"\xEF\xBB\xBF{}", "byte"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_refused(cases[i][0], strlen(cases[i][0]), cases[i][1]);
    expect_refused("{}\0{}", 5, "zero byte");
    expect_refused("\"a\0b\"", 5, "zero byte");
}

static void accepts(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "[[[[1]]]]",
        "null",
        " {} \n",
        "\"\\ud83d\\ude00\"",
        "\"\\\\u0000\"",
        "123456789012345678901234567890.5e-3",
        "{\"a\":{\"a\":1},\"b\":{\"a\":2}}",
        "[1,1]",
        "\"\\\\\"",
        "\"\\\"\\\\\\u0041\"",
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char why[64] = "";
        yajl_val tree = json_parse(cases[i], strlen(cases[i]), 4, why, sizeof why);
        if (!tree)
            fail_msg("%s: %s", cases[i], why);
        yajl_tree_free(tree);
    }
}

/* The body of a request is not terminated: bytes behind n must not count. */
static void reads_n_bytes(void **state)
{
    static const char list[4] = {'[', '1', '2', ']'}, escape[4] = {'"', '\\', 'u', '0'};
    (void)state;
    char *text = malloc(4);
    assert_non_null(text);
    memcpy(text, list, sizeof list);
    yajl_val tree = json_parse(text, 4, 1, (char[8]){0}, 8);
    assert_non_null(tree);
    yajl_tree_free(tree);
    assert_null(json_parse(text, 3, 1, (char[8]){0}, 8));
    memcpy(text, escape, sizeof escape);
    assert_null(json_parse(text, 4, 1, (char[8]){0}, 8));
    free(text);
}

static void many_keys(void **state)
{
    (void)state;
    enum { KEYS = 20000 };
    struct json_out out;
    json_out_init(&out);
    json_object(&out);
    for (int i = 0; i < KEYS; i++) {
        char key[16];
        snprintf(key, sizeof key, "k%d", i * 7919 % KEYS);
        json_put_int(&out, key, i);
    }
    json_object_end(&out);
    size_t n;
    const char *text = json_out_text(&out, &n);
    yajl_val tree = json_parse(text, n, 1, (char[64]){0}, 64);
    assert_non_null(tree);
    yajl_tree_free(tree);
    json_out_fini(&out);
}

static void members(void **state)
{
    (void)state;
    const char *text = "{\"s\":\"x\",\"t\":true,\"f\":false,\"i\":5,\"d\":5.5,\"n\":null,\"w\":99999999999999999999}";
    yajl_val tree = json_parse(text, strlen(text), 1, (char[64]){0}, 64);
    assert_non_null(tree);
    assert_string_equal(json_member_string(tree, "s", "-"), "x");
    assert_string_equal(json_member_string(tree, "i", "-"), "-");
    assert_string_equal(json_member_string(tree, "zz", "-"), "-");
    assert_true(json_member_bool(tree, "t", false));
    assert_false(json_member_bool(tree, "f", true));
    assert_true(json_member_bool(tree, "n", true));
    assert_int_equal(json_member_int(tree, "i", -1), 5);
    assert_int_equal(json_member_int(tree, "d", -1), -1);
    assert_int_equal(json_member_int(tree, "w", -1), -1);
    assert_null(json_member(NULL, "x"));
    assert_null(json_member(json_member(tree, "s"), "x"));
    yajl_tree_free(tree);
}

/* Random bytes and damaged good texts are refused or parsed; the sanitizers watch for anything else. */
static void damaged_texts(void **state)
{
    (void)state;
    static const char good[] =
        "{\"a\":[1,2.5e3,\"\\u0451\\ud83d\\ude00\\n\",{\"b\":null,\"c\":[true,false]}],\"d\":\"\xD1\x91\"}";
    uint64_t seed = 21;
    unsigned parsed = 0;
    for (int i = 0; i < 50000; i++) {
        char text[sizeof good];
        size_t n = testdata_random(&seed) % sizeof good;
        memcpy(text, good, sizeof good);
        if (testdata_random(&seed) & 1)
            n = sizeof good - 1;
        for (uint64_t changes = testdata_random(&seed) % 3; changes > 0 && n > 0; changes--)
            text[testdata_random(&seed) % n] = (char)testdata_random(&seed);
        char *exact = malloc(n + !n);
        assert_non_null(exact);
        memcpy(exact, text, n);
        yajl_val tree = json_parse(exact, n, 4, (char[64]){0}, 64);
        parsed += tree != NULL;
        yajl_tree_free(tree);
        free(exact);
    }
    assert_true(parsed > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes),    cmocka_unit_test(empty_text), cmocka_unit_test(repairs_bad_utf8),
        cmocka_unit_test(refuses),   cmocka_unit_test(accepts),    cmocka_unit_test(reads_n_bytes),
        cmocka_unit_test(many_keys), cmocka_unit_test(members),    cmocka_unit_test(damaged_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
