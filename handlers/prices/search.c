/* Searching components. */
#include "handlers/prices/search.h"

#include "base/utf8.h"
#include "handlers/read/rowjson.h"
#include "handlers/values/partnum.h"
#include "store/schema/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS      6 /* of what is typed; the rest is not looked at */
#define WORD_BYTES (64 * 4 + 1)
#define GRAM       3    /* characters, as in the table */
#define RARE       4000 /* rows of a word that are read and sorted without a thought */
#define STEPS      20   /* of a search for the first component with several frequent words */
#define CODE_BYTES PAGE_KEY_BYTES

/* ---- Words ----------------------------------------------------------------------------------------------------- */

struct words {
    unsigned n;
    char word[WORDS][WORD_BYTES];
};

static int on_word(const struct store_value *v, unsigned n, void *ctx)
{
    struct words *words = ctx;
    (void)n;
    if (v[0].len && words->n < WORDS)
        row_copy(words->word[words->n++], WORD_BYTES, &v[0]);
    return 0;
}

/* Cut by the database, as the stored ones were. */
static int cut(struct store_conn *conn, const char *q, struct words *words)
{
    struct store_value text = STORE_S(q);
    words->n = 0;
    return store_query(conn, "SELECT " STORE_WHOLE_WORD " FROM " STORE_SEARCH_CHUNKS("?"), &text, 1, on_word, words);
}

static size_t characters(const char *word)
{
    return utf8_count(word, strlen(word));
}

static struct store_value gram_of(const char *word)
{
    size_t n = 0, len;
    for (unsigned i = 0; i < GRAM && word[n]; i++, n += len)
        utf8_decode(word + n, strlen(word + n), &len);
    return STORE_SN(word, n);
}

/* A LIKE pattern: a word has nothing that LIKE would take for itself. */
static const char *beginning(const char *word, char out[WORD_BYTES + 1])
{
    size_t n = strlen(word);
    memcpy(out, word, n);
    memcpy(out + n, "%", 2);
    return out;
}

static int on_more(const struct store_value *v, unsigned n, void *ctx)
{
    (void)v;
    (void)n;
    *(bool *)ctx = true;
    return 0;
}

static int is_frequent(struct store_conn *conn, const char *word, bool *frequent)
{
    char pattern[WORD_BYTES + 1];
    struct store_value v[] = {STORE_S(beginning(word, pattern)), STORE_U(RARE)};
    *frequent = false;
    return store_query(conn, "SELECT 1 FROM component_word FORCE INDEX (ix_word) WHERE word LIKE ? LIMIT ?, 1", v, 2,
                       on_more, frequent);
}

static int on_first(const struct store_value *v, unsigned n, void *ctx)
{
    (void)n;
    row_copy(ctx, CODE_BYTES, &v[0]);
    return 0;
}

/* The first component of a frequent word from `from` on, behind `after`; behind all others if there is none. */
static int find_first(struct store_conn *conn, const char *word, const char *after, const char *from,
                      char first[CODE_BYTES])
{
    char pattern[WORD_BYTES + 1];
    struct store_value v[] = {gram_of(word), STORE_S(after), STORE_S(from), STORE_S(beginning(word, pattern))};
    strcpy(first, "\xF4\x8F\xBF\xBF"); /* the last character that there can be */
    return store_query(conn,
                       "SELECT lot_code FROM component_word FORCE INDEX (PRIMARY) WHERE gram = ? AND lot_code > ? AND "
                       "lot_code >= ? AND word LIKE ? ORDER BY lot_code LIMIT 1",
                       v, 4, on_first, first);
}

/* One look at every word: *from becomes the latest of their first components. Returns whether it moved, or -1. */
static int move_on(struct store_conn *conn, const struct words *words, const char *after, char from[CODE_BYTES],
                   unsigned *best)
{
    char first[CODE_BYTES];
    int moved = 0;
    for (unsigned i = 0; i < words->n; i++) {
        if (characters(words->word[i]) < GRAM)
            continue;
        if (find_first(conn, words->word[i], after, from, first) != 0)
            return -1;
        if (strcmp(first, from) <= 0)
            continue;
        strcpy(from, first);
        *best = i;
        moved = 1;
    }
    return moved;
}

/* Of several frequent words, the one that begins last leads: nothing before its first component can have them all. From
 * there on another may begin later, and so on; a few steps pass over whole ranges of codes. */
static int lead_of_frequent(struct store_conn *conn, const struct words *words, const char *after,
                            char from[CODE_BYTES], unsigned *best)
{
    int moved = words->n > 1;
    for (unsigned step = 0; step < STEPS && moved == 1; step++)
        moved = move_on(conn, words, after, from, best);
    return moved < 0 ? -1 : 0;
}

