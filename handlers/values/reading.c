/* Reading a label: takes hints off until what is left is known. */
#include "base/utf8.h"
#include "handlers/values/hints.h"
#include "handlers/values/tiers.h"
#include "handlers/values/words.h"

#include <string.h>

#define LIST(table) table, table##_count

/* How hints are stripped. */
static unsigned how(const struct label *label)
{
    return label->prices ? HINT_PRICES : 0;
}

static bool in_list(const char *label, const char *const *list, size_t count)
{
    return word_find(label, list, count, sizeof *list) != NULL;
}

/* Pieces are the default, and noted apart. */
static bool take_unit(const char *text, struct label_hints *hints)
{
    struct value_unit unit;

    if (value_unit_text(text, strlen(text), &unit) != 0 || unit.unit == UNIT_NONE)
        return false;
    bool plain = unit.unit == UNIT_PCS && unit.factor == 1 && !unit.pack;
    hints->pieces |= plain;
    if (!plain && hints->unit.unit == UNIT_NONE)
        hints->unit = unit;
    return true;
}

/* What the tails of a label say besides hints. */
struct tails {
    bool foreign, selling;
    bool scaled;             /* "за 1000 шт", "тыс. руб": the numbers are not what they seem */
    enum stock_field amount; /* "остаток (сумма)" */
};

/* Has the text one of these words? */
static bool has_word(const char *text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t n = strlen(words[i]);
        const char *at = text;
        while ((at = strstr(at, words[i]))) {
            bool begins = at == text || strchr(" ,/(", at[-1]);
            if (begins && strchr(" ,/)", at[n]))
                return true;
            at += n;
        }
    }
    return false;
}

static bool is_scaled(const char *text)
{
    static const char *const words[] = {"за", "per", "тыс", "тысяч", "тысячах", "млн", "thousand", "thousands", "mln"};

    return has_word(text, words, sizeof words / sizeof words[0]);
}

/* Notes a text that is no hint: "цена (опт)" is another price than "цена (розница)". */
static void add_more(const char *text, struct label_price *price)
{
    size_t used = strlen(price->more), n = strlen(text);

    if (used + n + 2 > sizeof price->more)
        return;
    price->more[used] = ' ';
    memcpy(price->more + used + 1, text, n + 1);
}

/* A price list: what a piece says of a price. */
static void read_price_piece(const char *piece, const struct label *what, struct label *out)
{
    if (!out->prices)
        return;
    out->price.retail |= what && what->price.retail;
    add_more(piece, &out->price);
}

/* One part of a bracket or of a comma tail. */
static void read_piece(const char *text, size_t n, struct label *out, struct tails *tails)
{
    char piece[LABEL_BYTES];
    struct label what = {.prices = out->prices};

    n = hint_before_joints(text, n);
    while (n > 0 && text[0] == ' ') {
        text++;
        n--;
    }
    if (n == 0 || n >= sizeof piece)
        return;
    for (size_t end = n, next;; end = next) {
        memcpy(piece, text, end);
        piece[end] = '\0';
        if (take_unit(piece, &out->hints))
            return;
        if (label_look_up(piece, &what)) {
            read_price_piece(piece, &what, out);
            tails->foreign |= what.foreign;
            tails->selling |= what.selling;
            if (stock_field_is_amount(what.field) && tails->amount == FIELD_NONE)
                tails->amount = what.field;
            return;
        }
        next = hint_strip(text, end, HINT_ALL | how(out), &out->hints);
        if (next == end || next == 0) {
            if (next > 0)
                read_price_piece(piece, NULL, out);
            tails->scaled |= next > 0 && is_scaled(piece);
            return;
        }
    }
}

/* Is this a comma between the parts of a label, not in a bracket and not in a number? */
static bool divides(const char *text, size_t at, char divider)
{
    bool digits = at > 0 && text[at - 1] >= '0' && text[at - 1] <= '9' && text[at + 1] >= '0' && text[at + 1] <= '9';

    return text[at] == divider && !(divider == ',' && digits);
}

