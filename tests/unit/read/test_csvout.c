/* Tables as CSV: guards, quotes and numbers byte for byte, and a strict reader that must get every field back. */
#include "handlers/read/csvout.h"

#include "tests/unit/testdata.h"

/* Everything written so far. */
struct text {
    char *bytes;
    size_t n, room;
    unsigned calls;
    int answer;
};

static int collect(const char *bytes, size_t n, void *ctx)
{
    struct text *text = ctx;
    text->calls++;
    if (text->answer != 0)
        return text->answer;
    if (text->n + n + 1 > text->room) {
        text->room = (text->n + n + 1) * 2;
        text->bytes = realloc(text->bytes, text->room);
        assert_non_null(text->bytes);
    }
    memcpy(text->bytes + text->n, bytes, n);
    text->n += n;
    text->bytes[text->n] = '\0';
    return 0;
}

static struct csv_out *opened(const struct csv_options *options, struct text *text)
{
    struct csv_out *out = malloc(sizeof *out);
    assert_non_null(out);
    csv_out_open(out, options, collect, text);
    return out;
}

/* A text between two others, and numbers, with these options. */
static void expect_field(const struct csv_options *options, const char *name, const char *expected)
{
    struct text text = {0};
    struct csv_out *out = opened(options, &text);
    char whole[512], sep = options->separator;
    csv_out_text(out, "L");
    csv_out_text(out, name);
    csv_out_price(out, 10000);
    csv_out_price(out, 0);
    csv_out_text(out, NULL);
    csv_out_end(out);
    csv_out_text(out, "next");
    csv_out_end(out);
    assert_int_equal(csv_out_flush(out), 0);
    const char *price = options->decimal != ',' ? "1.00" : sep == ',' ? "\"1,00\"" : "1,00";
    snprintf(whole, sizeof whole, "L%c%s%c%s%c%c\r\nnext\r\n", sep, expected, sep, price, sep, sep);
    assert_string_equal(text.bytes, whole);
    free(text.bytes);
    free(out);
}

static void numbers(void **state)
{
    (void)state;
    struct text text = {0};
    struct csv_options options;
    csv_options_init(&options);
    options.decimal = ',';
    struct csv_out *out = opened(&options, &text);
    csv_out_price(out, 1850000000);
    csv_out_price(out, 380005050);
    csv_out_scaled(out, true, 10500, 3);
    csv_out_scaled(out, true, -7000, 3);
    csv_out_scaled(out, false, 7000, 3);
    csv_out_scaled(out, true, 4294967295, 0);
    csv_out_end(out);
    assert_int_equal(csv_out_flush(out), 0);
    assert_string_equal(text.bytes, "\"185000,00\",\"38000,5050\",\"10,5\",-7,,4294967295\r\n");
    free(text.bytes);
    free(out);
}

static void guards_and_quotes(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"plain", "plain"},
        {"", ""},
        {"=1", "'=1"},
        {"+1", "'+1"},
        {"-1", "'-1"},
        {"@x", "'@x"},
        {"  =1", "'  =1"},
        {"\t1", "'\t1"},
        {"\r1", "\"'\r1\""},
        {"\n1", "\"'\n1\""},
        {"\uFF1D1", "'\uFF1D1"},
        {"\uFF0B1", "'\uFF0B1"},
        {"\uFF0D1", "'\uFF0D1"},
        {" \uFF201", "' \uFF201"},
        {"\uFF1E1", "\uFF1E1"},
        {"a=1", "a=1"},
        {"'=1", "'=1"},
        {" a", "\" a\""},
        {"a ", "\"a \""},
        {"=a ", "\"'=a \""},
        {" =a ", "\"' =a \""},
        {" =a,b", "\"' =a,b\""},
        {" ", "\" \""},
        {"a\"b", "\"a\"\"b\""},
        {"\"", "\"\"\"\""},
        {"\"\"", "\"\"\"\"\"\""},
        {"a\nb", "\"a\nb\""},
        {"a\rb", "\"a\rb\""},
        {"a;b", "a;b"},
        {"a\tb", "a\tb"},
        {"=\"x\"", "\"'=\"\"x\"\"\""},
    };
    struct csv_options options;
    csv_options_init(&options);
    options.header = false;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_field(&options, cases[i][0], cases[i][1]);
    options.formula_guard = false;
    expect_field(&options, "=1", "=1");
    expect_field(&options, " =1", "\" =1\"");
    options.separator = ';';
    options.decimal = ',';
    expect_field(&options, "a;b", "\"a;b\"");
    expect_field(&options, "a,b", "a,b");
}

static void cells_keep_their_numbers(void **state)
{
    (void)state;
    static const char *const fields[] = {"-3",  "+1.50", "-2,75", "-",  "-3,", "--3", "-1e3",
                                         "-3 ", "=1",    "",      NULL, "5",   "'=1", "'x"};
    struct text text = {.answer = 0};
    struct csv_options options;
    struct csv_out *out = malloc(sizeof *out);
    assert_non_null(out);
    csv_options_init(&options);
    csv_out_open(out, &options, collect, &text);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        csv_out_cell(out, fields[i]);
    csv_out_end(out);
    assert_int_equal(csv_out_flush(out), 0);
    assert_string_equal(text.bytes, "-3,+1.50,\"-2,75\",'-,\"'-3,\",'--3,'-1e3,\"'-3 \",'=1,,,5,''=1,'x\r\n");
    free(text.bytes);
    free(out);
}

