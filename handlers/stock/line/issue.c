/* Row errors and warnings of the stock import. */
#include "handlers/stock/line/issue.h"

#include "base/facts.h"
#include "handlers/stock/line/issue_words.h"

#include <string.h>

const char *stock_code_name(enum stock_code code)
{
    return stock_code_words[code].name;
}

const char *stock_code_field(enum stock_code code)
{
    return stock_code_words[code].field;
}

const char *stock_code_message(enum stock_code code)
{
    return stock_code_words[code].message;
}

void stock_issues_fini(struct stock_issues *issues)
{
    issues_fini(&issues->list);
    memset(issues, 0, sizeof *issues);
}

bool stock_issues_count(struct stock_issues *issues, enum stock_code code)
{
    issues->count[code]++;
    return issues_room(&issues->list, stock_code_is_error(code));
}

/* What both kinds of issue have. A row that is no data row is not written again: its cells are left out. */
static struct issue_at place_of(enum stock_code code, const struct stock_issue_at *at)
{
    bool data = !stock_code_of_file(code);
    return (struct issue_at){.sheet = at->sheet,
                             .row = at->row,
                             .column = at->column,
                             .caption = at->caption,
                             .heading = at->heading,
                             .cells = at->cells,
                             .cells_n = data ? at->cells_n : 0,
                             .raw = at->text,
                             .raw_n = at->text_n,
                             .pn_norm = at->pn_norm,
                             .suggestion = at->suggestion};
}

bool stock_issues_has_row(const struct stock_issues *issues, const struct stock_issue_at *at)
{
    struct issue_at place = place_of(CODE_NONE, at);
    return issues_has_row(&issues->list, &place);
}

void stock_issue_args(const struct stock_issue_at *at, struct json_out *out)
{
    json_object(out);
    if (at->text_n)
        facts_put(out, "text", at->text, at->text_n);
    if (at->facts && *at->facts)
        facts_members(out, at->facts);
    else if (at->detail && *at->detail)
        facts_put(out, "detail", at->detail, strlen(at->detail));
    if (at->suggestions) {
        json_key(out, "suggestions");
        json_raw(out, at->suggestions, strlen(at->suggestions));
    }
    json_object_end(out);
}

void stock_issues_keep(struct stock_issues *issues, enum stock_code code, const struct stock_issue_at *at)
{
    struct issue_at place = place_of(code, at);
    char message[STOCK_MESSAGE_BYTES];
    struct json_out args;
    size_t n;
    stock_issue_message(code, at, message);
    json_out_init(&args);
    stock_issue_args(at, &args);
    place.args = json_out_text(&args, &n);
    issues_keep(&issues->list, stock_code_is_error(code), (uint8_t)code, stock_code_name(code),
                at->field == FIELD_NONE ? stock_code_words_of(code, at->prices)->field : stock_field_name(at->field),
                message, &place);
    json_out_fini(&args);
}

uint32_t stock_issues_heading(struct stock_issues *issues, const char *sheet, const char *captions, size_t n)
{
    return issues_heading(&issues->list, sheet, captions, n);
}

bool stock_issues_truncated(const struct stock_issues *issues)
{
    uint64_t all = 0;
    for (unsigned code = 0; code < STOCK_CODES; code++)
        all += issues->count[code];
    return all > stock_issues_kept(issues);
}
