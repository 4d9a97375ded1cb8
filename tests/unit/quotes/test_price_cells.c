/* Cells of prices: what they say, and what they do not. */
#include "handlers/quotes/import/price.h"
#include "handlers/values/quote_words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* cmocka needs those before it */
#include <cmocka.h>

static const char *const reads[] = {"none", "", "bad", "formula", "negative", "range"};

/* "1250.0000 RUB +vat 20% /1000pcs lost": what was read; or why not. */
static const char *read(const struct grid_cell *cell, enum number_locale locale)
{
    static const char *const units[] = {"", "pcs", "pack", "set", "m"};
    static char text[160];
    char price[48];
    struct price_cell out;
    enum price_read rc = price_cell_read(cell, locale, &out);
    if (rc != PRICE_READ)
        return reads[rc];
    dec_format(out.value, PRICE_SCALE, false, price, sizeof price);
    int n = snprintf(text, sizeof text, "%s%s%s", price, out.currency[0] ? " " : "", out.currency);
    if (out.vat >= 0)
        n += snprintf(text + n, sizeof text - (size_t)n, " %cvat", out.vat ? '+' : '-');
    if (out.vat_rate >= 0)
        n += snprintf(text + n, sizeof text - (size_t)n, " %d%%", out.vat_rate / 100);
    if (quote_per_said(out.per))
        n += snprintf(text + n, sizeof text - (size_t)n, " /%u%s", out.per.count, units[out.per.unit]);
    if (out.lost)
        snprintf(text + n, sizeof text - (size_t)n, " lost");
    return text;
}

static const char *read_text(const char *text, enum number_locale locale)
{
    struct grid_cell cell = {.kind = GRID_TEXT, .text = text, .len = (uint32_t)strlen(text)};
    return read(&cell, locale);
}

static void test_texts(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"690", "690.0000"},
        {"1 250,00 руб./шт с НДС", "1250.0000 RUB +vat /1pcs"},
        {"4\xc2\xa0"
         "100,00 руб. вкл. НДС 10%",
         "4100.0000 RUB +vat 10%"},
        {"575 без НДС", "575.0000 -vat"},
        {"$8.10", "8.1000 USD"},
        {"USD 8,1", "8.1000 USD"},
        {"55 €", "55.0000 EUR"},
        {"250 р./уп", "250.0000 RUB /1pack"},
        {"1900 / 1000 шт", "1900.0000 /1000pcs"},
        {"25 руб./м", "25.0000 RUB /1m"},
        {"12 долларов", "12.0000 USD"},
        {"8,1 у.е.", "8.1000 ?"},
        {"7900,12345", "7900.1235 lost"},
        {"1.250,50", "1250.5000"},
        {"0", "none"},
        {"0,00 руб.", "none"},
        {"по запросу", "none"},
        {"Call", "none"},
        {"-", "none"},
        {"*", "none"},
        {"", "none"},
        {"-5", "negative"},
        {"(5)", "negative"},
        {"-$5", "negative"},
        {"0,00001", "range"},
        {"99999999999", "range"},
        {"от 690", "bad"},
        {"~690", "bad"},
        {">690", "bad"},
        {"690+", "bad"},
        {"690-750", "bad"},
        {"690 шт", "bad"},
        {"690 за шт", "bad"},
        {"690 руб. USD", "bad"},
        {"690 с НДС без НДС", "bad"},
        {"690 руб./шт /уп", "bad"},
        {"(690", "bad"},
        {"договор", "bad"},
        {"20%", "bad"},
        {"1,2,3", "bad"},
        {".5", "bad"},
        {"690 \xff", "bad"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (strcmp(read_text(cases[i][0], LOCALE_RU), cases[i][1]) != 0)
            fail_msg("«%s»: %s, not %s", cases[i][0], read_text(cases[i][0], LOCALE_RU), cases[i][1]);
    assert_string_equal(read_text("1,234", LOCALE_EN), "1234.0000");
    assert_string_equal(read_text("1,234", LOCALE_RU), "1.2340");
}

static void test_long_texts_are_no_prices(void **state)
{
    (void)state;
    char text[400];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    memcpy(text, "690 ", 4);
    assert_string_equal(read_text(text, LOCALE_RU), "bad");
}

static void test_other_cells(void **state)
{
    (void)state;
    struct grid_cell cell = {.kind = GRID_NUMBER, .text = "4100", .len = 4, .currency = grid_currency_number("EUR")};
    assert_string_equal(read(NULL, LOCALE_RU), "none");
    assert_string_equal(read(&cell, LOCALE_RU), "4100.0000 EUR");
    cell.text = "-410";
    assert_string_equal(read(&cell, LOCALE_RU), "negative");
    cell = (struct grid_cell){.kind = GRID_NUMBER, .text = "1e+12", .len = 5};
    assert_string_equal(read(&cell, LOCALE_RU), "range");
    cell = (struct grid_cell){.kind = GRID_FORMULA, .text = ""};
    assert_string_equal(read(&cell, LOCALE_RU), "formula");
    cell = (struct grid_cell){.kind = GRID_ERROR, .text = "#N/A", .len = 4};
    assert_string_equal(read(&cell, LOCALE_RU), "bad");
    cell = (struct grid_cell){.kind = GRID_DATE, .text = "2026-02-05", .len = 10};
    assert_string_equal(read(&cell, LOCALE_RU), "bad");
    cell = (struct grid_cell){.kind = GRID_BOOL, .text = "true", .len = 4};
    assert_string_equal(read(&cell, LOCALE_RU), "bad");
}

static void test_currencies(void **state)
{
    (void)state;
    assert_string_equal(quote_currency_word("руб"), "RUB");
    assert_string_equal(quote_currency_word("долларах"), "USD");
    assert_string_equal(quote_currency_word("978"), "EUR");
    assert_string_equal(quote_currency_word("доллары сша"), "USD");
    assert_string_equal(quote_currency_word("уе"), "?");
    assert_null(quote_currency_word("шт"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_long_texts_are_no_prices),
        cmocka_unit_test(test_other_cells),
        cmocka_unit_test(test_currencies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
