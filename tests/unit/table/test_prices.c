/* Headings of price lists: which columns are prices, and of which tiers. */
#include "tests/unit/table/grid.h"

static const char *const units[] = {"", "pcs", "pack", "set", "m"};

/* "C 10pcs RUB gross 20% /1000pcs retail" for each price. */
static void prices_told(const struct table_heading *heading, char *out, size_t size)
{
    char letter[4], number[48];
    for (unsigned i = 0; i < heading->n_prices; i++) {
        const struct table_price *price = &heading->price[i];
        told(out, size, "; %s", table_column_letter(price->column, letter));
        dec_format(price->min_qty, 3, true, number, sizeof number);
        if (price->min_qty)
            told(out, size, " %s%s", number, price->tier_unit ? units[price->tier_unit] : "+");
        if (price->hints.currency[0])
            told(out, size, " %s", price->hints.currency);
        if (price->hints.vat >= 0)
            told(out, size, " %s", price->hints.vat ? "gross" : "net");
        if (price->hints.vat_rate >= 0)
            told(out, size, " %d%%", price->hints.vat_rate / 100);
        if (quote_per_said(price->per))
            told(out, size, " /%u%s", price->per.count, units[price->per.unit]);
        told(out, size, "%s%s", price->retail ? " retail" : "", price->order_sum ? " sum" : "");
        assert_true(heading->at[price->column].field == FIELD_PRICE && price->per.count > 0);
    }
}

struct price_case {
    const char *what, *text, *merges, *expected;
    /* of the request */
    const char *price, *currency;
    int gross; /* vat_included: 1 or not said */
    struct table_choice choice;
};

/* A failure's expected text is a list of words that it must have, divided by "|". */
static bool fits(const char *got, const char *expected)
{
    bool failure = strncmp(expected, "none|", 5) == 0 || strncmp(expected, "ambiguous|", 10) == 0;
    char word[200];
    if (!failure)
        return strcmp(got, expected) == 0;
    for (const char *at = expected; *at; at += strspn(at, "|")) {
        size_t n = strcspn(at, "|");
        memcpy(word, at, n);
        word[n] = '\0';
        if (!strstr(got, word))
            return false;
        at += n;
    }
    return true;
}

static void check_cases(const struct price_case *cases, size_t n)
{
    char got[4096], why[480];
    for (size_t i = 0; i < n; i++) {
        const struct price_case *one = &cases[i];
        struct sheet *sheet = sheet_new(one->text, one->merges);
        struct table_heading heading;
        sheet->ask = (struct table_ask){.kind = TABLE_PRICES,
                                        .price = one->price,
                                        .currency = one->currency,
                                        .vat_included = one->gross ? 1 : -1,
                                        .choices = &one->choice,
                                        .n_choices = one->choice.value != NULL};
        enum table_head_result result = table_heading_find(&sheet->input, &heading, why, sizeof why);
        if (result == HEAD_FOUND) {
            heading_told(&heading, got, sizeof got);
            prices_told(&heading, got, sizeof got);
        } else {
            snprintf(got, sizeof got, "%s: %s", result == HEAD_NONE ? "none" : "ambiguous", why);
        }
        if (!fits(got, one->expected))
            fail_msg("%s: %s, expected %s", one->what, got, one->expected);
        table_heading_fini(&heading);
        free(sheet);
    }
}
#define CHECK(cases) check_cases(cases, sizeof(cases) / sizeof(cases)[0])

/* ---- One price --------------------------------------------------------------------------------------------------- */

