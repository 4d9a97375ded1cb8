/* Which items a refused row may be about; near matches of numbers. */
#include "tests/unit/testdata.h"

#include "handlers/catalog/map.h"
#include "handlers/stock/line/forms.h"
#include "handlers/values/rewritten.h"

/* What a spreadsheet left in the cell, and what the article may have been, or was not. */
struct rewriting {
    enum grid_kind kind;
    const char *cell;
    const char *may[12], *not [8];
};

static const struct rewriting rewritings[] = {
    {GRID_NUMBER, "19.5", {"19.5", "19.50", "019.5"}, {"19", "19.55", "5", "19-6"}},
    {GRID_NUMBER, "0.125", {"0.125", ".125", "0,1250"}, {"0.0126", "12"}},
    {GRID_NUMBER,
     "1.234567890123456e+18",
     {"1234567890123456789", "1234567890123456000", "01234567890123456123"},
     {"12345678901234567", "1234567890123999999", "123456789012345678"}},
    {GRID_NUMBER, "1e+20", {"1E20", "100000000000000000000", "10E19"}, {"1E19", "1E21"}},
    {GRID_TEXT,
     "1.23E+15",
     {"1230000000000000", "1234567890123456", "1.23E15", "123E13", "1225000000000000"},
     {"1236000000000000", "123000000000000", "A123"}},
    {GRID_TEXT, "1,00E+06", {"999999", "1E6", "1000000", "1000400"}, {"1E5", "990000"}},
    {GRID_TEXT, "4512.0", {"4512", "4512.0", "0004512", "45-12"}, {"451", "45121", "451200"}},
    {GRID_DATE,
     "2026-03-10",
     {"3-10", "10.03", "10/3", "MAR-10", "10-мар", "10.03.26", "2026-03-10", "3-10-2024"},
     {"3-11", "11-10", "3100", "310-5"}},
    {GRID_DATE, "2025-01-01", {"1-25", "01/2025", "JAN25", "янв-25", "1-1", "01.01"}, {"1-26", "2-25", "FEB25"}},
    {GRID_DATE, "11:05:00", {"11-05", "11:05", "1105"}, {"115", "1106"}},
    {GRID_TEXT, "03.мар", {"3-3", "03/03", "3.3", "MAR3", "3-март"}, {"3-4", "33-3"}},
    {GRID_TEXT, "мар.25", {"3-25", "MAR25", "25.03", "03-2025"}, {"3-24", "MAR24"}},
    {GRID_TEXT, "7-Sep-24", {"7-9-24", "09/07/2024", "SEP7"}, {"8-9-24", "7-8"}},
};

static bool may_be(const struct rewriting *r, const char *article)
{
    struct grid_cell cell = {.kind = (uint8_t)r->kind, .len = (uint32_t)strlen(r->cell), .text = r->cell};
    struct grid_row grid = {.n_cells = 1, .cells = &cell};
    struct table_row row = {.row = &grid};
    struct stock_ident ident = {.from = FIELD_PART_NUMBER};
    char norm[PN_BYTES];
    row.field[FIELD_PART_NUMBER] = &cell;
    assert_int_equal(pn_normalise(article, strlen(article), norm, NULL), PN_OK);
    return stock_identity_may_be(&ident, &row, norm);
}

static void finds_what_it_may_have_been(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rewritings / sizeof rewritings[0]; i++) {
        const struct rewriting *r = &rewritings[i];
        for (size_t k = 0; r->may[k]; k++)
            if (!may_be(r, r->may[k]))
                fail_msg("%s may have been %s", r->cell, r->may[k]);
        for (size_t k = 0; r->not [k]; k++)
            if (may_be(r, r->not [k]))
                fail_msg("%s was not %s", r->cell, r->not [k]);
    }
}

static void check_day(const char *cell, unsigned a, unsigned b)
{
    struct rewriting r = {.kind = GRID_DATE, .cell = cell};
    char article[24];
    for (int width = 0; width < 4; width++) {
        snprintf(article, sizeof article, "%0*u-%0*u", 1 + width % 2, a, 1 + width / 2, b);
        if (!may_be(&r, article))
            fail_msg("%s may have been %s", cell, article);
    }
}

/* Every day, with and without zeros. */
static void finds_every_day(void **state)
{
    (void)state;
    char cell[24];
    for (unsigned month = 1; month <= 12; month++)
        for (unsigned day = 1; day <= 28; day++) {
            snprintf(cell, sizeof cell, "2026-%02u-%02u", month, day);
            check_day(cell, day, month);
            check_day(cell, month, day);
        }
}

static void looks_into_names(void **state)
{
    (void)state;
    static const char name[] = "Лампа LE27-9W (белая), XZ-900";
    struct grid_cell cell = {.kind = GRID_TEXT, .len = sizeof name - 1, .text = name};
    struct grid_row grid = {.n_cells = 1, .cells = &cell};
    struct table_row row = {.row = &grid};
    struct stock_ident ident = {.from = FIELD_NONE};
    row.field[FIELD_NAME] = &cell;
    assert_true(stock_identity_may_be(&ident, &row, "LE279W"));
    assert_true(stock_identity_may_be(&ident, &row, "XZ900"));
    assert_false(stock_identity_may_be(&ident, &row, "LE279"));
    /* A number that several lots bear is the item's under any manufacturer. */
    snprintf(ident.pn_norm, sizeof ident.pn_norm, "DUP100");
    assert_true(stock_identity_may_be(&ident, &row, "DUP100"));
    assert_false(stock_identity_may_be(&ident, &row, "LE279W"));
    /* Of broken bytes the digits are left. */
    static const char broken[] = "\xca\xd0"
                                 "4-24\xd2\xcc";
    struct grid_cell bad = {.kind = GRID_TEXT, .len = sizeof broken - 1, .text = broken};
    ident.pn_norm[0] = '\0';
    ident.from = FIELD_PART_NUMBER;
    row.field[FIELD_PART_NUMBER] = &bad;
    assert_true(stock_identity_may_be(&ident, &row, "KP424TM"));
    assert_false(stock_identity_may_be(&ident, &row, "KP425TM"));
}

