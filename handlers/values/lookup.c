/* What a label is that has no hints any more. */
#include "handlers/values/hints.h"
#include "handlers/values/words.h"

#include <string.h>

#define LIST(table) table, table##_count

static bool in_list(const char *label, const char *const *list, size_t count)
{
    return word_find(label, list, count, sizeof *list) != NULL;
}

/* "Опт 1", "Цена №2": the name of a price, and a number. */
static bool is_numbered_price(const char *label)
{
    char name[LABEL_BYTES];
    size_t n = strlen(label), end = n;

    while (end > 0 && label[end - 1] >= '0' && label[end - 1] <= '9')
        end--;
    if (end == n || n >= sizeof name)
        return false;
    memcpy(name, label, end);
    name[end] = '\0';
    while (end > 0 && (name[end - 1] == ' ' || name[end - 1] == '#'))
        name[--end] = '\0';
    if (end > 3 && strcmp(name + end - 3, "№") == 0)
        name[hint_before_joints(name, end - 3)] = '\0';
    const struct label_synonym *found = word_find(name, price_synonyms, price_synonyms_count, sizeof *price_synonyms);
    return found && found->field == FIELD_PRICE;
}

static bool look_up_price(const char *label, struct label *out)
{
    const struct label_synonym *found = word_find(label, price_synonyms, price_synonyms_count, sizeof *price_synonyms);

    if (!found)
        found = word_find(label, label_synonyms, label_synonyms_count, sizeof *label_synonyms);
    out->field = found ? found->field : is_numbered_price(label) ? FIELD_PRICE : FIELD_NONE;
    if (out->field == FIELD_UNIT_COST || out->field == FIELD_TOTAL_COST || out->field == FIELD_WAREHOUSE ||
        out->field == FIELD_RECEIVED_ON)
        out->field = FIELD_NONE;
    out->foreign = in_list(label, LIST(price_foreigns)) || in_list(label, LIST(label_foreigns));
    out->closing = in_list(label, LIST(label_closings));
    out->selling = false;
    out->total = !out->foreign && in_list(label, LIST(label_totals));
    out->price.retail |= in_list(label, LIST(price_retails));
    return label_known(out);
}

bool label_look_up(const char *label, struct label *out)
{
    if (out->prices)
        return look_up_price(label, out);
    const struct label_synonym *found = word_find(label, label_synonyms, label_synonyms_count, sizeof *label_synonyms);

    out->field = found ? found->field : FIELD_NONE;
    out->foreign = in_list(label, LIST(label_foreigns));
    out->closing = in_list(label, LIST(label_closings));
    out->selling = in_list(label, LIST(label_sellings));
    out->total = in_list(label, LIST(label_totals));
    return label_known(out);
}