static void one_price(void **state)
{
    (void)state;
    static const struct price_case cases[] = {
        {
            .what = "plain",
            "Артикул|Наименование|Цена|Наличие\nA-1|x|=5|=1\n",
            "",
            "1x1 part_number=A name=B qty=D price=C; C",
        },
        {.what = "English",
         "Part Number|Item|Dealer Price, EUR|Qty Available\nA-1|x|=5|=1\n",
         "",
         "1x1 part_number=A name=B free=D price=C; C EUR"},
        {.what = "below titles",
         "ООО Вентара\nПрайс-лист от 07.04.2025\nЦены указаны в рублях с НДС 20%\n\nАртикул|Цена\nA-1|=5\n",
         "",
         "5x1 part_number=A price=B; B"},
        {.what = "retail alone",
         "Код товара|Артикул|Название|РРЦ, руб.\n7|A-1|x|=5\n",
         "",
         "1x1 part_number=B code=A name=C price=D; D RUB retail"},
        {.what = "retail named", "Артикул|РРЦ\nA-1|=5\n", "", "1x1 part_number=A price=B; B", .price = "РРЦ"},
        {.what = "a sum of the order alone",
         "Артикул|Цена при заказе от 100 тыс. руб.\nA-1|=5\n",
         "",
         "1x1 part_number=A price=B; B sum"},
        {.what = "old price and discount",
         "Артикул|Товар|Старая цена|Скидка, %|Цена\nA-1|x|=7|=10|=6\n",
         "",
         "1x1 part_number=A name=B price=E; C other, D unknown!; E"},
        {.what = "order and sum",
         "Артикул|Цена|Заказ|Сумма\nA-1|=5||=0\n",
         "",
         "1x1 part_number=A price=B; C other, D other; B"},
        {.what = "fields of price lists",
         "SKU|Unit|Price|MOQ|Pack size|Currency\nA-1|pcs|=5|=1|=10|USD\n",
         "",
         "1x1 part_number=A unit=B currency=F price=C min_qty=D pack_qty=E; C"},
        {.what = "no costs, no warehouses",
         "SKU|Price|Себестоимость|Склад\nA-1|=5|=4|x\n",
         "",
         "1x1 part_number=A price=B; C unknown!, D unknown; B"},
        {.what = "two stocks that cannot be told apart",
         "Артикул|Ед.|Цена|MOQ|Москва|Тверь\n||||Остаток|Остаток\nA-1|уп|=2|=2|=1|=3\n",
         "A1:A2 B1:B2 C1:C2 D1:D2",
         "1x2 part_number=A unit=B price=C min_qty=D; E alike!, F alike!; C"},
        {.what = "a branch over the price",
         "Номенклатура|Артикул|Филиал Речной\n||РРЦ\nx|A-1|=5\n",
         "A1:A2 B1:B2",
         "1x2 part_number=B name=A price=C; «Филиал Речной» over «РРЦ»; C retail"},
        {.what = "a place over the stock",
         "Артикул|Цена|Склад\n||Наличие\nA-1|=5|есть\n",
         "A1:A2 B1:B2",
         "1x2 part_number=A qty=C price=B; «Склад» over «Наличие»; B"},
        {.what = "words instead of prices below",
         "Артикул|Цена\nA-1|по запросу\n|звоните\n",
         "",
         "1x1 part_number=A price=B; B"},
        {.what = "what it is for",
         "Артикул|Цена за 100, USD без НДС\nA-1|=5\n",
         "",
         "1x1 part_number=A price=B; B USD net /100"},
        {.what = "what it is for in a row of its own",
         "Артикул|Цена\n|руб./м\nA-1|=5\n",
         "A1:A2",
         "1x2 part_number=A price=B; B RUB /1m"},
        {.what = "captions of rejects.csv",
         "Артикул|Цена|#row|#field|#code|#message|#suggestions\nA-1|x|2\n",
         "",
         "1x1 part_number=A price=B; B"},
        {.what = "named by letter",
         "Изделие №|Прежняя цена|Стоит\nA-1|=7|=6\n",
         "",
         "none|C \"Стоит\"|columns={\"part_number\":",
         .price = "C"},
        {.what = "named by a field",
         "Артикул|Прежняя цена|Стоит\nA-1|=7|=6\n",
         "",
         "1x1 part_number=A price=C; B other; C",
         .choice = {FIELD_PRICE, "Стоит"}},
    };
    CHECK(cases);
}

/* ---- Several prices ---------------------------------------------------------------------------------------------- */