static void single_options_win_over_the_preset(void **state)
{
    (void)state;
    const struct param_raw raw[] = {{"excel", "ru"}, {"sep", "tab"},     {"bom", "0"},
                                    {"lang", "en"},  {"decimal", "dot"}, {"header", "0"}};
    struct param_faults faults = {0};
    struct csv_options options;
    char a[CSV_OPTIONS_TEXT], b[CSV_OPTIONS_TEXT];
    char *canonical = params_from_text(csv_params, raw, 6, &faults);
    assert_non_null(canonical);
    yajl_val params = json_parse(canonical, strlen(canonical), 1, (char[8]){0}, 8);
    csv_options_read(&options, params);
    yajl_tree_free(params);
    free(canonical);
    assert_string_equal(csv_options_text(&options, a), "td--eg");
    csv_options_init(&options);
    assert_string_equal(csv_options_text(&options, b), "cd-heg");
    assert_null(params_from_text(csv_params, (struct param_raw[]){{"sep", "|"}}, 1, &faults));
    assert_string_equal(faults.fault[0].pointer, "/sep");
}

static void a_failing_writer_ends_it(void **state)
{
    (void)state;
    struct text text = {.answer = -5};
    struct csv_options options;
    struct csv_out *out = malloc(sizeof *out);
    assert_non_null(out);
    csv_options_init(&options);
    csv_out_open(out, &options, collect, &text);
    for (int i = 0; i < 5000; i++) {
        csv_out_text(out, "LOT");
        csv_out_text(out, "1.00");
        csv_out_end(out);
    }
    assert_int_equal(csv_out_flush(out), -5);
    assert_int_equal(text.calls, 1);
    free(out);
}

/* ---- A strict reader of RFC 4180 -------------------------------------------------------------------------------- */

/* Reads one field; moves *at behind it and its separator. Returns its length. */
static size_t read_field(const char **at, char separator, char *out)
{
    size_t n = 0;
    const char *p = *at;
    if (*p != '"') {
        while (*p != separator && *p != '\r') {
            assert_true(*p != '"' && *p != '\n' && *p != '\0');
            out[n++] = *p++;
        }
    } else {
        for (p++; *p != '"' || p[1] == '"'; p++) {
            assert_true(*p != '\0');
            if (*p == '"')
                p++;
            out[n++] = *p;
        }
        p++;
    }
    if (*p == separator) {
        *at = p + 1;
    } else {
        assert_true(p[0] == '\r' && p[1] == '\n');
        *at = p + 2;
    }
    out[n] = '\0';
    return n;
}

static void random_name(uint64_t *seed, char out[64])
{
    static const char *const pieces[] = {" ",  "\"", ",", ";",      "\t", "=",      "-",
                                         "\r", "\n", "a", "\u044F", "'",  "\uFF1D", "1"};
    int used = 0;
    out[0] = '\0';
    for (uint64_t n = testdata_random(seed) % 12; n > 0; n--)
        used += snprintf(out + used, 64 - (size_t)used, "%s", pieces[testdata_random(seed) % 14]);
}

static void every_field_reads_back(void **state)
{
    (void)state;
    enum { ITEMS = 3000 };
    uint64_t seed = 29;
    struct csv_out *out = malloc(sizeof *out);
    char(*names)[64] = malloc(sizeof *names * ITEMS);
    int64_t *prices = malloc(sizeof *prices * ITEMS);
    assert_true(out && names && prices);
    for (int round = 0; round < 24; round++) {
        struct text text = {0};
        struct csv_options options;
        csv_options_init(&options);
        options.separator = ",;\t"[round % 3];
        options.decimal = ".,"[round / 3 % 2];
        options.formula_guard = round / 6 % 2;
        options.bom = round / 12 % 2;
        csv_out_open(out, &options, collect, &text);
        for (int i = 0; i < ITEMS; i++) {
            random_name(&seed, names[i]);
            prices[i] = 1 + (int64_t)(testdata_random(&seed) >> (testdata_random(&seed) % 40 + 18));
            csv_out_text(out, "L");
            csv_out_text(out, names[i]);
            csv_out_price(out, prices[i]);
            csv_out_text(out, names[i]);
            csv_out_end(out);
        }
        assert_int_equal(csv_out_flush(out), 0);
        assert_true(text.calls > 5);
        const char *at = text.bytes + (options.bom ? 3 : 0);
        char field[128];
        for (int i = 0; i < ITEMS; i++) {
            for (int column = 0; column < 4; column++) {
                read_field(&at, options.separator, field);
                if (column == 1 || column == 3) {
                    bool guarded = field[0] == '\'' && strcmp(field, names[i]) != 0;
                    assert_string_equal(field + guarded, names[i]);
                    assert_true(options.formula_guard || !guarded);
                }
                if (column != 2)
                    continue;
                dec128 value;
                char *comma = strchr(field, ',');
                if (comma)
                    *comma = '.';
                assert_int_equal(dec_parse(field, strlen(field), PRICE_SCALE, &value, NULL), 0);
                assert_true(value == prices[i]);
            }
        }
        assert_int_equal(*at, '\0');
        free(text.bytes);
    }
    free(prices);
    free(names);
    free(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(guards_and_quotes),
        cmocka_unit_test(cells_keep_their_numbers),
        cmocka_unit_test(single_options_win_over_the_preset),
        cmocka_unit_test(a_failing_writer_ends_it),
        cmocka_unit_test(every_field_reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
