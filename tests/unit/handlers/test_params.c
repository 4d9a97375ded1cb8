/* Parameters: the canonical form, every fault at once, and forms that mean the same as JSON. */
#include "handlers/params.h"

#include "tests/unit/testdata.h"

static const char *const modes[] = {"replace", "merge", NULL};

static const struct param_spec specs[] = {
    {.name = "warehouse", .kind = PARAM_STRING, .required = true, .max = 32, .help = "Code."},
    {.name = "mode", .kind = PARAM_CHOICE, .otherwise = "\"replace\"", .choices = modes, .help = "Mode."},
    {.name = "stock_date", .kind = PARAM_DATE, .help = "Date."},
    {.name = "dry_run", .kind = PARAM_BOOL, .otherwise = "false", .help = "Only look."},
    {.name = "max_reject_pct", .kind = PARAM_INT, .otherwise = "50", .min = 0, .max = 100, .help = "Limit."},
    {.name = "vat_rate",
     .kind = PARAM_DECIMAL,
     .otherwise = "\"22\"",
     .min = 0,
     .max = 9999,
     .scale = 2,
     .help = "VAT."},
    {.name = "lots", .kind = PARAM_STRINGS, .otherwise = "[]", .max = 3, .help = "Scope."},
    {.name = "free", .kind = PARAM_INT, .help = "Unlimited."},
    {.name = NULL},
};

static const char defaults[] = "{\"warehouse\":\"MAIN\",\"mode\":\"replace\",\"stock_date\":null,\"dry_run\":false,"
                               "\"max_reject_pct\":50,\"vat_rate\":\"22\",\"lots\":[],\"free\":null}";

static char *from_json(const char *text, struct param_faults *faults)
{
    char why[64];
    faults->n = 0;
    yajl_val object = json_parse(text, strlen(text), 8, why, sizeof why);
    if (!object)
        fail_msg("%s: %s", text, why);
    char *out = params_from_json(specs, object, faults);
    yajl_tree_free(object);
    assert_int_equal(!out, faults->n > 0);
    return out;
}

static void expect_json(const char *text, const char *expected)
{
    struct param_faults faults;
    char *out = from_json(text, &faults);
    if (!out)
        fail_msg("%s: %s %s", text, faults.fault[0].pointer, faults.fault[0].detail);
    assert_string_equal(out, expected);
    char *again = from_json(out, &faults);
    assert_string_equal(again, expected);
    free(again);
    free(out);
}

static void fills_in_defaults(void **state)
{
    (void)state;
    expect_json("{\"warehouse\":\"MAIN\"}", defaults);
    expect_json("{\"warehouse\":\"MAIN\",\"mode\":null,\"lots\":null}", defaults);
    expect_json("{\"lots\":[],\"vat_rate\":22.00,\"warehouse\":\"MAIN\",\"max_reject_pct\":50}", defaults);
}

static void takes_every_kind(void **state)
{
    (void)state;
    expect_json("{\"free\":-9223372036854775808,\"lots\":[\"a\",\"b,c\"],\"vat_rate\":\"010.50\",\"max_reject_pct\":0,"
                "\"dry_run\":true,"
                "\"stock_date\":\"2024-02-29\",\"mode\":\"merge\",\"warehouse\":\"Склад \\\"1\\\"\"}",
                "{\"warehouse\":\"Склад \\\"1\\\"\",\"mode\":\"merge\",\"stock_date\":\"2024-02-29\",\"dry_run\":true,"
                "\"max_reject_pct\":0,\"vat_rate\":\"10.5\",\"lots\":[\"a\",\"b,c\"],\"free\":-9223372036854775808}");
}