static void said_twice(void **state)
{
    (void)state;
    static const char vat[] = "Артикул|Цена без НДС|Цена с НДС 20%\nA-1|=5|=6\n";
    static const char money[] = "Артикул|Цена, USD|Цена, руб.\nA-1|=5|=6\n";
    static const struct price_case cases[] = {
        {.what = "net", vat, "", "1x1 part_number=A price=B; C lost; B net"},
        {.what = "gross", vat, "", "1x1 part_number=A price=C; B lost; C gross 20%", .gross = 1},
        {.what = "no word is net",
         "SKU|Price|Price incl. VAT\nA-1|=5|=6\n",
         "",
         "1x1 part_number=A price=B; C lost; B"},
        {.what = "no word is net, gross",
         "SKU|Price|Price incl. VAT\nA-1|=5|=6\n",
         "",
         "1x1 part_number=A price=C; B lost; C gross",
         .gross = 1},
        {.what = "no word and net are the same",
         "SKU|Price|Price excl. VAT\nA-1|=5|=6\n",
         "",
         "ambiguous|price=B or price=C"},
        {.what = "retail with VAT is another price",
         "SKU|Dealer|Retail incl. VAT\nA-1|=5|=6\n",
         "",
         "ambiguous|Dealer|Retail"},
        {.what = "in two rows",
         "SKU|Цена|\n|без НДС|с НДС\nA-1|=5|=6\n",
         "A1:A2 B1:C1",
         "1x2 part_number=A price=B; C lost; B net"},
        {.what = "currencies", money, "", "ambiguous|B \"Цена, USD\" (5)|C \"Цена, руб.\" (6)"},
        {.what = "one of them", money, "", "1x1 part_number=A price=B; C lost; B USD", .currency = "USD"},
        {.what = "none of them", money, "", "ambiguous|price=B", .currency = "EUR"},
        {.what = "no word is the base currency",
         "SKU|Price|Price USD\nA-1|=5|=6\n",
         "",
         "1x1 part_number=A price=B; C lost; B",
         .currency = "RUB"},
        {.what = "or what stands above",
         "Prices in EUR\nSKU|Price|Price USD\nA-1|=5|=6\n",
         "",
         "2x1 part_number=A price=B; C lost; B",
         .currency = "EUR"},
        {.what = "which is not the base then",
         "Prices in EUR\nSKU|Price|Price USD\nA-1|=5|=6\n",
         "",
         "ambiguous|price=B",
         .currency = "RUB"},
        {.what = "VAT and currency",
         "SKU|Цена, USD|Цена, USD с НДС|Цена, руб|Цена, руб с НДС\nA-1|=5|=6|=7|=8\n",
         "",
         "1x1 part_number=A price=D; B lost, C lost, E lost; D RUB",
         .currency = "RUB"},
        {.what = "the currency differs, the name too",
         "SKU|Опт, USD|Розница, руб\nA-1|=5|=6\n",
         "",
         "ambiguous|price=B",
         .currency = "RUB"},
    };
    CHECK(cases);
}

static void named(void **state)
{
    (void)state;
    static const char three[] =
        "Артикул|Наименование|Розница|Опт|Дилер\nA-1|x|=990|=800|=690\nA-2|y|=7290|=6100|=5490\n";
    static const char tiers[] = "Артикул|РРЦ|Опт от 5 шт|Опт от 50 шт\nA-1|=990|=800|=720\n";
    static const struct price_case cases[] = {
        {.what = "three names",
         three,
         "",
         "ambiguous|C \"Розница\" (990; 7290)|D \"Опт\" (800; 6100)|E \"Дилер\" (690; 5490)|price=C or price=D or "
         "price=E"},
        {.what = "by caption", three, "", "1x1 part_number=A name=B price=E; C lost, D lost; E", .price = "Дилер"},
        {.what = "by letter", three, "", "1x1 part_number=A name=B price=D; C lost, E lost; D", .price = "d"},
        {.what = "by a field",
         three,
         "",
         "1x1 part_number=A name=B price=E; C lost, D lost; E",
         .choice = {FIELD_PRICE, "дилер"}},
        {.what = "the parameter wins",
         three,
         "",
         "1x1 part_number=A name=B price=C; D lost, E lost; C",
         .price = "C",
         .choice = {FIELD_PRICE, "дилер"}},
        {.what = "nobody has it", three, "", "none|No column for price=\"Партнёр\"", .price = "Партнёр"},
        {.what = "nor this field",
         three,
         "",
         "none|No column for columns.price=\"Партнёр\"",
         .choice = {FIELD_PRICE, "Партнёр"}},
        {.what = "one of two is lost", tiers, "", "none|No column for price=\"X\"", .price = "X; D"},
        {.what = "two names are no tiers", three, "", "ambiguous|price=D or price=E", .price = "Опт;Дилер"},
        {.what = "tiers and retail", tiers, "", "ambiguous|РРЦ|Опт от 5 шт|Опт от 50 шт|990"},
        {.what = "tiers one by one",
         tiers,
         "",
         "1x1 part_number=A price=C; B lost; C 5pcs; D 50pcs",
         .price = "Опт от 5 шт; D"},
        {.what = "tiers by their name",
         tiers,
         "",
         "1x1 part_number=A price=C; B lost; C 5pcs; D 50pcs",
         .price = "Опт"},
        {.what = "retail first, because it is asked for",
         tiers,
         "",
         "1x1 part_number=A price=B; B; C 5pcs; D 50pcs",
         .price = "B;C;D"},
        {.what = "a name with VAT does not mean the one without",
         "SKU|Цена без НДС|Цена с НДС\nA-1|=5|=6\n",
         "",
         "1x1 part_number=A price=C; B lost; C gross",
         .price = "Цена с НДС"},
        {.what = "nor if it is written in another way",
         "SKU|Цена без НДС|Цена с НДС\nA-1|=5|=6\n",
         "",
         "none|No column for price",
         .price = "Цена (с НДС 20%)"},
        {.what = "of the caption over two columns all",
         "SKU|Цена|\n|1-9|10+\nA-1|=5|=6\n",
         "A1:A2 B1:C1",
         "1x2 part_number=A price=B; B 1+; C 10+",
         .price = "цена"},
        {.what = "a caption with a semicolon",
         "SKU|Цена; руб|Опт\nA-1|=5|=6\n",
         "",
         "1x1 part_number=A price=B; C lost; B RUB",
         .price = "Цена; руб"},
    };
    CHECK(cases);
}

