/* The six tables of the catalogue. */
#include "handlers/catalog/table.h"

#include "handlers/catalog/derive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const units[] = {"pcs", "set", "m", NULL};
static const char *const unit_spellings[] = {"шт", "компл", "м", NULL};
static const char *const methods[] = {"weighted_avg", "average", "median", "min", "latest", "manual", NULL};
static const char *const method_spellings[] = {
    "средневзвешенная|средневзвешенное|средневзвешенный|взвешенная|взвешенное среднее|weighted average|weighted",
    "средняя|среднее|средний|средняя арифметическая|среднее арифметическое|mean|avg",
    "медиана|медианная|медианный",
    "минимальная|минимум|мин|минимальный|наименьшая|minimum|lowest",
    "последняя|последний|последняя цена|last|newest",
    "вручную|ручная|ручной|ручная цена|by hand",
    NULL};
static const char *const kinds[] = {"supplier", "competitor", NULL};
static const char *const kind_spellings[] = {"поставщик|поставщики|suppliers|vendor|снабженец",
                                             "конкурент|конкуренты|competitors|rival", NULL};
static const char *const statuses[] = {"active", "rejected", NULL};
static const char *const status_spellings[] = {
    "действует|действующая|активна|активен|активная|активный|действующий|valid",
    "отклонена|отклонено|отклонен|отклоненная|отвергнута|отменена|reject|declined", NULL};

#define TEN_9     1000000000
#define PRICE_MAX 99999999999999 /* DECIMAL(14,4) */

/* The captions of columns that several tables have. */
#define LOT      "лот|код лота|лот код|код компонента|компонент|lot|lot no|lot number|component|component code"
#define ACTIVE   "активен|активна|активно|активность|активный|действует|используется|в работе|enabled|is active"
#define PART     "парт-номер|парт номер|партномер|part no|pn|p/n|mpn|каталожный номер|артикул производителя"
#define VENDOR   "производитель|бренд|вендор|изготовитель|марка|manufacturer|brand|mfr|maker"
#define CURRENCY "код валюты|букв код|буквенный код|буквенный код валюты|валюта код|iso код|currency code|iso code|ccy"

