/* Quotes of a file: what stands twice, and references. */
#include "handlers/quotes/import/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* cmocka needs those before it */
#include <cmocka.h>

struct offer {
    int64_t min_qty, price;
    const char *currency;
};

/* A row of one number with one or two offers. */
static enum quote_added add(struct quote_list *list, enum quote_duplicates mode, uint32_t row, const char *norm,
                            int64_t qty, struct offer a, struct offer b)
{
    struct quote_line line = {.row = row, .norm = norm, .pn_norm = norm, .component = row, .qty = qty, .n = 1};
    const struct offer *offers[] = {&a, &b};
    const struct quote_new *other = NULL;
    unsigned at = 0;
    line.part_number = (struct cell_span){norm, strlen(norm)};
    line.n = b.currency ? 2 : 1;
    for (unsigned i = 0; i < line.n; i++) {
        line.offer[i] = (struct quote_offer){
            .price = offers[i]->price, .min_qty = offers[i]->min_qty, .price_per = 1, .column = (uint8_t)(i + 2)};
        snprintf(line.offer[i].currency, 4, "%s", offers[i]->currency);
    }
    enum quote_added added = quote_list_add(list, &line, 0, mode, &at, &other);
    if (added == OFFERS_DUPLICATE)
        assert_non_null(other);
    return added;
}

#define RUB(least, price) ((struct offer){(least), (price), "RUB"})
#define NONE              ((struct offer){0, 0, NULL})

static void test_the_same_is_merged(void **state)
{
    (void)state;
    struct quote_list list = {.n = 0};
    assert_int_equal(add(&list, QUOTES_REJECT, 1, "A1", -1, RUB(1000, 100), RUB(10000, 90)), OFFERS_TAKEN);
    assert_int_equal(add(&list, QUOTES_REJECT, 2, "A1", 5000, RUB(1000, 100), NONE), OFFERS_TAKEN);
    assert_int_equal(add(&list, QUOTES_REJECT, 3, "A1", 7000, RUB(1000, 100), NONE), OFFERS_TAKEN);
    assert_int_equal(add(&list, QUOTES_REJECT, 4, "A2", 7000, RUB(1000, 100), RUB(1000, 100)), OFFERS_TAKEN);
    assert_int_equal(list.n, 3);
    assert_int_equal(list.merged, 3);
    assert_int_equal(list.quote[0].qty, 5000); /* the first one that is known */
    quote_list_fini(&list);
}

static void test_a_row_is_taken_whole_or_not_at_all(void **state)
{
    (void)state;
    struct quote_list list = {.n = 0};
    assert_int_equal(add(&list, QUOTES_REJECT, 1, "A1", -1, RUB(10000, 90), NONE), OFFERS_TAKEN);
    assert_int_equal(add(&list, QUOTES_REJECT, 2, "A1", -1, RUB(1000, 100), RUB(10000, 91)), OFFERS_DUPLICATE);
    assert_int_equal(list.n, 1);
    quote_list_fini(&list);
}

static void test_min_and_last(void **state)
{
    (void)state;
    struct quote_list list = {.n = 0};
    assert_int_equal(add(&list, QUOTES_MIN, 1, "A1", 1000, RUB(1000, 100), NONE), OFFERS_TAKEN);
    assert_int_equal(add(&list, QUOTES_MIN, 2, "A1", 2000, RUB(1000, 90), NONE), OFFERS_TAKEN);
    assert_int_equal(add(&list, QUOTES_MIN, 3, "A1", 3000, RUB(1000, 95), NONE), OFFERS_TAKEN);
    assert_int_equal(add(&list, QUOTES_MIN, 4, "A1", 3000, (struct offer){1000, 1, "USD"}, NONE), OFFERS_DUPLICATE);
    assert_int_equal(list.quote[0].price, 90);
    assert_int_equal(list.quote[0].qty, 2000);
    assert_int_equal(list.quote[0].component, 2); /* the row that counts, as a whole */
    assert_int_equal(add(&list, QUOTES_LAST, 5, "A1", 4000, (struct offer){1000, 1, "USD"}, NONE), OFFERS_TAKEN);
    assert_int_equal(list.quote[0].price, 1);
    assert_string_equal(list.quote[0].currency, "USD");
    assert_int_equal(list.n, 1);
    quote_list_fini(&list);
}

static void test_references(void **state)
{
    (void)state;
    char text[QUOTE_REF_TEXT];
    struct quote_new quote = {.ref = {0xab, 0xcd}};
    quote_ref_text(&quote, 1, text);
    assert_string_equal(text, "q:abcd000000000000000000000000000000000000");
    quote_ref_text(&quote, 4294967295u, text);
    assert_string_equal(text, "q:abcd000000000000000000000000000000000000#4294967295");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same_is_merged),
        cmocka_unit_test(test_a_row_is_taken_whole_or_not_at_all),
        cmocka_unit_test(test_min_and_last),
        cmocka_unit_test(test_references),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