static void read_tail(const char *text, size_t n, struct label *out, struct tails *tails)
{
    size_t start = 0;

    if (n == 0)
        return;
    if (out->n_tails < LABEL_TAILS && n < sizeof out->tail[0]) {
        char *tail = out->tail[out->n_tails++];
        memcpy(tail, text, n);
        tail[n] = '\0';
    }
    for (size_t i = 0; i <= n; i++) {
        if (i < n && !divides(text, i, ','))
            continue;
        read_piece(text + start, i - start, out, tails);
        start = i + 1;
    }
}

/* ---- Taking parts off a label ---------------------------------------------------------------------------------- */

static size_t put_end(char *label, size_t n)
{
    n = hint_before_joints(label, n);
    label[n] = '\0';
    return n;
}

/* Takes the first bracket out if a label remains. Returns false if there is none. */
static bool take_bracket(char *label, struct label *out, struct tails *tails)
{
    size_t open = strcspn(label, "(["), n = strlen(label);

    if (open == n)
        return false;
    size_t close = open + strcspn(label + open, ")]"), behind = close < n ? close + 1 : n;
    if (hint_before_joints(label, open) == 0 && label[behind + strspn(label + behind, " ,/;")] == '\0')
        return false;
    read_tail(label + open + 1, close - open - 1, out, tails);
    while (open > 0 && label[open - 1] == ' ')
        open--;
    memmove(label + open, label + behind, n - behind + 1);
    put_end(label, strlen(label));
    return true;
}

static bool take_end(char *label, struct label *out)
{
    size_t n = strlen(label), end = hint_strip(label, n, how(out), &out->hints);

    if (end == n || end == 0)
        return false;
    label[end] = '\0';
    return true;
}

static bool take_comma(char *label, struct label *out, struct tails *tails)
{
    size_t at = strlen(label);

    while (at > 0 && !divides(label, at - 1, ','))
        at--;
    if (at == 0 || hint_before_joints(label, at - 1) == 0)
        return false;
    read_tail(label + at, strlen(label + at), out, tails);
    put_end(label, at - 1);
    return true;
}

/* ---- Lists of several labels ------------------------------------------------------------------------------------ */

/* Reads one part of a list: its own hints are taken off. */
static bool read_part(const char *text, size_t n, struct label *out)
{
    char part[LABEL_BYTES];
    struct tails tails = {0};

    while (n > 0 && text[0] == ' ') {
        text++;
        n--;
    }
    n = hint_before_joints(text, n);
    memcpy(part, text, n);
    part[n] = '\0';
    while (n > 0 && !label_look_up(part, out))
        if (!take_end(part, out) && !take_bracket(part, out, &tails))
            return false;
    return n > 0;
}

static bool same_meaning(const struct label *a, const struct label *b)
{
    return a->field == b->field && a->foreign == b->foreign && a->selling == b->selling;
}

/* Do all parts mean the same ("Part Number / P/N", "Приход / расход")? A part may have a divider itself. */
static bool all_mean(const char *text, size_t n, struct label *out)
{
    struct label first = {.prices = out->prices}, rest = {.prices = out->prices};

    for (size_t i = 1; i + 1 < n; i++) {
        if (!divides(text, i, ',') && !divides(text, i, '/'))
            continue;
        label_hints_none(&first.hints);
        label_hints_none(&rest.hints);
        first.n_tails = rest.n_tails = 0;
        if (!read_part(text, i, &first))
            continue;
        bool one = read_part(text + i + 1, n - i - 1, &rest);
        if (!one && !all_mean(text + i + 1, n - i - 1, &rest))
            continue;
        if (!same_meaning(&first, &rest))
            return false;
        out->field = first.field;
        out->foreign = first.foreign;
        out->selling = first.selling;
        out->closing = first.closing && rest.closing;
        out->total = first.total && rest.total;
        out->price.retail |= first.price.retail || rest.price.retail;
        label_hints_add(&out->hints, &first.hints);
        label_hints_add(&out->hints, &rest.hints);
        return true;
    }
    return false;
}

