/* What of a file is on record already, and what must go for it: the party's quotes against those of the file.
 *
 * The party's quotes are read once, newest first: those of the list's day decide what is unchanged and what is
 * replaced; active ones up to that day are compared for jumps, and may be superseded. They are not kept: of each only
 * what it means for the file. Readings stop early when nothing more can come of them. */
#ifndef PF_QUOTES_IMPORT_RECORD_H
#define PF_QUOTES_IMPORT_RECORD_H

#include "handlers/pricing/rates.h"
#include "handlers/quotes/import/list.h"
#include "handlers/stock/rows/refused.h"

/* Numbers of the file beside those with prices, for supersede. */
struct quote_mentions {
    struct stock_hashes named;   /* of rows without a price */
    struct stock_hashes refused; /* of refused rows */
    struct stock_refused unread; /* refused rows whose number could not be read */
};
void quote_mentions_fini(struct quote_mentions *mentions);
void quote_mentions_add(struct quote_mentions *mentions, const struct quote_context *context,
                        const struct table_row *row, const struct stock_ident *ident, bool refused);

struct quote_record {
    struct job *job;
    struct quote_list *list;
    struct quote_mentions *mentions;
    const struct quote_params *params;
    const struct catalog_map *catalog;
    const char *own; /* the party's normalised code */
    uint32_t party_id;
    struct value_date quoted_on, valid_until;

    struct rates rates;
    struct stock_hashes named;            /* numbers with a price */
    struct stock_hashes kept_names;       /* of numbers that stay because their row was refused */
    struct arena_index by_ref, by_number; /* of list->quote */
    uint64_t last_id;                     /* of the page that was read */
    int32_t last_day;
    uint32_t rows, unseen; /* of this page; quotes that no active one was found for */
    uint64_t *gone;        /* ids of quotes that supersede rejects */
    uint32_t n_gone, room_gone;
    uint32_t active,
        unnamed;   /* active quotes of the party up to the day; those that go and that the file does not name */
    uint32_t kept; /* numbers whose quotes stay because their row was refused */
    uint32_t compared, jumped;
};
void quote_record_fini(struct quote_record *record);
/* Reads the party's quotes and settles the outcome of each of the file. Returns 0 or -1 with db->error. */
int quote_record_read(struct quote_record *record);

/* "q:", 40 hex digits and, from the second on, "#n". */
#define QUOTE_REF_TEXT (2 + 2 * QUOTE_REF + 12)
void quote_ref_text(const struct quote_new *quote, uint32_t n, char out[QUOTE_REF_TEXT]);

#endif