/* The word that leads becomes the first: a rare one if there is one. */
static int lead(struct store_conn *conn, struct words *words, const char *after, char from[CODE_BYTES], bool *frequent)
{
    char first[WORD_BYTES];
    unsigned best = 0;
    *frequent = true;
    for (unsigned i = 0; i < words->n && *frequent; i++) {
        if (is_frequent(conn, words->word[i], frequent) != 0)
            return -1;
        if (!*frequent)
            best = i;
    }
    if (*frequent && lead_of_frequent(conn, words, after, from, &best) != 0)
        return -1;
    memcpy(first, words->word[0], WORD_BYTES);
    memmove(words->word[0], words->word[best], WORD_BYTES);
    if (best)
        memcpy(words->word[best], first, WORD_BYTES);
    return 0;
}

/* ---- Statements ------------------------------------------------------------------------------------------------ */

#define FILTERS "(? IS NULL OR c.category = ?) AND (? IS NULL OR c.price_state = ?) AND (? IS NULL OR c.active = ?)"
/* Does a word of the component begin so? Not EXISTS: that would be turned into a search for all components with it. */
#define HAS_WORD                                                                                                       \
    "(? IS NULL OR (SELECT 1 FROM component_word x FORCE INDEX (PRIMARY) WHERE x.gram = ? AND x.lot_code = "           \
    "c.lot_code "                                                                                                      \
    "AND x.word LIKE ? LIMIT 1) = 1)"
/* The same for a word that is shorter than a gram. The last pattern is NULL if no part number begins with it. */
#define HAS_SHORT                                                                                                      \
    "(? IS NULL OR c.lot_norm LIKE ? OR c.name REGEXP ? OR c.lot_code COLLATE utf8mb4_uca1400_as_ci REGEXP ? OR "      \
    "(? IS NOT NULL AND (SELECT 1 FROM part_number_map m FORCE INDEX (ix_comp) WHERE m.component_id = c.id AND "       \
    "m.pn_norm LIKE ? LIMIT 1) = 1))"
#define TEST  HAS_WORD " AND " HAS_SHORT
#define TESTS FILTERS " AND " TEST " AND " TEST " AND " TEST " AND " TEST " AND " TEST " AND " TEST

static const char of_rare[] =
    "SELECT w.lot_code FROM (SELECT DISTINCT lot_code FROM component_word FORCE INDEX (ix_word) WHERE word LIKE ? AND "
    "lot_code > ?) w STRAIGHT_JOIN component c FORCE INDEX (uq_lot) ON c.lot_code = w.lot_code WHERE " TESTS
    " ORDER BY w.lot_code LIMIT ?";
static const char of_frequent[] =
    "SELECT w.lot_code FROM component_word w FORCE INDEX (PRIMARY) STRAIGHT_JOIN component c FORCE INDEX (uq_lot) ON "
    "c.lot_code = w.lot_code WHERE w.word LIKE ? AND w.lot_code >= ? AND w.gram = ? AND " TESTS
    " GROUP BY w.lot_code ORDER BY w.lot_code LIMIT ?";
/* One or two letters that begin thousands of words: the components in their order, until the page is full. */
static const char of_short[] = "SELECT c.lot_code FROM component c FORCE INDEX (uq_lot) WHERE c.lot_code > ? AND " TESTS
                               " ORDER BY c.lot_code LIMIT ?";

#define PARAMS (3 + 6 + 9 * WORDS + 1)

struct statement {
    struct store_value v[PARAMS];
    unsigned n;
    char pattern[WORDS][WORD_BYTES + 1];
    char expression[WORDS][64];
};

static void add(struct statement *statement, struct store_value value)
{
    statement->v[statement->n++] = value;
}

static void add_filters(struct statement *statement, const struct search_filter *filter)
{
    struct store_value active = filter->active < 0 ? STORE_N : STORE_U(filter->active);
    add(statement, STORE_S_OR_NULL(filter->category));
    add(statement, STORE_S_OR_NULL(filter->category));
    add(statement, STORE_S_OR_NULL(filter->state));
    add(statement, STORE_S_OR_NULL(filter->state));
    add(statement, active);
    add(statement, active);
}

static int begins_number(struct store_conn *conn, const char *pattern, bool *some)
{
    struct store_value v = STORE_S(pattern);
    *some = false;
    return store_query(conn, "SELECT 1 FROM part_number_map FORCE INDEX (uq_map) WHERE pn_norm LIKE ? LIMIT 1", &v, 1,
                       on_more, some);
}

static void add_has_word(struct statement *statement, const char *word, struct store_value like)
{
    add(statement, like);
    add(statement, word ? gram_of(word) : STORE_N);
    add(statement, like);
}