/* What the parts of a list are divided by: a slash with spaces before a comma before a slash. Returns its length. */
static size_t list_divider(const char *label, const char **divider)
{
    const char *comma = label;

    if (strstr(label, " / ")) {
        *divider = " / ";
        return 3;
    }
    while ((comma = strchr(comma, ',')) && !divides(label, (size_t)(comma - label), ','))
        comma++;
    *divider = comma ? "," : "/";
    return strstr(label, *divider) ? 1 : 0;
}

/* What a list is: the field of its first known part if that is a name or a code. *several is set if more than one part
 * is a field. */
static bool read_list(const char *label, struct label *out, bool *several)
{
    const char *divider;
    size_t step = list_divider(label, &divider);
    unsigned known = 0;
    enum stock_field first = FIELD_NONE;

    *several = false;
    if (step == 0)
        return false;
    if (all_mean(label, strlen(label), out))
        return true;
    for (const char *part = label; part;) {
        struct label what = {.prices = out->prices};
        const char *end = strstr(part, divider);
        label_hints_none(&what.hints);
        bool field = read_part(part, end ? (size_t)(end - part) : strlen(part), &what) && what.field != FIELD_NONE;
        if (field && known++ == 0)
            first = what.field;
        part = end ? end + step : NULL;
    }
    *several = known > 1;
    out->field = first == FIELD_NAME || first == FIELD_CODE ? first : FIELD_NONE;
    return out->field != FIELD_NONE;
}

/* ---- The whole label ------------------------------------------------------------------------------------------- */

/* "приход за март", "sold in May": a turnover too. */
static bool starts_foreign(const char *label)
{
    static const char *const joints[] = {" за ", " в ", " по ", " с ", " до ", " for ", " in ", " during "};
    char word[LABEL_BYTES];

    for (size_t i = 0; i < sizeof joints / sizeof joints[0]; i++) {
        const char *at = strstr(label, joints[i]);
        if (!at)
            continue;
        memcpy(word, label, (size_t)(at - label));
        word[at - label] = '\0';
        if (in_list(word, LIST(label_foreigns)))
            return true;
    }
    return false;
}

static void apply_tails(const struct tails *tails, struct label *out)
{
    bool counts = out->closing || stock_field_counts(out->field);

    if (counts && tails->amount != FIELD_NONE && tails->amount != FIELD_QTY && tails->amount != FIELD_PRICE) {
        out->field = tails->amount; /* "остаток (сумма)", "остаток (свободно)" */
        out->closing = false;
    }
    bool cost = out->field == FIELD_UNIT_COST || out->field == FIELD_TOTAL_COST || out->field == FIELD_PRICE;
    bool many = out->hints.unit.factor != 1 || out->hints.unit.pack;
    if ((tails->scaled && (counts || cost)) || (cost && many)) {
        out->field = FIELD_NONE; /* "цена (за 1000 шт)": not to be read as a price of one */
        out->closing = false;
    }
    if (cost)
        out->hints.unit = (struct value_unit){UNIT_NONE, 1, false}; /* a unit is the quantity's */
    out->foreign |= tails->foreign;
    out->selling |= tails->selling;
}

/* Takes off what can be taken until the rest is known. */
static void reduce(struct label *out, struct tails *tails)
{
    bool several;

    for (;;) {
        if (label_look_up(out->base, out))
            return;
        if (take_end(out->base, out) || take_bracket(out->base, out, tails))
            continue;
        if (read_list(out->base, out, &several) || several)
            return;
        if (!take_comma(out->base, out, tails))
            return;
    }
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (unsigned char)c >= 0x80;
}

static void nothing(bool prices, struct label *out)
{
    memset(out, 0, offsetof(struct label, hints));
    out->prices = prices;
    label_hints_none(&out->hints);
    out->n_tails = 0;
    memset(&out->price, 0, offsetof(struct label_price, more));
    out->price.more[0] = '\0';
}

/* Words that are names of prices and hints too: "each, USD", "net с НДС 20%". */
static bool is_each(struct label *out)
{
    struct label copy = *out;
    struct tails tails = {.amount = FIELD_NONE};

    while (!label_look_up(copy.base, &copy))
        if (!take_end(copy.base, &copy) && !take_bracket(copy.base, &copy, &tails))
            return false;
    if (copy.field != FIELD_PRICE || tails.scaled)
        return false;
    *out = copy;
    return true;
}