/* clang-format off */
static const struct catalog_column component_columns[] = {
    {.name = "lot_code", .kind = CELL_CODE, .names = NAMES_LOT, .required = true, .max = 64, .means = LOT,
     .may_mean = "код|код позиции|код номенклатуры|код товара|артикул|code|item code|sku|part number|номенклатурный код"},
    {.name = "name", .kind = CELL_TEXT, .required = true, .max = 255,
     .means = "наименование|название|наименование лота|название лота|наименование компонента|полное наименование|lot name|title", .may_mean = "описание|description|номенклатура|товар|item|позиция", .field = FIELD_NAME},
    {.name = "category", .kind = CELL_CODE, .otherwise = "", .max = 32, .means = "категория|категория товара|товарная группа|номенклатурная группа", .may_mean = "группа|раздел|вид|тип|group|class|section|type"},
    {.name = "unit", .kind = CELL_UNIT, .otherwise = "pcs", .choices = units, .spellings = unit_spellings, .means = "ед|ед изм|единица|единица измерения|uom|units", .field = FIELD_UNIT},
    {.name = "coefficient", .kind = CELL_DECIMAL, .otherwise = "1.0000", .scale = 4, .min = 1, .max = 9999999, .means = "коэффициент|коэф|коэфф|коэффициент цены|повышающий коэффициент|coef|coeff|factor|multiplier"},
    {.name = "price_method", .kind = CELL_CHOICE, .choices = methods, .spellings = method_spellings, .means = "метод цены|метод расчета|метод расчета цены|способ расчета|способ расчета цены|pricing method", .may_mean = "метод|способ|method"},
    {.name = "manual_price", .kind = CELL_DECIMAL, .scale = 4, .min = 1, .max = PRICE_MAX, .means = "ручная цена|цена вручную|фиксированная цена|цена ручная|заданная цена|fixed price"},
    {.name = "window_days", .kind = CELL_INT, .min = 1, .max = 3650, .means = "окно|окно дней|окно в днях|окно, дней|окно цен|период дней|глубина дней|период расчета|window", .may_mean = "дней|days"},
    {.name = "active", .kind = CELL_BOOL, .otherwise = "1", .means = ACTIVE},
    {.name = NULL},
};
static const struct catalog_column part_number_columns[] = {
    {.name = "vendor", .kind = CELL_TEXT, .names = NAMES_VENDOR, .used_only = true, .otherwise = "", .max = 128, .means = VENDOR, .field = FIELD_VENDOR},
    {.name = "part_number", .kind = CELL_TEXT, .names = NAMES_NUMBER, .required = true, .max = 128, .means = PART, .may_mean = "артикул|номер|код производителя|number", .field = FIELD_PART_NUMBER},
    {.name = "lot_code", .kind = CELL_CODE, .names = NAMES_LOT, .required = true, .used_only = true, .max = 64, .means = LOT, .may_mean = "код|code", .field = FIELD_LOT},
    {.name = "lot_qty", .kind = CELL_DECIMAL, .otherwise = "1.000", .scale = 3, .min = 1, .max = TEN_9 * 1000LL - 1,
     .means = "лотов|кол-во лотов|количество лотов|лотов в номере|лотов в штуке|лотов в комплекте|лотов внутри|кол-во в комплекте|количество в комплекте|штук в комплекте|lots", .may_mean = "количество|кол-во|qty"},
    {.name = "pack_qty", .kind = CELL_DECIMAL, .scale = 3, .min = 1, .max = TEN_9 * 1000LL - 1,
     .means = "в упаковке|кол-во в упаковке|количество в упаковке|штук в упаковке|шт в упаковке|норма упаковки|фасовка|pack size|pack quantity|qty per pack|pieces per pack", .may_mean = "упаковка|pack"},
    {.name = NULL},
};
static const struct catalog_column party_columns[] = {
    {.name = "kind", .kind = CELL_CHOICE, .required = true, .choices = kinds, .spellings = kind_spellings, .means = "вид контрагента|тип контрагента|вид стороны|роль|party kind|role", .may_mean = "вид|тип|type"},
    {.name = "code", .kind = CELL_CODE, .required = true, .max = 32, .means = "код|код контрагента|код стороны|код партнера|party code", .may_mean = "код поставщика|код конкурента|supplier code|краткое наименование"},
    {.name = "name", .kind = CELL_TEXT, .required = true, .max = 255, .means = "наименование|название|имя|наименование контрагента|полное наименование|название контрагента|party name|company|компания", .may_mean = "контрагент|поставщик|партнер|организация"},
    {.name = "weight", .kind = CELL_DECIMAL, .otherwise = "1.000", .scale = 3, .min = 0, .max = 100000, .means = "вес|доверие|вес доверия|весовой коэффициент|trust"},
    {.name = "active", .kind = CELL_BOOL, .otherwise = "1", .means = ACTIVE},
    {.name = NULL},
};
static const struct catalog_column warehouse_columns[] = {
    {.name = "code", .kind = CELL_CODE, .required = true, .max = 32, .means = "код|код склада|склад код|краткое наименование|warehouse code"},
    {.name = "name", .kind = CELL_TEXT, .required = true, .max = 255, .means = "наименование|название|имя|наименование склада|название склада|склад наименование|полное наименование|warehouse name", .may_mean = "склад|место хранения|warehouse|store|описание|description"},
    {.name = NULL},
};
static const struct catalog_column rate_columns[] = {
    {.name = "currency", .kind = CELL_CURRENCY, .required = true, .means = CURRENCY, .may_mean = "валюта", .field = FIELD_CURRENCY},
    {.name = "rate_date", .kind = CELL_DATE, .required = true, .means = "дата курса|на дату|курс на дату|дата котировки|date of rate", .may_mean = "дата|date|день|day"},
    {.name = "nominal", .kind = CELL_INT, .otherwise = "1", .min = 1, .max = 100000, .means = "номинал|кратность|единиц|кол-во единиц|количество единиц|за единиц|units|multiplicity"},
    {.name = "rate", .kind = CELL_DECIMAL, .required = true, .scale = 6, .min = 1, .max = 999999999999, .means = "курс|курс валюты|курс цб|курс рубля|курс к рублю|exchange rate|curs", .may_mean = "значение|value"},
    {.name = "source", .kind = CELL_TEXT, .otherwise = "", .max = 32, .means = "источник|источник курса|откуда|origin"},
    {.name = NULL},
};
static const struct catalog_column quote_columns[] = {
    {.name = "ext_ref", .kind = CELL_CODE, .max = 96, .means = "внешний код|внешняя ссылка|внешний номер|номер котировки|ссылка|reference|external reference|quote no|quote number", .may_mean = "номер документа|id|ид|ref|№"},
    {.name = "party_kind", .kind = CELL_CHOICE, .required = true, .used_only = true, .choices = kinds, .spellings = kind_spellings, .means = "вид контрагента|тип контрагента|вид стороны|роль|role", .may_mean = "вид|тип|kind|type"},
    {.name = "party_code", .kind = CELL_CODE, .required = true, .used_only = true, .max = 32, .means = "код контрагента|код стороны|код партнера|код поставщика|код конкурента|supplier code", .may_mean = "контрагент|поставщик|конкурент|партнер|party|supplier|competitor"},
    {.name = "lot_code", .kind = CELL_CODE, .names = NAMES_LOT, .used_only = true, .max = 64, .means = LOT, .field = FIELD_LOT},
    {.name = "part_number", .kind = CELL_TEXT, .names = NAMES_NUMBER, .max = 128, .means = PART, .may_mean = "артикул|номер|код производителя|number", .field = FIELD_PART_NUMBER},
    {.name = "price", .kind = CELL_DECIMAL, .required = true, .scale = 4, .min = 1, .max = PRICE_MAX, .means = "цена|цена за единицу|цена закупки|цена поставщика|закупочная цена|unit price"},
    {.name = "price_per", .kind = CELL_INT, .otherwise = "1", .min = 1, .max = 100000, .means = "цена за|цена за штук|за сколько|за кол-во|за количество|кратность цены|единица цены|per"},
    {.name = "currency", .kind = CELL_CURRENCY, .required = true, .means = CURRENCY, .may_mean = "валюта", .field = FIELD_CURRENCY},
    {.name = "vat_included", .kind = CELL_BOOL, .otherwise = "0", .means = "с ндс|ндс включен|включая ндс|ндс в цене|цена включает ндс|в том числе ндс|vat incl|incl vat|with vat"},
    {.name = "vat_rate", .kind = CELL_DECIMAL, .per_cent = true, .otherwise = "0.00", .scale = 2, .min = 0, .max = 9999, .means = "ставка ндс|ндс %|% ндс|ндс, %|ставка ндс, %|процент ндс|vat %|vat, %", .may_mean = "ндс|vat"},
    {.name = "min_qty", .kind = CELL_DECIMAL, .otherwise = "1.000", .scale = 3, .min = 1, .max = 999999999999999, .means = "мин кол-во|минимальное количество|мин количество|мин партия|минимальная партия|минимальный заказ|кол-во от|количество от|от количества|moq|min order|minimum quantity|min quantity"},
    {.name = "qty", .kind = CELL_DECIMAL, .scale = 3, .min = 0, .max = 999999999999999, .means = "количество|кол-во|доступно|доступное количество|quantity|available", .may_mean = "остаток|наличие|в наличии|stock|in stock"},
    {.name = "quoted_on", .kind = CELL_DATE, .required = true, .means = "дата котировки|дата цены|дата прайса|дата предложения|quote date|price date", .may_mean = "дата|date"},
    {.name = "valid_until", .kind = CELL_DATE, .means = "действует до|действительно до|действительна до|годен до|срок действия|окончание действия|действует по|valid to|expires", .may_mean = "до|until"},
    {.name = "status", .kind = CELL_CHOICE, .otherwise = "active", .choices = statuses, .spellings = status_spellings, .means = "статус|состояние|state"},
    {.name = "note", .kind = CELL_TEXT, .max = 255, .means = "примечание|примечания|комментарий|комментарии|заметка|comment|comments|remark|notes"},
    {.name = NULL},
};
/* clang-format on */