static void tiers(void **state)
{
    (void)state;
    static const struct price_case cases[] = {
        {.what = "in a second row",
         "Артикул|Наименование|Цена, руб. без НДС||\n||1-9|10-99|100+\nA-1|x|=7|=6|=5\n",
         "A1:A2 B1:B2 C1:E1",
         "1x2 part_number=A name=B price=C; C 1+ RUB net; D 10+ RUB net; E 100+ RUB net"},
        {.what = "the same without merges",
         "SKU|Price, USD||\n|1-9|10-99|100+\nA-1|=7|=6|=5\n",
         "",
         "1x2 part_number=A price=B; B 1+ USD; C 10+ USD; D 100+ USD"},
        {.what = "in one row",
         "Артикул|Цена 1-9 шт|Цена 10-99 шт\nA-1|=7|=6\n",
         "",
         "1x1 part_number=A price=B; B 1pcs; C 10pcs"},
        {.what = "a plain price first",
         "Артикул|Цена|от 2 тыс. шт|от 3 бобин\nA-1|=7|=6|=5\n",
         "",
         "1x1 part_number=A price=B; D unknown!; B; C 2000pcs"},
        {.what = "two plain ones",
         "Артикул|Цена|Цена от 1 шт|Цена от 10 шт\nA-1|=7|=6|=5\n",
         "",
         "ambiguous|Цена от 1 шт|Цена от 10 шт|(7)|(6)|price="},
        {.what = "another name first", "Артикул|Дилер|от 10|от 100\nA-1|=7|=6|=5\n", "", "ambiguous|Дилер"},
        {.what = "the same name first",
         "Артикул|Дилер|Дилер от 10\nA-1|=7|=6\n",
         "",
         "1x1 part_number=A price=B; B; C 10+"},
        {.what = "two currencies", "Артикул|Цена 1-9, USD|Цена 10+, руб\nA-1|=7|=6\n", "", "ambiguous|USD"},
        {.what = "in two currencies each",
         "Артикул|1-9, USD|10+, USD|1-9, руб|10+, руб\nA-1|=7|=6|=8|=7\n",
         "",
         "1x1 part_number=A price=B; D lost, E lost; B 1+ USD; C 10+ USD",
         .currency = "USD"},
        {.what = "with and without VAT each",
         "SKU|1-9|10+|1-9 с НДС|10+ с НДС\nA-1|=7|=6|=8|=7\n",
         "",
         "1x1 part_number=A price=B; D lost, E lost; B 1+; C 10+"},
        {.what = "below two branches", "SKU|Москва|Тверь\n|1-9|10+\nA-1|=7|=6\n", "A1:A2", "none|Москва"},
        {.what = "two branches and the name of a price",
         "SKU|Москва|Тверь\n|Цена 1-9|Цена 10+\nA-1|=7|=6\n",
         "A1:A2",
         "ambiguous|Москва / Цена 1-9"},
        {.what = "below one branch", "SKU|Филиал|\n|1-9|10+\nA-1|=7|=6\n", "A1:A2 B1:C1", "none|Филиал"},
        {.what = "below one branch, named",
         "SKU|Филиал|\n|Цена|\n|1-9|10+\nA-1|=7|=6\n",
         "A1:A3 B1:C1 B2:C2",
         "1x3 part_number=A price=B; «Филиал» over «Цена»; B 1+; C 10+"},
        {.what = "a discount is no price",
         "SKU|Цена|Скидка|\n||от 10|от 50\nA-1|=7|=6|=5\n",
         "A1:A2 B1:B2 C1:D1",
         "1x2 part_number=A price=B; C unknown!, D unknown!; B"},
        {.what = "nor is a stock",
         "SKU|Цена|Остаток|\n||до 10|от 10\nA-1|=7|=6|=5\n",
         "A1:A2 B1:B2 C1:D1",
         "1x2 part_number=A price=B; C unknown!, D unknown!; B"},
        {.what = "one pack is one piece", "SKU|Цена|Цена от 1 уп\nA-1|=7|=6\n", "", "ambiguous|Цена от 1 уп"},
        {.what = "a tier that is not understood, named",
         "SKU|Цена|от 5 бобин\nA-1|=7|=6\n",
         "",
         "ambiguous|бобин",
         .price = "B;C"},
        {.what = "sums of the order",
         "Артикул|Цена от 10 000 руб|Цена от 50 000 руб\nA-1|=700|=650\nA-2|=5500|=5300\n",
         "",
         "ambiguous|от 10 000 руб|от 50 000 руб|700|5300|price"},
        {.what = "a price and one from a sum on",
         "SKU|Цена|от 50 000 руб\nA-1|=7|=6\n",
         "",
         "ambiguous|price=B or price=C"},
        {.what = "numbered", "Артикул|Опт 1|Опт 2|Опт 3\nA-1|=7|=6|=5\n", "", "ambiguous|Опт 1|Опт 2|Опт 3|price"},
        {.what = "packs and pieces",
         "SKU|Цена за шт, 10+ шт|Цена за шт, 10+ уп\nA-1|=7|=6\n",
         "",
         "1x1 part_number=A price=B; B 10pcs /1pcs; C 10pack /1pcs"},
        {.what = "per thousand",
         "Артикул|Цена за 1000 шт, руб., от 5000 шт|Цена за 1000 шт, руб., от 50 000 шт\nA-1|=7|=6\n",
         "",
         "1x1 part_number=A price=B; B 5000pcs RUB /1000pcs; C 50000pcs RUB /1000pcs"},
    };
    CHECK(cases);
}