/* A word of one or two characters: between them may be signs that do not count. */
static int add_has_short(struct store_conn *conn, struct statement *statement, const char *word, unsigned at)
{
    struct store_value none = STORE_N, like = none, in = none;
    bool numbers = false;
    if (word) {
        size_t first;
        utf8_decode(word, strlen(word), &first);
        snprintf(statement->expression[at], sizeof statement->expression[at], "(^|[^[:alnum:]])%.*s%s%s", (int)first,
                 word, word[first] ? "[^[:alnum:][:space:]]*" : "", word + first);
        like = STORE_S(statement->pattern[at]);
        in = STORE_S(statement->expression[at]);
        if (begins_number(conn, statement->pattern[at], &numbers) != 0)
            return -1;
    }
    add(statement, like);
    add(statement, like);
    add(statement, in);
    add(statement, in);
    add(statement, numbers ? like : none);
    add(statement, numbers ? like : none);
    return 0;
}

/* The tests of the words from number `from` on. */
static int add_tests(struct store_conn *conn, struct statement *statement, const struct words *words, unsigned from)
{
    for (unsigned i = 0; i < WORDS; i++) {
        const char *word = i >= from && i < words->n ? words->word[i] : NULL;
        const char *brief = word && characters(word) < GRAM ? word : NULL;
        if (word)
            beginning(word, statement->pattern[i]);
        add_has_word(statement, brief ? NULL : word, word && !brief ? STORE_S(statement->pattern[i]) : STORE_N);
        if (add_has_short(conn, statement, brief, i) != 0)
            return -1;
    }
    return 0;
}

/* ---- Finding --------------------------------------------------------------------------------------------------- */

struct codes {
    unsigned n;
    char code[2 * (PAGE_LIMIT_MAX + 1)][CODE_BYTES];
};

static int on_code(const struct store_value *v, unsigned n, void *ctx)
{
    struct codes *codes = ctx;
    (void)n;
    row_copy(codes->code[codes->n++], CODE_BYTES, &v[0]);
    return 0;
}

struct finding {
    struct store_conn *conn;
    const struct search_filter *filter;
    const char *after;
    unsigned want;
    struct codes *codes;
};

/* The components that have all these words; their codes are added. */
static int find(const struct finding *finding, struct words *words)
{
    struct statement statement = {.n = 0};
    char pattern[WORD_BYTES + 1], from[CODE_BYTES] = "";
    bool frequent;
    if (words->n == 0)
        return 0;
    if (lead(finding->conn, words, finding->after, from, &frequent) != 0)
        return -1;
    bool scan = frequent && characters(words->word[0]) < GRAM;
    if (!scan)
        add(&statement, STORE_S(beginning(words->word[0], pattern)));
    if (frequent && !scan) {
        /* With its terminator it is the least text behind `after`. */
        add(&statement, from[0] ? STORE_S(from) : STORE_SN(finding->after, strlen(finding->after) + 1));
        add(&statement, gram_of(words->word[0]));
    } else {
        add(&statement, STORE_S(finding->after));
    }
    add_filters(&statement, finding->filter);
    if (add_tests(finding->conn, &statement, words, scan ? 0 : 1) != 0)
        return -1;
    add(&statement, STORE_U(finding->want));
    return store_query(finding->conn,
                       scan       ? of_short
                       : frequent ? of_frequent
                                  : of_rare,
                       statement.v, statement.n, on_code, finding->codes);
}

static int by_code(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void put_codes(struct codes *codes, unsigned want, struct json_out *out)
{
    unsigned put = 0;
    qsort(codes->code, codes->n, CODE_BYTES, by_code);
    json_array(out);
    for (unsigned i = 0; i < codes->n && put < want; i++)
        if (i == 0 || strcmp(codes->code[i], codes->code[i - 1]) != 0) {
            json_string(out, codes->code[i]);
            put++;
        }
    json_array_end(out);
}

/* What is typed as one word, as codes and numbers are normalised, if it is not the only word anyway. */
static bool normalised(const char *q, const struct words *words, struct words *whole)
{
    whole->n = 1;
    return pn_normalise(q, strlen(q), whole->word[0], NULL) == PN_OK &&
           (words->n != 1 || strcmp(words->word[0], whole->word[0]) != 0);
}

int search_codes(struct store_conn *conn, const struct search_filter *filter, const char *after, unsigned want,
                 struct json_out *out)
{
    struct words words, whole;
    struct codes *codes = calloc(1, sizeof *codes);
    if (!codes)
        abort();
    struct finding finding = {conn, filter, after, want, codes};
    int rc = cut(conn, filter->q, &words);
    bool both = rc == 0 && normalised(filter->q, &words, &whole);
    if (rc == 0)
        rc = find(&finding, &words);
    if (both && rc == 0)
        rc = find(&finding, &whole);
    if (rc == 0)
        put_codes(codes, want, out);
    free(codes);
    return rc;
}