/* ---- The list -------------------------------------------------------------------------------------------------- */

static const struct catalog_table tables[] = {
    {.name = "components",
     .target = "component",
     .columns = component_columns,
     .extras = {"lot_norm", "lot_skeleton"},
     .searched = true,
     .key = {"lot_code"},
     .key_index = "uq_lot",
     .file_key = {"lot_norm"},
     .blamed = "lot_code",
     .relinks = true,
     .derive = catalog_derive_component},
    {.name = "part_numbers",
     .target = "part_number_map",
     .columns = part_number_columns,
     .extras = {"vendor_norm", "pn_norm", "pn_skeleton", "component_id"},
     .key = {"pn_norm", "vendor_norm"},
     .key_index = "uq_map",
     .file_key = {"pn_norm", "vendor_norm"},
     .blamed = "part_number",
     .relinks = true,
     .derive = catalog_derive_part_number},
    {.name = "parties",
     .target = "party",
     .columns = party_columns,
     .key = {"kind", "code"},
     .key_index = "uq_party",
     .file_key = {"kind", "code"},
     .blamed = "code"},
    {.name = "warehouses",
     .target = "warehouse",
     .columns = warehouse_columns,
     .key = {"code"},
     .key_index = "uq_wh",
     .file_key = {"code"},
     .blamed = "code"},
    {.name = "rates",
     .target = "currency_rate",
     .columns = rate_columns,
     .key = {"currency", "rate_date"},
     .key_index = "PRIMARY",
     .file_key = {"currency", "rate_date"},
     .blamed = "rate_date"},
    {.name = "quotes",
     .target = "price_quote",
     .columns = quote_columns,
     .extras = {"party_id", "component_id", "pn_norm"},
     .key = {"ext_ref"},
     .key_index = "uq_ext",
     .file_key = {"ext_ref"},
     .blamed = "ext_ref",
     .keep_known = true,
     .derive = catalog_derive_quote},
};
#define N_TABLES (sizeof tables / sizeof tables[0])