static void bare_numbers(void **state)
{
    (void)state;
    static const struct price_case cases[] = {
        {.what = "merged",
         "Артикул|Наименование|Цена, руб.||\n||=1|=10|=100\nA-1|x|=7|=6|=5\n",
         "A1:A2 B1:B2 C1:E1",
         "1x2 part_number=A name=B price=C; C 1+ RUB; D 10+ RUB; E 100+ RUB"},
        {.what = "empty captions to the right",
         "Артикул|Цена, USD||\n|=1|=10|=100\nA-1|=7|=6|=5\n",
         "A1:A2",
         "1x2 part_number=A price=B; B 1+ USD; C 10+ USD; D 100+ USD"},
        {.what = "as text",
         "Артикул|Цена||\n|1|10|1 000\nA-1|7|6|5\n",
         "",
         "1x2 part_number=A price=B; B 1+; C 10+; D 1000+"},
        {.what = "the first has none",
         "Артикул|Цена||\n||=10|=100\nA-1|=7|=6|=5\n",
         "A1:A2 B1:D1",
         "1x2 part_number=A price=B; B; C 10+; D 100+"},
        {.what = "a caption ends it",
         "Артикул|Цена||Остаток\n|=1|=10|=100\n",
         "A1:A2",
         "1x1 part_number=A qty=D price=B; B"},
        {.what = "not ascending",
         "Артикул|Цена||\n|=10|=1|=100\nA-1|=7|=6|=5\n",
         "A1:A2 B1:D1",
         "ambiguous|price=B or price=C or price=D"},
        {.what = "not whole", "Артикул|Цена|\n|=1.5|=10\nA-1|=7|=6\n", "A1:A2 B1:C1", "ambiguous|price=B or price=C"},
        {.what = "not alone", "Артикул|Цена|\nA-1|=1|=10\n", "B1:C1", "ambiguous|B \"Цена\" (1)|C \"Цена\" (10)"},
        {.what = "nothing to tell them apart",
         "Артикул|Наименование|Цена|\nA-1|x|=700|=690\nA-2|y|=5500|=5490\n",
         "C1:D1",
         "ambiguous|C \"Цена\" (700; 5500)|D \"Цена\" (690; 5490)|price=C or price=D"},
        {.what = "by letter",
         "Артикул|Наименование|Цена|\nA-1|x|=700|=690\n",
         "C1:D1",
         "1x1 part_number=A name=B price=D; C lost; D",
         .price = "D"},
        {.what = "texts below some of them",
         "SKU|Цена||\n|1-9|10+|\nA-1|=7|=6|=5\n",
         "A1:A2 B1:D1",
         "1x2 part_number=A price=B; B 1+; C 10+"},
        {.what = "a merge for the looks", "Артикул|Цена|\nA-1|=700|\n", "B1:C1", "1x1 part_number=A price=B; B"},
        {.what = "three rows",
         "SKU|Prices||\n|Price||\n|=1|=10|=100\nA-1|=7|=6|=5\n",
         "A1:A3 B1:D1 B2:D2",
         "1x3 part_number=A price=B; «Prices» over «Price»; B 1+; C 10+; D 100+"},
    };
    CHECK(cases);
}

