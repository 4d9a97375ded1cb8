/* The registry of task types, and how a task ends. */
#include "handlers/task_type.h"

#include "base/utf8.h"
#include "tests/unit/testdata.h"

/* The build makes the list; every type in it must be complete. */
static void every_type_can_be_offered(void **state)
{
    (void)state;
    assert_true(task_type_count() >= 4);
    for (unsigned i = 0; i < task_type_count(); i++) {
        const struct task_type *type = task_type_at(i);
        size_t len = strlen(type->name);
        assert_true(len > 0 && strspn(type->name, "abcdefghijklmnopqrstuvwxyz0123456789_") == len);
        assert_int_equal(task_type_number(type->name), (int)i);
        assert_true(*type->title >= 'A' && *type->title <= 'Z');
        assert_non_null(type->run);
        assert_non_null(type->params);
        for (const struct param_spec *spec = type->params; spec->name; spec++)
            assert_non_null(spec->help);
    }
}

static void unknown_names_have_no_number(void **state)
{
    (void)state;
    assert_int_equal(task_type_number("nothing"), -1);
    assert_int_equal(task_type_number(""), -1);
    assert_int_not_equal(task_type_number("stock_import"), -1);
}

static void takes_further_types(void **state)
{
    (void)state;
    static const struct task_type probe = {.name = "probe"};
    unsigned before = task_type_count();
    task_type_register(&probe);
    assert_int_equal(task_type_count(), before + 1);
    assert_int_equal(task_type_number("probe"), (int)before);
    assert_ptr_equal(task_type_at(before), &probe);
}

static void a_failed_ending_forgets_success(void **state)
{
    (void)state;
    struct job_ending ending = {.outcome = OUTCOME_SUCCEEDED, .result = strdup("{}"), .message = "475 rows"};
    job_ending_fail(&ending, "E_NO_HEADER", "row %d says %s", 7, "nothing");
    assert_int_equal(ending.outcome, OUTCOME_FAILED);
    assert_null(ending.result);
    assert_string_equal(ending.message, "");
    assert_string_equal(ending.error_code, "E_NO_HEADER");
    assert_string_equal(ending.error, "row 7 says nothing");
    job_ending_fini(&ending);
    job_ending_fini(&ending);
}

static void long_errors_end_at_a_character(void **state)
{
    (void)state;
    char text[1200];
    for (size_t shift = 0; shift < 4; shift++) {
        size_t n = shift;
        memset(text, 'x', shift);
        while (n < 1100)
            n += utf8_encode(n % 2 ? 0x1F600 : 0x44F, text + n);
        text[n] = '\0';
        struct job_ending ending = {0};
        job_ending_fail(&ending, "E_X", "%s", text);
        size_t len = strlen(ending.error);
        assert_true(len < sizeof ending.error && len >= sizeof ending.error - 4);
        assert_true(utf8_valid(ending.error, len));
        assert_memory_equal(ending.error, text, len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_can_be_offered),
        cmocka_unit_test(unknown_names_have_no_number),
        cmocka_unit_test(takes_further_types),
        cmocka_unit_test(a_failed_ending_forgets_success),
        cmocka_unit_test(long_errors_end_at_a_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