/* Reads out->base. */
static void read_base(struct label *out)
{
    struct label_hints alone;
    struct tails tails = {.amount = FIELD_NONE};

    out->stock = in_list(out->base, LIST(label_quantity_words)) || take_unit(out->base, &out->hints);
    if (label_look_up(out->base, out)) {
        label_hints_none(&out->hints);
        return;
    }
    label_hints_none(&alone);
    if (out->stock || hint_only(out->base, strlen(out->base), out->prices, &alone)) {
        if (out->prices && !out->stock && is_each(out))
            return;
        out->hint = true;
        label_hints_add(&out->hints, &alone);
        return;
    }
    reduce(out, &tails);
    apply_tails(&tails, out);
    if (label_known(out))
        return;
    out->foreign = starts_foreign(out->base);
    out->total = label_is_total(out->base, strlen(out->base));
}

void label_read(const char *text, size_t n, struct label *out)
{
    nothing(false, out);
    label_normalise(text, n, out->base, sizeof out->base);
    if (out->base[0] == '#' && is_letter(out->base[1]))
        out->passed = true;
    else if (out->base[0] != '\0')
        read_base(out);
}

/* ---- Price lists ------------------------------------------------------------------------------------------------ */

/* The dots of a label are dropped; a number keeps its point, as a comma. A date has two dots. */
static size_t normalise_price(const char *text, size_t n, char *out, size_t size)
{
    char copy[2 * LABEL_BYTES];

    n = n < sizeof copy ? n : utf8_cut(text, n, sizeof copy);
    memcpy(copy, text, n);
    for (size_t i = 0, end; i < n; i = end + 1) {
        size_t dots = 0, dot = 0;
        for (end = i; end < n && ((copy[end] >= '0' && copy[end] <= '9') || copy[end] == '.'); end++)
            if (copy[end] == '.') {
                dots++;
                dot = end;
            }
        if (dots == 1 && dot > i && dot + 1 < end)
            copy[dot] = ',';
    }
    return label_normalise(copy, n, out, size);
}

/* Reads the rest of a caption whose tier, or what its price is for, was taken out. Is it a price? */
static bool read_rest(struct label *out, bool odd)
{
    struct label_price found = out->price;

    if (odd)
        return false;
    if (out->base[0] == '\0' || hint_only(out->base, strlen(out->base), true, &out->hints)) {
        out->hint = !found.tier && !found.order_sum;
        out->field = out->hint ? FIELD_NONE : FIELD_PRICE;
        out->base[0] = '\0';
        return true;
    }
    read_base(out);
    return out->field == FIELD_PRICE || out->foreign;
}

void label_read_price(const char *text, size_t n, struct label *out)
{
    char whole[LABEL_BYTES];
    bool odd = false;

    nothing(true, out);
    size_t length = normalise_price(text, n, whole, sizeof whole);
    memcpy(out->base, whole, length + 1);
    if (length == 0)
        return;
    if (whole[0] == '#' && is_letter(whole[1])) {
        out->passed = true;
        return;
    }
    out->stock = in_list(whole, LIST(label_quantity_words)) || take_unit(whole, &out->hints);
    if (label_look_up(whole, out)) {
        label_hints_none(&out->hints);
        return;
    }
    label_hints_none(&out->hints);
    bool taken = tiers_take(out->base, &out->price, &odd);
    if (taken && read_rest(out, odd))
        return;
    bool tier = out->price.tier;
    nothing(true, out);
    memcpy(out->base, whole, length + 1);
    out->price.tier = tier;
    read_base(out);
    if (odd || tier)
        out->field = out->field == FIELD_PRICE ? FIELD_NONE : out->field;
}

enum stock_field label_field(const char *text, size_t n, struct label_hints *hints)
{
    struct label label;

    label_read(text, n, &label);
    if (hints)
        *hints = label.hints;
    bool cost = label.field == FIELD_UNIT_COST || label.field == FIELD_TOTAL_COST;
    return label.foreign || (cost && label.selling) ? FIELD_NONE : label.field;
}
