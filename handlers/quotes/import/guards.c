/* Guards of a price list: prices that jump, and lists that lack most numbers. */
#include "base/facts.h"
#include "handlers/quotes/import/run.h"

#include <stdio.h>
#include <string.h>

#define JUMP_LEAST    5  /* fewer prices to compare are told of, not refused */
#define JUMP_PCT      30 /* of them */
#define JUMP_EXAMPLES 3
#define DELETE_LEAST  20 /* a smaller list may go without force */
#define DELETE_PCT    50u

/* ---- Jumps ------------------------------------------------------------------------------------------------------ */

/* With two digits, more if there are more. */
static void price_text(int64_t price, const char *currency, char *out, size_t size)
{
    char text[48];
    size_t n = dec_format(price, PRICE_SCALE, false, text, sizeof text);
    while (n > 3 && text[n - 1] == '0' && text[n - 3] != '.')
        n--;
    snprintf(out, size, "%.*s %s", (int)n, text, currency);
}

static void tell_facts(char *facts, size_t size, const char *name, const char *before, const char *now)
{
    facts_add(facts, size, "number", "%.64s", name);
    facts_add(facts, size, "before", "%s", before);
    facts_add(facts, size, "now", "%s", now);
}

/* "PM40-220 100.00 USD → 9000.00 USD", and the same as fields unless `facts` is NULL. */
static void jump_text(const struct quote_run *run, const struct quote_new *quote, char *out, size_t size, char *facts,
                      size_t facts_size)
{
    const struct quote_list *list = &run->file.list;
    const char *name = quote_list_text(list, quote->part_number);
    char before[64], now[64];
    if (!*name && quote->component != ARENA_NONE)
        name = catalog_map_text(&run->catalog, run->catalog.components[quote->component].lot_code);
    price_text(quote->old_price, quote->old_currency, before, sizeof before);
    price_text(quote->price, quote->currency, now, sizeof now);
    snprintf(out, size, "%.64s %s → %s", name, before, now);
    if (facts)
        tell_facts(facts, facts_size, name, before, now);
}

static void tell_jump(struct quote_run *run, const struct quote_new *quote)
{
    char detail[200], facts[480] = "";
    const struct table_sheets *sheets = &run->file.table.sheets;
    const struct quote_number *number = &run->file.list.number[quote->number];
    if (!stock_issues_count(&run->file.issues, W_PRICE_JUMP))
        return;
    jump_text(run, quote, detail, sizeof detail, facts, sizeof facts);
    struct stock_issue_at at = {.sheet = sheets->sheet[quote->sheet].name,
                                .row = quote->row,
                                .column = quote->column,
                                .field = FIELD_PRICE,
                                .detail = detail,
                                .facts = facts,
                                .pn_norm = quote_list_text(&run->file.list, number->norm),
                                .prices = true};
    stock_issues_keep(&run->file.issues, W_PRICE_JUMP, &at);
}

/* Once a row. */
static void tell_jumps(struct quote_run *run)
{
    const struct quote_list *list = &run->file.list;
    const struct quote_new *last = NULL;
    for (uint32_t i = 0; i < list->n; i++) {
        const struct quote_new *quote = &list->quote[i];
        if (!quote->jumped || (last && last->row == quote->row && last->sheet == quote->sheet))
            continue;
        tell_jump(run, quote);
        last = quote;
    }
}

static enum run_step refuse_jumps(struct quote_run *run)
{
    const struct quote_list *list = &run->file.list;
    char text[sizeof run->failure.text], example[200];
    int n = snprintf(text, sizeof text, "%u of %u prices are more than 5 times off: ", run->record.jumped,
                     run->record.compared);
    unsigned shown = 0;
    for (uint32_t i = 0; i < list->n && shown < JUMP_EXAMPLES; i++) {
        if (!list->quote[i].jumped)
            continue;
        jump_text(run, &list->quote[i], example, sizeof example, NULL, 0);
        n += snprintf(text + n, sizeof text - (size_t)n, "%s%.80s", shown++ ? ", " : "", example);
    }
    snprintf(text + n, sizeof text - (size_t)n,
             "%s: wrong currency or price column? Nothing was changed. Send currency= or price= if so, force=true if "
             "the prices are right.",
             run->record.jumped > shown ? ", …" : "");
    told_fact(&run->failure.told, "jumped", "%u", run->record.jumped);
    told_fact(&run->failure.told, "compared", "%u", run->record.compared);
    told_choice(&run->failure.told, "force", "true", "the prices are right");
    return run_fail(&run->failure, "E_PRICE_JUMP", text);
}

/* ---- Lists that lack most numbers -------------------------------------------------------------------------------- */

static enum run_step refuse_deletes(struct quote_run *run)
{
    char text[sizeof run->failure.text];
    snprintf(text, sizeof text,
             "%u of the %u active quotes of %s would go because the file does not name their numbers, more than %u %%. "
             "Nothing was changed. Send it with force=true if that is right, or with supersede=true.",
             run->record.unnamed, run->record.active, run->params.party, DELETE_PCT);
    told_fact(&run->failure.told, "deleted", "%u", run->record.unnamed);
    told_fact(&run->failure.told, "items", "%u", run->record.active);
    told_fact(&run->failure.told, "percent", "%u", DELETE_PCT);
    told_choice(&run->failure.told, "force", "true", "reject them");
    told_choice(&run->failure.told, "supersede", "true", "reject only older quotes of the numbers in the file");
    return run_fail(&run->failure, "E_TOO_MANY_DELETES", text);
}

enum run_step quote_run_guard(struct quote_run *run)
{
    const struct quote_record *record = &run->record;
    tell_jumps(run);
    if (run->params.force)
        return STEP_ON;
    if (record->compared >= JUMP_LEAST && (uint64_t)record->jumped * 100 > (uint64_t)record->compared * JUMP_PCT)
        return refuse_jumps(run);
    if (run->params.supersede == SUPERSEDE_ALL && record->active >= DELETE_LEAST &&
        (uint64_t)record->unnamed * 100 > (uint64_t)record->active * DELETE_PCT)
        return refuse_deletes(run);
    return STEP_ON;
}
