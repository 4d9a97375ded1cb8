/* What stands above the heading of a price list: currency, VAT, days. */
#include "tests/unit/table/grid.h"

static struct table_heading found_in(struct sheet *sheet)
{
    char why[480];
    struct table_heading heading;
    sheet->ask = (struct table_ask){.kind = TABLE_PRICES, .vat_included = -1};
    assert_int_equal(table_heading_find(&sheet->input, &heading, why, sizeof why), HEAD_FOUND);
    return heading;
}

struct above_case {
    const char *text, *expected; /* "EUR gross 20% 2025-04-03…2025-06-01 future 2025-07-01 B2" */
};

static void check_above(const struct above_case *one)
{
    char text[1024], got[200] = "", date[11], letter[4];
    struct table_heading heading;
    snprintf(text, sizeof text, "%s\nАртикул|Цена\nA-1|=5\n", one->text);
    struct sheet *sheet = sheet_new(text, "");
    heading = found_in(sheet);
    sheet->ask.latest = (struct value_date){2025, 4, 15};
    struct table_above above = table_heading_above(&sheet->input, &heading);
    told(got, sizeof got, "%s", above.currency);
    if (above.vat >= 0)
        told(got, sizeof got, " %s", above.vat ? "gross" : "net");
    if (above.vat_rate >= 0)
        told(got, sizeof got, " %d%%", above.vat_rate / 100);
    if (above.quoted_on.year) {
        value_date_format(above.quoted_on, date);
        told(got, sizeof got, " %s", date);
    }
    if (above.valid_until.year) {
        value_date_format(above.valid_until, date);
        told(got, sizeof got, " to %s", date);
    }
    if (above.future.year) {
        value_date_format(above.future, date);
        told(got, sizeof got, " future %s %s%u", date, table_column_letter(above.future_column, letter),
             above.future_row + 1);
    }
    if (strcmp(got[0] == ' ' ? got + 1 : got, one->expected) != 0)
        fail_msg("\"%s\": %s, expected %s", one->text, got, one->expected);
    table_heading_fini(&heading);
    free(sheet);
}