const char *const catalog_table_names[] = {"components", "part_numbers", "parties", "warehouses",
                                           "rates",      "quotes",       NULL};

const struct catalog_table *catalog_table(const char *name)
{
    for (size_t i = 0; i < N_TABLES; i++)
        if (strcmp(tables[i].name, name) == 0)
            return &tables[i];
    return NULL;
}

size_t catalog_columns(const struct catalog_table *table)
{
    size_t n = 0;
    while (table->columns[n].name)
        n++;
    return n;
}

int catalog_column_at(const struct catalog_table *table, const char *name, size_t n)
{
    for (int i = 0; table->columns[i].name; i++)
        if (strlen(table->columns[i].name) == n && memcmp(table->columns[i].name, name, n) == 0)
            return i;
    return -1;
}

size_t catalog_heading(const struct catalog_table *table, char out[CATALOG_HEADING])
{
    size_t used = 0, n = catalog_columns(table);
    for (size_t i = 0; i < n; i++) {
        int len =
            snprintf(out + used, CATALOG_HEADING - used, "%s%s", table->columns[i].name, i + 1 < n ? "," : "\r\n");
        if (len < 0 || (size_t)len >= CATALOG_HEADING - used)
            abort(); /* the descriptions are our own */
        used += (size_t)len;
    }
    return used;
}

struct catalog_value *catalog_value_of(const struct catalog_table *table, struct catalog_row *row, const char *name)
{
    for (size_t i = 0; table->extras[i]; i++)
        if (strcmp(table->extras[i], name) == 0)
            return &row->extra[i];
    int at = catalog_column_at(table, name, strlen(name));
    return at < 0 ? NULL : &row->value[at];
}