static void stays_within_its_room(void **state)
{
    (void)state;
    static const char *const long_ones[] = {"1234567890123456789012345678901234567890123456789012345678901234",
                                            "9999999999999999999999999999999999999999999999999999999999999999",
                                            "9E9999",
                                            "12E345678",
                                            "01012025",
                                            "99999999",
                                            "0",
                                            "000",
                                            "E5",
                                            "12E"};
    struct stock_forms forms;
    for (size_t i = 0; i < sizeof long_ones / sizeof long_ones[0]; i++) {
        stock_item_forms(long_ones[i], &forms);
        assert_in_range(forms.n, 2, STOCK_FORMS - 1);
    }
}

/* ---- Near matches ---------------------------------------------------------------------------------------------- */

static void add(struct catalog_map *map, const char *raw, uint32_t component)
{
    char norm[PN_BYTES];
    assert_int_equal(pn_normalise(raw, strlen(raw), norm, NULL), PN_OK);
    catalog_map_add_entry(map, norm, "", raw, component, 1000, 0);
}

static void suggests_near_matches(void **state)
{
    (void)state;
    struct catalog_map map;
    char out[256];
    catalog_map_init(&map, "RUB", 14);
    uint32_t lot = catalog_map_add_component(&map, 1, "00LOT-7", "00LOT7", UNIT_PCS);
    add(&map, "0045210", lot);
    add(&map, "4521O", lot);
    add(&map, "O45210", lot);
    add(&map, "77.25", lot);
    catalog_map_suggest(&map, "45210", out, sizeof out, NULL);
    assert_string_equal(out, "4521O = 00LOT-7 | 0045210 = 00LOT-7"); /* look-alikes first; O is no zero in front */
    catalog_map_suggest(&map, "000045210", out, sizeof out, NULL);
    assert_string_equal(out, "0045210 = 00LOT-7");
    catalog_map_suggest(&map, "LOT7", out, sizeof out, NULL);
    assert_string_equal(out, "00LOT-7 = 00LOT-7");
    catalog_map_suggest(&map, "", out, sizeof out, NULL);
    assert_string_equal(out, "");
    catalog_map_suggest(&map, "452100", out, sizeof out, NULL);
    assert_string_equal(out, "");
    catalog_map_fini(&map);
}

static void finds_what_is_written_so(void **state)
{
    (void)state;
    struct catalog_map map;
    struct catalog_found found;
    catalog_map_init(&map, "RUB", 14);
    uint32_t lamp = catalog_map_add_component(&map, 1, "LAMP", "LAMP", UNIT_PCS);
    uint32_t bolt = catalog_map_add_component(&map, 2, "12.5", "125", UNIT_PCS);
    catalog_map_add_entry(&map, "7725", "ALFA", "77.25", lamp, 1000, 0);
    catalog_map_add_entry(&map, "7725", "", "7725", bolt, 1000, 0);
    assert_int_equal(catalog_map_find(&map, "7725", "", &found), CATALOG_MATCH);
    assert_int_equal(found.component, bolt);
    assert_int_equal(catalog_map_find_written(&map, "77.25", "7725", "", &found), CATALOG_MATCH);
    assert_int_equal(found.component, lamp);
    assert_int_equal(catalog_map_find_written(&map, "7.725", "7725", "", &found), CATALOG_UNKNOWN);
    assert_int_equal(catalog_map_find_written(&map, "12.5", "125", "", &found), CATALOG_MATCH);
    assert_int_equal(found.component, bolt);
    assert_int_equal(catalog_map_find_written(&map, "1.25", "125", "", &found), CATALOG_UNKNOWN);
    catalog_map_fini(&map);
}

/* ---- Months ---------------------------------------------------------------------------------------------------- */

static void knows_months_in_both_forms(void **state)
{
    (void)state;
    static const char *const names[][3] = {
        {"Jan", "янв", "января"}, {"Feb", "фев", "февр"},  {"Mar", "мар", "марта"}, {"Apr", "апр", "Апрель"},
        {"May", "май", "мая"},    {"Jun", "июн", "июня"},  {"Jul", "июл", "июля"},  {"Aug", "авг", "августа"},
        {"Sept", "сен", "сент"},  {"Oct", "окт", "октяб"}, {"Nov", "ноя", "нояб"},  {"Dec", "дек", "декабрь"}};
    for (unsigned month = 1; month <= 12; month++)
        for (unsigned i = 0; i < 3; i++) {
            char text[40], norm[PN_BYTES];
            unsigned day, got, year;
            snprintf(text, sizeof text, "9-%s", names[month - 1][i]);
            assert_true(pn_text_day(text, strlen(text), &day, &got, &year));
            assert_int_equal(got, month);
            assert_int_equal(day, 9);
            assert_int_equal(pn_normalise(names[month - 1][i], strlen(names[month - 1][i]), norm, NULL), PN_OK);
            assert_int_equal(pn_month(norm, strlen(norm)), month);
        }
    assert_int_equal(pn_month("MA", 2), 0);
    assert_int_equal(pn_month("MARS", 4), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_it_may_have_been),
        cmocka_unit_test(finds_every_day),
        cmocka_unit_test(looks_into_names),
        cmocka_unit_test(stays_within_its_room),
        cmocka_unit_test(suggests_near_matches),
        cmocka_unit_test(finds_what_is_written_so),
        cmocka_unit_test(knows_months_in_both_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
