/* The date of the stock: which dates above a heading count. */
#include "tests/unit/table/grid.h"

static struct table_dates dates_of(const char *above, const char *heading, const char *latest)
{
    char text[2048], why[480];
    struct table_heading found;
    snprintf(text, sizeof text, "%s\n%s\nA-1|=1\n", above, heading);
    struct sheet *sheet = sheet_new(text, "");
    assert_int_equal(value_date_text(latest, strlen(latest), &sheet->ask.latest), 0);
    if (table_heading_find(&sheet->input, &found, why, sizeof why) != HEAD_FOUND)
        fail_msg("%s: %s", above, why);
    struct table_dates dates = table_heading_dates(&sheet->input, &found);
    table_heading_fini(&found);
    free(sheet);
    return dates;
}

static void date_is(const char *above, const char *expected)
{
    char got[11] = "";
    struct table_dates dates = dates_of(above, "Артикул|Кол-во", "2026-12-31");
    if (dates.date.year)
        value_date_format(dates.date, got);
    if (strcmp(got, expected) != 0)
        fail_msg("%s: \"%s\", expected \"%s\"", above, got, expected);
    assert_int_equal(dates.future.year, 0);
}

static void phrases_date_the_stock(void **state)
{
    (void)state;
    date_is("Остатки товаров на 31.01.2026", "2026-01-31");
    date_is("на 31.01.2026 г.", "2026-01-31");
    date_is("На конец дня 31.01.2026", "2026-01-31");
    date_is("По состоянию на 1.2.26 10:00", "2026-02-01");
    date_is("Stock as of 2026-01-31", "2026-01-31");
    date_is("As at 31.01.2026 (draft)", "2026-01-31");
    date_is("Период: 01.01.2026 - 31.01.2026", "2026-01-31");
    date_is("Период: 01.01.2026—31.01.2026", "2026-01-31");
    date_is("Ведомость за 01.01.2026 - 31.01.2026", "2026-01-31");
    date_is("Обороты с 01.01.2026 по 31.01.2026 (1С 8.3.25)", "2026-01-31");
    date_is("За период с 01.01.2026 по 31.01.2026", "2026-01-31");
    date_is("Movements from 01.01.2026 to 31.01.2026", "2026-01-31");
    date_is("Дата начала: 01.01.2026|Дата окончания: 31.01.2026", "2026-01-31");
    date_is("По состоянию на|@2026-01-31T00:00:00", "2026-01-31");
    date_is("Период:||01.01.2026 - 31.01.2026", "2026-01-31");
    date_is("Дата:|@2026-01-31", "2026-01-31");
    date_is("На дату|31.01.2026", "2026-01-31");
    date_is("Остатки на 31 января 2026 г.", "2026-01-31");
    date_is("Stock as of January 31, 2026", "2026-01-31");
    date_is("на 30.01.2026\nна 31.01.2026\nна 29.01.2026", "2026-01-31");
    date_is("Отчёт сформирован 02.02.2026, остатки на 31.01.2026", "2026-01-31");
}

static void other_dates_do_not(void **state)
{
    (void)state;
    date_is("Остатки", "");
    date_is("31.01.2026", "");
    date_is("Дата отчёта: 31.01.2026", "");
    date_is("Дата: 31.01.2026", "");
    date_is("Дата печати:|@2026-01-31", "");
    date_is("Отчёт сформирован на 31.01.2026", "");
    date_is("Printed as of 31.01.2026", "");
    date_is("Цены действительны с 31.01.2026", "");
    date_is("Курс на 31.01.2026: 90,5", "");
    date_is("Период: Январь 2026 г.", "");
    date_is("на 31.02.2026", "");
    date_is("на версии 3.0.15.22", "");
    date_is("Приказ № 5 от 31.01.2026", "");
    date_is("с 31.01.2026", "");
}

static void the_caption_dates_the_stock(void **state)
{
    (void)state;
    char got[11];
    struct table_dates dates = dates_of("Остатки", "Артикул|Остаток на 31.01.2026 г.", "2026-12-31");
    value_date_format(dates.date, got);
    assert_string_equal(got, "2026-01-31");
    dates = dates_of("Остатки на 30.01.2026", "Артикул|Остаток на 31.01.2026 г.|Цена на 01.02.2026", "2026-12-31");
    value_date_format(dates.date, got);
    assert_string_equal(got, "2026-01-31");
}

static void future_dates_are_passed_over(void **state)
{
    (void)state;
    char got[11];
    struct table_dates dates = dates_of("x|на 01.02.2099\nна 31.01.2026", "Артикул|Остаток", "2026-02-01");
    value_date_format(dates.date, got);
    assert_string_equal(got, "2026-01-31");
    value_date_format(dates.future, got);
    assert_string_equal(got, "2099-02-01");
    assert_int_equal(dates.future_row, 0);
    assert_int_equal(dates.future_column, 1);
    dates = dates_of("", "Артикул|Остаток на 03.02.2026", "2026-02-01");
    assert_int_equal(dates.date.year, 0);
    assert_int_equal(dates.future.day, 3);
    assert_int_equal(dates.future_row, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(phrases_date_the_stock),
        cmocka_unit_test(other_dates_do_not),
        cmocka_unit_test(the_caption_dates_the_stock),
        cmocka_unit_test(future_dates_are_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
