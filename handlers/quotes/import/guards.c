/* Guards of a price list: too many prices that jump, and lists that lack most numbers. */
#include "base/facts.h"
#include "handlers/quotes/import/run.h"

#include <stdio.h>
#include <string.h>

#define JUMP_EXAMPLES 3
#define JUMP_LEAST    5  /* fewer prices to compare are told of, not refused */
#define JUMP_PCT      30 /* of them */
#define DELETE_LEAST  20 /* a smaller list may go without force */
#define DELETE_PCT    50u

/* ---- Jumps ------------------------------------------------------------------------------------------------------ */

/* Columns of prices that are not read. */
static void offer_rivals(struct quote_run *run)
{
    const struct table_shown shown = quote_run_shown(run);
    const struct table_view *view = table_mapping_sheet(&shown);
    for (uint32_t i = 0; view && i < TABLE_COLUMNS; i++) {
        const struct table_column *column = &view->heading.at[i];
        char letter[4];
        if (column->says == FIELD_PRICE && column->field != FIELD_PRICE)
            told_choice(&run->failure.told, "price", table_column_letter(i, letter),
                        table_heading_caption(&view->heading, i));
    }
}

/* The currency on record, if it is one and nothing in the file speaks against it. */
static void offer_currency(struct quote_run *run)
{
    const struct quote_list *list = &run->file.list;
    const char *before = NULL;
    for (uint32_t i = 0; i < list->n; i++) {
        const struct quote_new *quote = &list->quote[i];
        if (!quote->jumped)
            continue;
        if (!quote->currency_open || strcmp(quote->currency, quote->old_currency) == 0 ||
            (before && strcmp(before, quote->old_currency) != 0))
            return;
        before = quote->old_currency;
    }
    if (before)
        told_choice(&run->failure.told, "currency", before, "the currency on record");
}

static enum run_step refuse_jumps(struct quote_run *run)
{
    const struct quote_list *list = &run->file.list;
    char text[sizeof run->failure.text], example[200], facts[QUOTE_JUMP_FACTS];
    int n = snprintf(text, sizeof text, "%u of %u prices are more than 5 times off: ", run->record.jumped,
                     run->record.compared);
    unsigned shown = 0;
    for (uint32_t i = 0; i < list->n && shown < JUMP_EXAMPLES; i++) {
        if (!list->quote[i].jumped)
            continue;
        quote_jump_text(run, &list->quote[i], example, sizeof example, facts);
        n += snprintf(text + n, sizeof text - (size_t)n, "%s%.80s", shown++ ? ", " : "", example);
    }
    snprintf(text + n, sizeof text - (size_t)n,
             "%s: wrong currency or price column? Nothing was changed. Send currency= or price= if so, force=true if "
             "the prices are right.",
             run->record.jumped > shown ? ", …" : "");
    told_fact(&run->failure.told, "jumped", "%u", run->record.jumped);
    told_fact(&run->failure.told, "compared", "%u", run->record.compared);
    offer_rivals(run);
    offer_currency(run);
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
    if (run->params.force)
        return STEP_ON;
    if (record->compared >= JUMP_LEAST && (uint64_t)record->jumped * 100 > (uint64_t)record->compared * JUMP_PCT)
        return refuse_jumps(run);
    if (run->params.supersede == SUPERSEDE_ALL && record->active >= DELETE_LEAST &&
        (uint64_t)record->unnamed * 100 > (uint64_t)record->active * DELETE_PCT)
        return refuse_deletes(run);
    return STEP_ON;
}
