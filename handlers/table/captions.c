/* Digests of captions. */
#include "handlers/table/captions.h"

#include "base/grow.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum { TEXTS_MAX = CAPTION_MARKS, NEAR_LEAST = 3 /* texts in common */ };

struct texts {
    char text[TEXTS_MAX][LABEL_BYTES];
    unsigned n;
};

/* "остаток на 01.11.2026" is the same caption next month. A label has dots in days alone. */
static void mask_days(char *text)
{
    char *to = text;
    for (const char *at = text; *at;) {
        size_t n = strspn(at, "0123456789.");
        bool day = n >= 6 && memchr(at, '.', n);
        if (day) {
            *to++ = '#';
        } else {
            n = n > 0 ? n : 1;
            memmove(to, at, n);
            to += n;
        }
        at += n;
    }
    *to = '\0';
}

static void take_texts(const struct grid_row *row, struct texts *texts)
{
    for (uint32_t i = 0; i < row->n_cells && row->cells[i].column < TABLE_COLUMNS; i++) {
        struct cell_span text = cell_words(&row->cells[i]);
        if (text.n == 0 || texts->n == TEXTS_MAX)
            continue;
        label_normalise(text.s, text.n, texts->text[texts->n], LABEL_BYTES);
        mask_days(texts->text[texts->n]);
        texts->n += texts->text[texts->n][0] != '\0';
    }
}

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* The texts are sorted. Returns false if there is only one, which says nothing. */
static bool drop_doubles(struct texts *texts)
{
    unsigned n = 0;
    qsort(texts->text, texts->n, sizeof texts->text[0], compare);
    for (unsigned i = 0; i < texts->n; i++)
        if (n == 0 || strcmp(texts->text[i], texts->text[n - 1]) != 0)
            memmove(texts->text[n++], texts->text[i], sizeof texts->text[0]);
    bool several = texts->n > 1;
    texts->n = n;
    return several;
}

static void digest(const struct texts *texts, uint8_t out[32])
{
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    bool fine = md && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1;
    for (unsigned i = 0; fine && i < texts->n; i++)
        fine = EVP_DigestUpdate(md, texts->text[i], strlen(texts->text[i]) + 1) == 1;
    if (!fine || EVP_DigestFinal_ex(md, out, NULL) != 1)
        abort();
    EVP_MD_CTX_free(md);
}

static int by_mark(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static void marks(const struct texts *texts, struct table_caption_set *set)
{
    uint8_t whole[32];
    set->n = texts->n;
    for (unsigned i = 0; i < texts->n; i++) {
        if (EVP_Digest(texts->text[i], strlen(texts->text[i]), whole, NULL, EVP_sha256(), NULL) != 1)
            abort();
        memcpy(&set->mark[i], whole, sizeof set->mark[i]);
    }
    qsort(set->mark, set->n, sizeof set->mark[0], by_mark);
}

/* The rows from `first` on, counted as the sheet counts them. */
static void add(struct table_captions *captions, const struct table_head_input *input, uint32_t first, unsigned rows)
{
    struct texts *texts = calloc(1, sizeof *texts);
    if (!texts)
        abort();
    for (uint32_t i = 0; i < input->n_rows; i++)
        if (input->rows[i]->row >= first && input->rows[i]->row < first + rows)
            take_texts(input->rows[i], texts);
    if (drop_doubles(texts)) {
        captions->set = grow(captions->set, &captions->room, captions->n + 1, sizeof *captions->set);
        digest(texts, captions->set[captions->n].digest);
        marks(texts, &captions->set[captions->n++]);
    }
    free(texts);
}

void table_captions_take(struct table_captions *captions, const struct table_head_input *input, bool is_found,
                         const struct table_heading *found)
{
    captions->n = 0;
    if (is_found)
        add(captions, input, found->row, found->rows);
    captions->own = captions->n > 0;
    for (uint32_t i = 0; i < input->n_rows && !is_found; i++)
        for (unsigned rows = 1; rows <= TABLE_HEADING_MAX; rows++)
            add(captions, input, input->rows[i]->row, rows);
}

void table_captions_fini(struct table_captions *captions)
{
    free(captions->set);
    *captions = (struct table_captions){.n = 0};
}

unsigned table_captions_near(const uint32_t *a, unsigned n_a, const uint32_t *b, unsigned n_b)
{
    unsigned i = 0, k = 0, common = 0;
    while (i < n_a && k < n_b) {
        common += a[i] == b[k];
        uint32_t low = a[i] < b[k] ? a[i] : b[k];
        i += a[i] == low;
        k += k < n_b && b[k] == low;
    }
    unsigned all = n_a + n_b - common;
    return common >= NEAR_LEAST && common * 3 >= all * 2 ? common * 100 / all : 0;
}
