/* Captions and words of price lists. */
#include "handlers/values/hints.h"
#include "handlers/values/words.h"
#include "tests/unit/testdata.h"

/* ---- The words are the published ones ------------------------------------------------------------------------------ */

static void fields_equal_the_list(void **state)
{
    (void)state;
    yajl_val data = testdata_json("header-synonyms.json");
    yajl_val fields = json_member(data, "quote_fields");
    size_t total = 0;
    for (size_t f = 0; f < fields->u.object.len; f++) {
        size_t n;
        yajl_val *words = testdata_list(fields, fields->u.object.keys[f], &n);
        for (size_t i = 0; i < n; i++) {
            struct label label;
            label_read_price(words[i]->u.string, strlen(words[i]->u.string), &label);
            if (strcmp(stock_field_name(label.field), fields->u.object.keys[f]) != 0 || label.foreign)
                fail_msg("\"%s\" is %s", words[i]->u.string, stock_field_name(label.field));
        }
        total += n;
    }
    assert_int_equal(total, price_synonyms_count);
    yajl_tree_free(data);
}

static void stock_fields_are_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < label_synonyms_count; i++) {
        struct label label;
        const char *word = label_synonyms[i].word;
        enum stock_field field = label_synonyms[i].field;
        bool none = field == FIELD_WAREHOUSE || field == FIELD_RECEIVED_ON;
        label_read_price(word, strlen(word), &label);
        if (field == FIELD_UNIT_COST || field == FIELD_TOTAL_COST)
            assert_true(label.field == FIELD_PRICE || label.field == FIELD_NONE);
        else
            assert_int_equal(label.field, none ? FIELD_NONE : field);
    }
}

/* Is the table this list of the published words? `but` is one that has no normalised form. */
static void same_words(yajl_val data, const char *key, const char *but, const char *const *table, size_t count)
{
    size_t n, found = 0;
    yajl_val *words = testdata_list(data, key, &n);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(words[i]->u.string, but) == 0)
            continue;
        if (!word_find(words[i]->u.string, table, count, sizeof *table))
            fail_msg("%s: \"%s\" is missing", key, words[i]->u.string);
        found++;
    }
    assert_int_equal(found, count);
}

static void words_equal_the_lists(void **state)
{
    (void)state;
    yajl_val data = testdata_json("header-synonyms.json");
    same_words(data, "quote_retail_captions", "", price_retails, price_retails_count);
    same_words(data, "quote_money_words", "", price_money_words, price_money_words_count);
    same_words(data, "quote_no_price_words", "*", price_nones, price_nones_count);
    yajl_val foreign = json_member(data, "quote_foreign_captions");
    size_t total = 0;
    for (size_t i = 0; i < foreign->u.object.len; i++) {
        size_t n;
        yajl_val *words = testdata_list(foreign, foreign->u.object.keys[i], &n);
        for (size_t k = 0; k < n; k++)
            if (!word_find(words[k]->u.string, price_foreigns, price_foreigns_count, sizeof *price_foreigns))
                fail_msg("\"%s\" is not foreign", words[k]->u.string);
        total += n;
    }
    assert_int_equal(total, price_foreigns_count);
    yajl_val currencies = json_member(data, "quote_currency_words");
    assert_int_equal(currencies->u.object.len, price_currency_words_count);
    for (size_t i = 0; i < currencies->u.object.len; i++) {
        const struct currency_word *word = word_find(currencies->u.object.keys[i], price_currency_words,
                                                     price_currency_words_count, sizeof *price_currency_words);
        assert_non_null(word);
        assert_string_equal(word->currency, currencies->u.object.values[i]->u.string);
    }
    yajl_tree_free(data);
}

static const char *const unit_texts[] = {"", "pcs", "pack", "set", "m"};

static void units_equal_the_lists(void **state)
{
    (void)state;
    yajl_val data = testdata_json("header-synonyms.json");
    yajl_val tiers = json_member(data, "quote_tier_units"), pers = json_member(data, "quote_per_units");
    assert_int_equal(tiers->u.object.len, quote_tier_words_count);
    for (size_t i = 0; i < tiers->u.object.len; i++) {
        const struct quote_word *word =
            word_find(tiers->u.object.keys[i], quote_tier_words, quote_tier_words_count, sizeof *quote_tier_words);
        assert_non_null(word);
        assert_string_equal(unit_texts[word->per.unit], tiers->u.object.values[i]->u.string);
    }
    assert_int_equal(pers->u.object.len, quote_per_words_count);
    for (size_t i = 0; i < pers->u.object.len; i++) {
        struct quote_per per;
        yajl_val *pair = pers->u.object.values[i]->u.array.values;
        assert_int_equal(quote_per_text(pers->u.object.keys[i], strlen(pers->u.object.keys[i]), &per), 0);
        assert_string_equal(unit_texts[per.unit], pair[0]->u.string);
        assert_int_equal(per.count, YAJL_GET_INTEGER(pair[1]));
    }
    yajl_tree_free(data);
}

