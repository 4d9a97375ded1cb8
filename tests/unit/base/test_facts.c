/* Facts and choices: whole lines or none, cleaned, first one counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/facts.h"

static void expect(struct json_out *out, const char *wanted)
{
    size_t n;
    assert_string_equal(json_out_text(out, &n), wanted);
    json_out_fini(out);
    json_out_init(out);
}

static void test_facts(void **state)
{
    struct json_out out;
    char facts[64] = "";

    (void)state;
    json_out_init(&out);
    facts_json(&out, facts);
    expect(&out, "{}");
    facts_add(facts, sizeof facts, "row", "%u", 7u);
    facts_add(facts, sizeof facts, "row", "8");
    facts_add(facts, sizeof facts, "text", "a\tb\nc \"\xff");
    facts_add(facts, sizeof facts, "ow", "another name");
    facts_json(&out, facts);
    expect(&out, "{\"row\":\"7\",\"text\":\"a b c \\\"\uFFFD\",\"ow\":\"another name\"}");
    facts_add(facts, sizeof facts, "long", "%s", "0123456789012345678901234567890123456789");
    facts_json(&out, facts);
    expect(&out, "{\"row\":\"7\",\"text\":\"a b c \\\"\uFFFD\",\"ow\":\"another name\"}");
    json_out_fini(&out);
}

static void test_long_values_are_cut_at_characters(void **state)
{
    char facts[2000] = "", long_text[1000] = "";

    (void)state;
    for (unsigned i = 0; i < 200; i++)
        strcat(long_text, "ж");
    facts_add(facts, sizeof facts, "x", "%s", long_text);
    assert_int_equal(strlen(facts), 2 + 2 * FACT_CHARACTERS + 1);
}

static void test_told(void **state)
{
    struct fault_told told = {.facts = ""};
    struct json_out out;
    char many[300];

    (void)state;
    told_fact(&told, "sheet", "%s", "A");
    told_choice(&told, "sheet", "A", "first\tone");
    json_out_init(&out);
    json_object(&out);
    told_json(&out, &told);
    json_object_end(&out);
    expect(&out,
           "{\"args\":{\"sheet\":\"A\"},\"choices\":[{\"param\":\"sheet\",\"value\":\"A\",\"label\":\"first one\"}]}");
    memset(many, 'x', sizeof many - 1);
    many[sizeof many - 1] = '\0';
    for (unsigned i = 0; i < 100; i++)
        told_choice(&told, "sheet", many, many);
    assert_true(strlen(told.choices) < sizeof told.choices);
    assert_int_equal(told.choices[strlen(told.choices) - 1], '\n');
    json_out_fini(&out);
}

static void test_values(void **state)
{
    char values[16] = "";
    struct json_out out;

    (void)state;
    facts_add_value(values, sizeof values, "MAIN");
    facts_add_value(values, sizeof values, "A, B");
    facts_add_value(values, sizeof values, "too long for it");
    json_out_init(&out);
    facts_values_json(&out, values);
    expect(&out, "[\"MAIN\",\"A, B\"]");
    json_out_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_facts),
        cmocka_unit_test(test_long_values_are_cut_at_characters),
        cmocka_unit_test(test_told),
        cmocka_unit_test(test_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