static void no_heading(void **state)
{
    (void)state;
    static const struct price_case cases[] = {
        {.what = "nobody knows them",
         "Изделие №|Сколько стоит\nA-1|=690\n",
         "",
         "none|Изделие №|Сколько стоит|Missing: a price|columns={\"part_number\":\"Изделие №\",\"price\":\"Сколько "
         "стоит\"}"},
        {.what = "no price",
         "Артикул|Старая цена|Остаток\nA-1|=690|=1\n",
         "",
         "none|B \"Старая цена\" = an old price|Missing: a price"},
        {.what = "an odd tier is no price",
         "Артикул|Цена от 3 бобин\nA-1|=690\n",
         "",
         "none|Not understood: B \"Цена от 3 бобин\""},
        {.what = "nor in a row of its own", "Артикул|Цена\n|от 3 бобин\nA-1|=690\n", "A1:A2", "none|Missing: a price"},
        {.what = "nothing at all", "foo\n=1|=2\n", "", "none|No heading with a price|\"price\":\"B\""},
    };
    CHECK(cases);
}

/* ---- Rows below --------------------------------------------------------------------------------------------------- */

static struct table_heading found_in(struct sheet *sheet)
{
    char why[480];
    struct table_heading heading;
    sheet->ask = (struct table_ask){.kind = TABLE_PRICES, .vat_included = -1};
    assert_int_equal(table_heading_find(&sheet->input, &heading, why, sizeof why), HEAD_FOUND);
    return heading;
}

static bool same_headings(const char *a, const char *b)
{
    struct sheet *one = sheet_new(a, ""), *other = sheet_new(b, "");
    struct table_heading first = found_in(one), second = found_in(other);
    bool same = table_heading_same(&first, &second);
    table_heading_fini(&first);
    table_heading_fini(&second);
    free(one);
    free(other);
    return same;
}

static void compares_headings(void **state)
{
    (void)state;
    static const char plain[] = "Артикул|Цена, USD\n";
    assert_true(same_headings(plain, plain));
    assert_true(same_headings(plain, "Артикул|Price, $\n"));
    assert_false(same_headings(plain, "Артикул|Цена, руб\n"));
    assert_false(same_headings(plain, "Артикул|Цена с НДС, USD\n"));
    assert_false(same_headings(plain, "Артикул|Цена за уп, USD\n"));
    assert_false(same_headings(plain, "Артикул|Цена от 10, USD\n"));
    assert_false(same_headings(plain, "Цена, USD|Артикул\n"));
    assert_false(same_headings("Артикул|Цена 1-9|Цена 10+\n", "Артикул|Цена 1-9|Цена 20+\n"));
}

static void tells_labels(void **state)
{
    (void)state;
    struct sheet *sheet = sheet_new("Артикул|Опт\nОпт|Розница\nA-1|Опт\nШт|each\nАртикул|=5\nLot|Currency\nx|y\n", "");
    static const bool expected[] = {true, true, false, false, false, true, false};
    for (size_t i = 0; i < sizeof expected; i++)
        assert_int_equal(table_row_labels(TABLE_PRICES, sheet->stored[i]), expected[i]);
    assert_false(table_row_labels(TABLE_STOCK, sheet->stored[1]));
    free(sheet);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_price),
        cmocka_unit_test(said_twice),
        cmocka_unit_test(named),
        cmocka_unit_test(tiers),
        cmocka_unit_test(bare_numbers),
        cmocka_unit_test(no_heading),
        cmocka_unit_test(compares_headings),
        cmocka_unit_test(tells_labels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