#define SORTED(table, member)                                                                                          \
    for (size_t i = 1; i < table##_count; i++)                                                                         \
    assert_true(strcmp(table[i - 1] member, table[i] member) < 0)

static void tables_are_sorted(void **state)
{
    (void)state;
    SORTED(price_synonyms, .word);
    SORTED(price_foreigns, );
    SORTED(price_retails, );
    SORTED(price_money_words, );
    SORTED(price_nones, );
    SORTED(price_currency_words, .word);
    SORTED(quote_tier_words, .word);
    SORTED(quote_per_words, .word);
}

/* ---- Captions ------------------------------------------------------------------------------------------------------ */

/* "price USD net 10pcs /1000pcs": field, currency, VAT, tier, per; then words. */
static void told(const char *text, char *out, size_t size)
{
    struct label label;
    char number[48];
    label_read_price(text, strlen(text), &label);
    size_t used = (size_t)snprintf(out, size, "%s", label.field ? stock_field_name(label.field) : "?");
#define ADD(...) used += (size_t)snprintf(out + used, size - used, __VA_ARGS__)
    if (label.hints.currency[0])
        ADD(" %s", label.hints.currency);
    if (label.hints.vat >= 0)
        ADD(" %s", label.hints.vat ? "gross" : "net");
    if (label.hints.vat_rate >= 0)
        ADD(" %d%%", label.hints.vat_rate / 100);
    if (label.price.min_qty) {
        dec_format(label.price.min_qty, 3, true, number, sizeof number);
        ADD(" %s%s", number, label.price.tier_unit ? unit_texts[label.price.tier_unit] : "+");
    }
    if (quote_per_said(label.price.per))
        ADD(" /%u%s", label.price.per.count, unit_texts[label.price.per.unit]);
    if (label.price.retail)
        ADD(" retail");
    if (label.price.order_sum)
        ADD(" sum");
    if (label.price.tier && !label.price.min_qty)
        ADD(" tier");
    if (label.foreign)
        ADD(" foreign");
    if (label.hint)
        ADD(" hint");
#undef ADD
}

struct caption_case {
    const char *text, *expected;
};

static void check(const struct caption_case *cases, size_t n)
{
    char got[200];
    for (size_t i = 0; i < n; i++) {
        told(cases[i].text, got, sizeof got);
        if (strcmp(got, cases[i].expected) != 0)
            fail_msg("\"%s\": %s, expected %s", cases[i].text, got, cases[i].expected);
    }
}
#define CHECK(cases) check(cases, sizeof(cases) / sizeof(cases)[0])

static void prices_and_hints(void **state)
{
    (void)state;
    static const struct caption_case cases[] = {
        {"Цена", "price"},
        {"Цена, руб. без НДС", "price RUB net"},
        {"Цена (с НДС 20%), €", "price EUR gross 20%"},
        {"Цена с учётом НДС", "price gross"},
        {"Цена без учёта НДС, руб", "price RUB net"},
        {"Цена, вкл. НДС", "price gross"},
        {"Price excl. VAT, USD", "price USD net"},
        {"Цена в долларах США", "price USD"},
        {"Цена, долл. США", "price USD"},
        {"Цена в рублях", "price RUB"},
        {"Цена, евро", "price EUR"},
        {"Price, US dollars", "price USD"},
        {"Цена, у.е.", "price ?"},
        {"Цена (USD/EUR)", "price ?"},
        {"Dealer Price, EUR", "price EUR"},
        {"РРЦ, руб.", "price RUB retail"},
        {"Розница", "price retail"},
        {"Цена (розница)", "price retail"},
        {"Цена, опт", "price"},
        {"List", "price retail"},
        {"Цена / Price", "price"},
        {"each (USD)", "price USD"},
        {"each, руб.", "price RUB"},
        {"net с НДС 20%", "price gross 20%"},
        {"Остаток (розница)", "qty retail"},
        {"Закупка", "price"},
        {"Опт 1", "price"},
        {"Цена №2, руб", "price RUB"},
        {"Старая цена", "? foreign"},
        {"Старая цена, руб.", "? RUB foreign"},
        {"Сумма", "? foreign"},
        {"Итого", "? foreign"},
        {"Стоимость", "? foreign"},
        {"Заказ", "? foreign"},
        {"Total price", "? foreign"},
        {"Cost", "price"},
        {"Себестоимость", "?"},
        {"Склад", "?"},
        {"Скидка, %", "?"},
        {"Мин. заказ", "min_qty"},
        {"MOQ, шт", "min_qty"},
        {"Кол-во в упаковке", "pack_qty"},
        {"Шт. в уп.", "pack_qty"},
        {"Остаток", "qty"},
        {"Qty Available", "free"},
        {"Артикул", "part_number"},
        {"USD", "? USD hint"},
        {"с НДС", "? gross hint"},
        {"#code", "?"},
        {"", "?"},
    };
    CHECK(cases);
}

static void tiers(void **state)
{
    (void)state;
    static const struct caption_case cases[] = {
        {"1-9", "price 1+"},
        {"10–99", "price 10+"},
        {"100+", "price 100+"},
        {"100 +", "price 100+"},
        {"от 100 шт", "price 100pcs"},
        {"От 10", "price 10+"},
        {"от 10 до 49", "price 10+"},
        {"от 10 до 49 шт.", "price 10pcs"},
        {"≥ 10", "price 10+"},
        {"≥10 шт", "price 10pcs"},
        {">= 10", "price 10+"},
        {"10 и более", "price 10+"},
        {"10 шт. и более", "price 10pcs"},
        {"from 10", "price 10+"},
        {"10 or more", "price 10+"},
        {"10 pcs or more", "price 10pcs"},
        {"до 10", "price 1+"},
        {"до 10 шт", "price 1pcs"},
        {"up to 9", "price 1+"},
        {"2 тыс. шт", "? tier"},
        {"от 2 тыс. шт", "price 2000pcs"},
        {"от 5 000 шт", "price 5000pcs"},
        {"от 50\u00A0000 шт", "price 50000pcs"},
        {"от 5 уп", "price 5pack"},
        {"10+ уп", "price 10pack"},
        {"10 шт+", "price 10pcs"},
        {"1-9 boxes", "price 1pack"},
        {"от 1,5 м", "price 1.5m"},
        {"от 2.5 м", "price 2.5m"},
        {"Опт от 5 шт", "price 5pcs"},
        {"Цена 1-9 шт", "price 1pcs"},
        {"Цена за 1-9 шт", "price 1pcs"},
        {"Прайс ≥ 50", "price 50+"},
        {"Прайс, 100 и более", "price 100+"},
        {"Цена (от 10 шт), руб. с НДС", "price RUB gross 10pcs"},
        {"Цена от 10 шт с НДС 20%, USD", "price USD gross 20% 10pcs"},
        {"Цена USD 10-49", "price USD 10+"},
        {"Цена при заказе от 10 шт.", "price 10pcs"},
        {"Price from 10 to 49 pcs, EUR", "price EUR 10pcs"},
        {"от 10 шт, опт", "price 10pcs"},
        {"РРЦ от 10 шт", "price 10pcs retail"},
        {"от 10 шт, USD", "price USD 10pcs"},
        /* sums of the order */
        {"Цена от 10 000 руб", "price sum"},
        {"Опт от 50 т.р.", "price sum"},
        {"от 50 000 руб.", "price sum"},
        {"Цена при заказе от 100 тыс. руб.", "price sum"},
        {"Опт от 50 тыс", "price sum"},
        {"Опт от 50к", "price sum"},
        {"Dealer from $1000", "price sum"},
        {"Цена $ 10+", "price USD 10+"},
        {"Цена, ₽ 10-99", "price RUB 10+"},
        {"MSRP $ 1-9", "price USD 1+ retail"},
        {"Dealer from USD 1000", "price sum"},
        {"Цена от 1 млн, USD", "price USD sum"},
        {"Опт (до 50 000 р.)", "price sum"},
        /* not understood */
        {"от 3 бобин", "? tier"},
        {"от 5 рулонов", "? tier"},
        {"Цена 10 шт", "? tier"},
        {"Цена (100 уп)", "? tier"},
        {"Цена 1 шт", "price"},
        {"Опт 50 000 руб", "price sum"},
        {"Опт 50 тыс.", "price sum"},
        {"Цена, руб. (1 USD = 90 руб)", "price RUB"},
        {"Цена от 3 бобин", "? tier"},
        {"Цена, 10+ бобин", "? tier"},
        {"Цена (коробок от 10)", "? tier"},
        {"более 10", "? tier"},
        {"Цена > 10", "? tier"},
        {"Цена от 1-5 тыс. шт", "? tier"},
        {"Цена от 10 шт (от 2 уп)", "? tier"},
        {"Цена от 10.000 шт", "? tier"},
        {"Остаток до 10", "? tier"},
        {"Скидка от 10%", "?"},
        {"Цена на 01.04.2025", "price"},
        {"Цена от 01.04.2025", "?"},
        {"10-5", "?"},
        {"10", "?"},
    };
    CHECK(cases);
}

static void what_a_price_is_for(void **state)
{
    (void)state;
    static const struct caption_case cases[] = {
        {"Цена за 1000 шт, руб.", "price RUB /1000pcs"},
        {"Цена за 100", "price /100"},
        {"Price per 100", "price /100"},
        {"Price per 1000 pcs, USD", "price USD /1000pcs"},
        {"Цена за упаковку", "price /1pack"},
        {"Цена (за уп.)", "price /1pack"},
        {"Цена за м", "price /1m"},
        {"Цена за пог. м", "price /1m"},
        {"Цена, руб./м", "price RUB /1m"},
        {"Цена, руб. / 1000 шт", "price RUB /1000pcs"},
        {"Цена, руб./тыс. шт", "price RUB /1000pcs"},
        {"Цена (руб. за 100 шт)", "price RUB /100pcs"},
        {"Цена/уп", "price /1pack"},
        {"Цена, $/100", "price USD /100"},
        {"Цена руб./шт", "price RUB /1pcs"},
        {"Цена за пару", "price /2pcs"},
        {"Цена за тысячу", "price /1000pcs"},
        {"Цена за шт с НДС", "price gross /1pcs"},
        {"Цена за 1000 шт, руб., от 5000 шт", "price RUB 5000pcs /1000pcs"},
        {"Цена за 1000 шт, руб., от 50 000 шт", "price RUB 50000pcs /1000pcs"},
        {"Цена за упаковку, 1+", "price 1+ /1pack"},
        {"Цена за упаковку, 10+ уп", "price 10pack /1pack"},
        {"Старая цена за уп", "? /1pack foreign"},
        {"руб./м", "? RUB /1m hint"},
        {"за 1000 шт", "? /1000pcs hint"},
        {"Цена/шт 1+", "price 1+ /1pcs"},
        {"Опт, за м 5-49", "price 5+ /1m"},
        {"Опт за 1000 шт 5+", "price 5+ /1000pcs"},
        {"Цена за уп. 10+", "price 10+ /1pack"},
        {"Цена per 10 pcs 5+", "price 5+ /10pcs"},
        {"Цена, руб./уп 5+ шт", "price RUB 5pcs /1pack"},
        {"Опт за уп. от 10 шт", "price 10pcs /1pack"},
        {"Price/unit", "price"},
        {"Price/unit (USD)", "price USD"},
        {"Цена за единицу (USD)", "price USD"},
        {"Цена за единицу", "price"},
        /* not understood */
        {"Цена за бобину", "?"},
        {"Цена (за бобину)", "?"},
        {"Цена, руб./рулон", "?"},
        {"Цена, тыс. руб.", "? RUB"},
        {"Цена (уп)", "?"},
        {"Цена за 0 шт", "? tier"},
    };
    CHECK(cases);
}

static void words_in_cells(void **state)
{
    (void)state;
    static const char *const none[] = {"по запросу", " Звоните ", "договорная", "-",   "—",   "---", "0",
                                       "*",          "?",         "Call",       "N/A", "нет", "X"};
    static const char *const not_none[] = {"", "5", "от 5", "цена", "**", "запросу", "по запросу 5"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        if (!label_is_no_price(none[i], strlen(none[i])))
            fail_msg("\"%s\"", none[i]);
    for (size_t i = 0; i < sizeof not_none / sizeof not_none[0]; i++)
        if (label_is_no_price(not_none[i], strlen(not_none[i])))
            fail_msg("\"%s\"", not_none[i]);
    assert_true(label_is_about_prices("Скидка, %", strlen("Скидка, %")));
    assert_true(label_is_about_prices("НДС", strlen("НДС")));
    assert_true(label_is_about_prices("Цена завода", strlen("Цена завода")));
    assert_false(label_is_about_prices("Вес", strlen("Вес")));
    assert_false(label_is_about_amounts("Скидка, %", strlen("Скидка, %")));
}

/* A caption of a stock report says what it said. */
static void stock_captions_stay(void **state)
{
    (void)state;
    static const char *const texts[] = {"Цена в долларах", "1-9", "Опт 1", "Цена от 10 шт", "Заказ"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct label label;
        label_read(texts[i], strlen(texts[i]), &label);
        assert_int_equal(label.field, FIELD_NONE);
        assert_false(label.price.tier || label.prices);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_equal_the_list),
        cmocka_unit_test(stock_fields_are_the_same),
        cmocka_unit_test(words_equal_the_lists),
        cmocka_unit_test(units_equal_the_lists),
        cmocka_unit_test(tables_are_sorted),
        cmocka_unit_test(prices_and_hints),
        cmocka_unit_test(tiers),
        cmocka_unit_test(what_a_price_is_for),
        cmocka_unit_test(words_in_cells),
        cmocka_unit_test(stock_captions_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
