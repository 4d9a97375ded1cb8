/* Digests of captions. */
#include "handlers/table/captions.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum { TEXTS_MAX = TABLE_COLUMNS * TABLE_HEADING_MAX };

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

static void digest(struct texts *texts, uint8_t out[32])
{
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    bool fine = md && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1;
    qsort(texts->text, texts->n, sizeof texts->text[0], compare);
    for (unsigned i = 0; fine && i < texts->n; i++)
        if (i == 0 || strcmp(texts->text[i], texts->text[i - 1]) != 0)
            fine = EVP_DigestUpdate(md, texts->text[i], strlen(texts->text[i]) + 1) == 1;
    if (!fine || EVP_DigestFinal_ex(md, out, NULL) != 1)
        abort();
    EVP_MD_CTX_free(md);
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
    if (texts->n > 1 && captions->n < sizeof captions->digest / sizeof captions->digest[0])
        digest(texts, captions->digest[captions->n++]);
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