static void reads_money_above(void **state)
{
    (void)state;
    static const struct above_case cases[] = {
        {"Цены указаны в рублях с НДС 20%", "RUB gross 20%"},
        {"Цены в долларах США", "USD"},
        {"Prices in EUR", "EUR"},
        {"Prices are in US dollars, excluding VAT", "USD net"},
        {"Валюта: | USD", "USD"},
        {"Валюта прайса | евро", ""},
        {"Валюта | евро", "EUR"},
        {"Currency: | | EUR", "EUR"},
        {"Валюта: USD", "USD"},
        {"Все цены указаны в евро без НДС", "EUR net"},
        {"Прайс-лист ООО «ЕвроВент»", ""},
        {"Прайс-лист ООО «Евро Вент»", ""},
        {"Прайс ООО Рубин", ""},
        {"Курс USD 85,00", ""},
        {"Цены в USD по курсу ЦБ", ""},
        {"Prices in USD, rate 85", ""},
        {"Prices in EUR, VAT rate 20%", "EUR"},
        {"Оплата в рублях", ""},
        {"Цены в USD или EUR по выбору", "?"},
        {"Цены в USD\nЦены в EUR", "?"},
        {"Цены в USD\nВсе цены в долларах", "USD"},
        {"Цены в у.е.", "?"},
        {"Цены в условных единицах", "?"},
        {"Цены в юанях", "CNY"},
        {"Цены в тенге", "KZT"},
        {"Цены в $", "USD"},
        {"Прейскурант. Цены с учётом НДС 20%", "gross 20%"},
        {"Цены без учёта НДС", "net"},
        {"Цены не включают НДС", "net"},
        {"Цены включают НДС 10%", "gross 10%"},
        {"Цены указаны без НДС. НДС не облагается", "net"},
        {"НДС включён в цену", "gross"},
        {"НДС не включен в цену", "net"},
        {"Prices include VAT", "gross"},
        {"Prices do not include VAT", "net"},
        {"Prices incl. 20% VAT", "gross 20%"},
        {"Цены с НДС и без НДС", ""},
        {"Цены с НДС\nОпт: цены без НДС", ""},
        {"Доставка с НДС", ""},
        {"Цены | с НДС", "gross"},
        {"Валюта | Закупка без НДС", ""},
        {"Прайс | Цены в USD", "USD"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_above(&cases[i]);
}

static void reads_days_above(void **state)
{
    (void)state;
    static const struct above_case cases[] = {
        {"Прайс-лист от 07.04.2025", "2025-04-07"},
        {"Прайс на 10.04.2025", "2025-04-10"},
        {"Прайс-лист 07.04.2025", "2025-04-07"},
        {"Прайс-лист от 3 марта 2025 г.", "2025-03-03"},
        {"Price list as of March 3, 2025", "2025-03-03"},
        {"Price list 3 Mar 2025", "2025-03-03"},
        {"Prices effective from 2025-04-01", "2025-04-01"},
        {"Dated 01.04.2025", "2025-04-01"},
        {"Date: | @2025-04-03", "2025-04-03"},
        {"Дата | 03.04.2025", "2025-04-03"},
        {"Дата: 03.04.2025", "2025-04-03"},
        {"03.04.2025", ""},
        {"Цены действуют с 01.04.2025", "2025-04-01"},
        {"Сформировано 14.04.2025", ""},
        {"Дата печати: 14.04.2025", ""},
        {"Распечатано на 14.04.2025", ""},
        {"Курс ЦБ на 14.04.2025: 85,00", ""},
        {"Приложение 1 к договору № 45 от 12.01.2025", ""},
        {"Прайс-лист от 08.04.2025 к контракту № 7 от 10.04.2025", "2025-04-08"},
        {"Счёт от 08.04.2025", ""},
        {"Invoice dated 08.04.2025", ""},
        {"Договор № 5 | Прайс от 01.04.2025", "2025-04-01"},
        {"Цены на 01.06.2025 уточняйте", "future 2025-06-01 A1"},
        {"Прайс от 10.04.2025; цены на 10.05.2025 позже", "2025-04-10 future 2025-05-10 A1"},
        {"Прайс от 15.04.2025", "2025-04-15"},
        {"Прайс от 01.04.2025\nОбновление: цены на 09.04.2025", "2025-04-09"},
        {"Цены действительны до 30 апреля 2025", "to 2025-04-30"},
        {"Прайс от 01.04.2025, действителен до 01.05.2025", "2025-04-01 to 2025-05-01"},
        {"Valid until June 1, 2025", "to 2025-06-01"},
        {"Цены действуют до 30.06.2025; акция: срок действия до 15.05.2025", "to 2025-05-15"},
        {"Срок поставки до 15.05.2025", ""},
        {"Договор действует до 31.12.2025", ""},
        {"Цены действуют с 01.04.2025 по 30.04.2025", "2025-04-01 to 2025-04-30"},
        {"Цены с 01.04.2025 г. по 30.04.2025 г.", "2025-04-01 to 2025-04-30"},
        {"01.04.2025 - 30.04.2025", "2025-04-01 to 2025-04-30"},
        {"Valid from 01.04.2025 to 30.04.2025", "2025-04-01 to 2025-04-30"},
        {"Период: | 01.04.2025 - 30.04.2025", "2025-04-01 to 2025-04-30"},
        {"Действует с 01.05.2025 по 31.05.2025", "to 2025-05-31 future 2025-05-01 A1"},
        {"Срок действия: | 30.04.2025", "to 2025-04-30"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_above(&cases[i]);
}

static void reads_the_day_of_a_caption(void **state)
{
    (void)state;
    char date[11];
    struct sheet *sheet = sheet_new("Прайс от 01.04.2025\nАртикул|Цена на 05.04.2025\nA-1|=5\n", "");
    struct table_heading heading = found_in(sheet);
    value_date_format(table_heading_above(&sheet->input, &heading).quoted_on, date);
    assert_string_equal(date, "2025-04-05");
    table_heading_fini(&heading);
    free(sheet);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_money_above),
        cmocka_unit_test(reads_days_above),
        cmocka_unit_test(reads_the_day_of_a_caption),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