static void without_an_object(void **state)
{
    (void)state;
    struct param_faults faults = {0};
    assert_null(params_from_json(specs, NULL, &faults));
    assert_int_equal(faults.n, 1);
    assert_string_equal(faults.fault[0].pointer, "/warehouse");
    assert_string_equal(faults.fault[0].code, "required");
    char *out = params_from_json(specs + 1, NULL, &faults);
    assert_string_equal(out, "{\"mode\":\"replace\",\"stock_date\":null,\"dry_run\":false,\"max_reject_pct\":50,"
                             "\"vat_rate\":\"22\",\"lots\":[],\"free\":null}");
    free(out);
    assert_null(from_json("[]", &faults));
    assert_string_equal(faults.fault[0].code, "type");
    assert_string_equal(faults.fault[0].pointer, "");
}

struct fault_case {
    const char *json, *pointer, *code, *detail;
};

static void names_each_fault(void **state)
{
    (void)state;
    static const struct fault_case cases[] = {
        {"{\"warehouse\":5}", "/warehouse", "type", "must be a string"},
        {"{\"warehouse\":\"\"}", "/warehouse", "range", "must not be empty"},
        {"{\"warehouse\":\"123456789012345678901234567890123\"}", "/warehouse", "range",
         "must be at most 32 bytes of UTF-8"},
        {"{\"warehouse\":\"a\\nb\"}", "/warehouse", "type", "must be UTF-8 without control characters"},
        {"{\"warehouse\":\"a\\u0085b\"}", "/warehouse", "type", "must be UTF-8 without control characters"},
        {"{\"warehouse\":\"A\",\"mode\":\"Merge\"}", "/mode", "choice", "must be one of replace, merge"},
        {"{\"warehouse\":\"A\",\"mode\":1}", "/mode", "choice", "must be one of replace, merge"},
        {"{\"warehouse\":\"A\",\"stock_date\":\"2026-02-30\"}", "/stock_date", "type",
         "must be a real day, written YYYY-MM-DD"},
        {"{\"warehouse\":\"A\",\"stock_date\":\"05.02.2026\"}", "/stock_date", "type",
         "must be a real day, written YYYY-MM-DD"},
        {"{\"warehouse\":\"A\",\"stock_date\":20260205}", "/stock_date", "type", "must be a date, YYYY-MM-DD"},
        {"{\"warehouse\":\"A\",\"dry_run\":\"true\"}", "/dry_run", "type", "must be true or false"},
        {"{\"warehouse\":\"A\",\"dry_run\":1}", "/dry_run", "type", "must be true or false"},
        {"{\"warehouse\":\"A\",\"max_reject_pct\":101}", "/max_reject_pct", "range", "must be between 0 and 100"},
        {"{\"warehouse\":\"A\",\"max_reject_pct\":-1}", "/max_reject_pct", "range", "must be between 0 and 100"},
        {"{\"warehouse\":\"A\",\"max_reject_pct\":99999999999999999999}", "/max_reject_pct", "range",
         "must be between 0 and 100"},
        {"{\"warehouse\":\"A\",\"max_reject_pct\":5.5}", "/max_reject_pct", "type", "must be a whole number"},
        {"{\"warehouse\":\"A\",\"max_reject_pct\":1e1}", "/max_reject_pct", "type", "must be a whole number"},
        {"{\"warehouse\":\"A\",\"max_reject_pct\":\"5\"}", "/max_reject_pct", "type", "must be a whole number"},
        {"{\"warehouse\":\"A\",\"free\":9223372036854775808}", "/free", "range", "is too large"},
        {"{\"warehouse\":\"A\",\"vat_rate\":\"100\"}", "/vat_rate", "range", "must be between 0 and 99.99"},
        {"{\"warehouse\":\"A\",\"vat_rate\":\"1.005\"}", "/vat_rate", "range", "must have at most 2 decimals"},
        {"{\"warehouse\":\"A\",\"vat_rate\":\"1e1\"}", "/vat_rate", "type",
         "must be a decimal number with a point, like \"12.5\""},
        {"{\"warehouse\":\"A\",\"vat_rate\":\".5\"}", "/vat_rate", "type",
         "must be a decimal number with a point, like \"12.5\""},
        {"{\"warehouse\":\"A\",\"vat_rate\":\"20,5\"}", "/vat_rate", "type",
         "must be a decimal number with a point, like \"12.5\""},
        {"{\"warehouse\":\"A\",\"vat_rate\":1e99}", "/vat_rate", "range", "must be between 0 and 99.99"},
        {"{\"warehouse\":\"A\",\"vat_rate\":true}", "/vat_rate", "type",
         "must be a decimal number with a point, like \"12.5\""},
        {"{\"warehouse\":\"A\",\"lots\":\"a\"}", "/lots", "type", "must be a list of strings"},
        {"{\"warehouse\":\"A\",\"lots\":[\"a\",7]}", "/lots/1", "type", "must be a string"},
        {"{\"warehouse\":\"A\",\"lots\":[\"\"]}", "/lots/0", "range", "must not be empty"},
        {"{\"warehouse\":\"A\",\"lots\":[\"a\",\"b\",\"c\",\"d\"]}", "/lots", "range", "must have at most 3 items"},
        {"{\"warehouse\":null}", "/warehouse", "required", "is required"},
        {"{\"warehouse\":\"A\",\"x/y~z\":1}", "/x~1y~0z", "unknown",
         "is not a parameter here; known parameters: warehouse, mode, stock_date, dry_run, max_reject_pct, vat_rate, "
         "lots, free"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct param_faults faults;
        char *out = from_json(cases[i].json, &faults);
        if (out)
            fail_msg("taken: %s", cases[i].json);
        assert_int_equal(faults.n, 1);
        assert_string_equal(faults.fault[0].pointer, cases[i].pointer);
        assert_string_equal(faults.fault[0].code, cases[i].code);
        assert_string_equal(faults.fault[0].detail, cases[i].detail);
        bool needs_none = strcmp(cases[i].code, "required") == 0;
        assert_true(needs_none || faults.fault[0].facts[0] || faults.fault[0].allowed[0]);
    }
}

static void names_all_faults_at_once(void **state)
{
    (void)state;
    struct param_faults faults;
    assert_null(from_json("{\"zz\":1,\"yy\":2,\"mode\":\"x\",\"dry_run\":0,\"lots\":[1,\"\",\"ok\"]}", &faults));
    static const char *const pointers[] = {"/zz", "/yy", "/warehouse", "/mode", "/dry_run", "/lots/0", "/lots/1"};
    assert_int_equal(faults.n, 7);
    for (unsigned i = 0; i < 7; i++)
        assert_string_equal(faults.fault[i].pointer, pointers[i]);
}

/* As many names as fit, none of them cut. */
static void names_what_is_known_by_whole_names(void **state)
{
    (void)state;
    static char names[100][20];
    static struct param_spec many[101];
    struct param_faults faults = {0};
    for (int i = 0; i < 100; i++) {
        snprintf(names[i], sizeof names[i], "name_%03d", i);
        many[i] = (struct param_spec){.name = names[i], .kind = PARAM_BOOL};
    }
    assert_null(params_from_text(many, (struct param_raw[]){{"other", "1"}}, 1, &faults));
    assert_int_equal(faults.n, 1);
    const char *rest = faults.fault[0].detail, begin[] = "is not a parameter here; known parameters: ", more[] = "…";
    assert_memory_equal(rest, begin, sizeof begin - 1);
    rest += sizeof begin - 1;
    int n = 0;
    for (; strcmp(rest, more) != 0; n++, rest += 10) {
        assert_memory_equal(rest, names[n], 8);
        assert_memory_equal(rest + 8, ", ", 2);
    }
    assert_true(n > 40 && strlen(faults.fault[0].detail) >= sizeof faults.fault[0].detail - 11);
    many[n - 1].name = NULL; /* they fit with the sign for more names, so they fit without it */
    faults.n = 0;
    assert_null(params_from_text(many, (struct param_raw[]){{"other", "1"}}, 1, &faults));
    assert_non_null(strstr(faults.fault[0].detail, names[n - 2]));
    assert_null(strstr(faults.fault[0].detail, more));
}

static void keeps_a_bounded_number_of_faults(void **state)
{
    (void)state;
    struct param_faults faults = {0};
    char name[300];
    memset(name, 'n', sizeof name);
    name[299] = '\0';
    struct param_raw raw[50];
    for (int i = 0; i < 50; i++)
        raw[i] = (struct param_raw){name, "1"};
    assert_null(params_from_text(specs, raw, 50, &faults));
    assert_int_equal(faults.n, PARAM_FAULTS_MAX);
    assert_int_equal(strlen(faults.fault[0].pointer), sizeof faults.fault[0].pointer - 1);
    memcpy(name, "\xFF\xD0\n", 4);
    faults.n = 0;
    assert_null(params_from_text(specs, raw, 1, &faults));
    assert_string_equal(faults.fault[0].pointer, "/\uFFFD\uFFFD\uFFFD");
}

static void expect_text(const struct param_raw *raw, size_t n, const char *expected)
{
    struct param_faults faults = {0};
    char *out = params_from_text(specs, raw, n, &faults);
    if (!out)
        fail_msg("%s %s", faults.fault[0].pointer, faults.fault[0].detail);
    assert_string_equal(out, expected);
    free(out);
}

static void forms_say_the_same(void **state)
{
    (void)state;
    const struct param_raw plain[] = {{"warehouse", "MAIN"}};
    expect_text(plain, 1, defaults);
    const struct param_raw blank[] = {
        {"mode", ""}, {"stock_date", ""}, {"warehouse", "MAIN"}, {"lots", " , "}, {"dry_run", "0"}};
    expect_text(blank, 5, defaults);
    const struct param_raw full[] = {{"warehouse", "A"},      {"mode", "merge"},           {"dry_run", "1"},
                                     {"max_reject_pct", "7"}, {"vat_rate", "5.50"},        {"lots", "a, b ,,c"},
                                     {"free", "-3"},          {"stock_date", "2026-02-05"}};
    expect_text(
        full, 8,
        "{\"warehouse\":\"A\",\"mode\":\"merge\",\"stock_date\":\"2026-02-05\",\"dry_run\":true,\"max_reject_pct\":7,"
        "\"vat_rate\":\"5.5\",\"lots\":[\"a\",\"b\",\"c\"],\"free\":-3}");
}

static void forms_are_checked_too(void **state)
{
    (void)state;
    const struct param_raw raw[] = {{"warehouse", ""},        {"mode", "merge"},  {"mode", "merge"}, {"dry_run", "yes"},
                                    {"max_reject_pct", "7x"}, {"lots", "a,\xFF"}, {"what", ""}};
    static const char *const expected[][2] = {{"/what", "unknown"}, {"/warehouse", "required"},  {"/mode", "duplicate"},
                                              {"/dry_run", "type"}, {"/max_reject_pct", "type"}, {"/lots/1", "type"}};
    struct param_faults faults = {0};
    assert_null(params_from_text(specs, raw, 7, &faults));
    assert_int_equal(faults.n, 6);
    for (unsigned i = 0; i < 6; i++) {
        assert_string_equal(faults.fault[i].pointer, expected[i][0]);
        assert_string_equal(faults.fault[i].code, expected[i][1]);
    }
}

static void no_parameters_at_all(void **state)
{
    (void)state;
    static const struct param_spec none[] = {{.name = NULL}};
    struct param_faults faults = {0};
    char *out = params_from_text(none, NULL, 0, &faults);
    assert_string_equal(out, "{}");
    free(out);
    assert_null(params_from_text(none, (struct param_raw[]){{"a", "b"}}, 1, &faults));
    assert_string_equal(faults.fault[0].detail, "is not a parameter here; there are none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills_in_defaults),
        cmocka_unit_test(takes_every_kind),
        cmocka_unit_test(without_an_object),
        cmocka_unit_test(names_each_fault),
        cmocka_unit_test(names_all_faults_at_once),
        cmocka_unit_test(keeps_a_bounded_number_of_faults),
        cmocka_unit_test(names_what_is_known_by_whole_names),
        cmocka_unit_test(forms_say_the_same),
        cmocka_unit_test(forms_are_checked_too),
        cmocka_unit_test(no_parameters_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
