/* API tokens: the file that holds them, read by the daemon and written by `priceforge token`.
 *
 * A token is "pf_", an id of eight hexadecimal digits, "_", and a secret of 256 random bits as 43 characters of
 * base64url. The file keeps the SHA-256 of the whole text: whoever reads it cannot make a token of it, and a secret of
 * this size needs no slow hash. One token a line, in this order, separated by blanks:
 *
 *   ID SCOPES SHA256 CREATED EXPIRES NAME...     3f09c2aa read,start 5e88…  2026-11-25 2027-11-25 the page's backend
 *
 * SCOPES is a list of read, start, cancel, admin; days are UTC, EXPIRES is "never" or the first day on which the token
 * is refused. Empty lines and lines with # are passed over. */
#ifndef PF_BASE_TOKEN_FILE_H
#define PF_BASE_TOKEN_FILE_H

#include "base/scope.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#define TOKEN_ID     8  /* digits */
#define TOKEN_SECRET 43 /* characters */
#define TOKEN_TEXT   (3 + TOKEN_ID + 1 + TOKEN_SECRET)
#define TOKEN_NAME   80 /* bytes, terminated */
#define TOKEN_LINE   400
#define TOKENS_MAX   10000

struct token {
    char id[TOKEN_ID + 1];
    unsigned scopes; /* bits 1 << enum scope, as written: what is implied is in token_grants() */
    uint8_t digest[32];
    int64_t created_s, expires_s; /* 0 = never expires */
    char name[TOKEN_NAME];
    int64_t used_s, noted_s;    /* in the worker: last use by it, and the one that was noted (token_use.h) */
    char known[TOKEN_TEXT + 1]; /* in the worker: the text that was found right once; "" before */
};

struct tokens {
    struct token *list; /* by id */
    uint32_t n;
};

/* Read the file. Returns the number of lines that are no tokens (those are left out and the first one is explained in
 * `why`), or -1 with the reason in `why` when the file cannot be read or others could write it. `st` (may be NULL) gets
 * the state of the file as it was read. */
int tokens_read(const char *path, struct tokens *tokens, struct stat *st, char why[200]);
/* Forget them; secrets are wiped. */
void tokens_fini(struct tokens *tokens);
/* By id, the first TOKEN_ID bytes at `id`; NULL when there is none. */
struct token *tokens_find(const struct tokens *tokens, const char *id);

/* Write one line. */
void token_print(const struct token *token, FILE *out);
/* "read,start" to bits. Returns 0, or -1 for anything else. */
int token_scopes(const char *text, unsigned *scopes);
void token_scopes_text(unsigned scopes, char out[64]);
/* Seconds since 1970 of the start of a day "YYYY-MM-DD" in UTC, or -1. */
int64_t token_day(const char *text);
void token_day_text(int64_t seconds, char out[16]);

/* May a client with these scopes do what asks for `wanted`? Every scope lets read; admin lets everything. */
bool token_grants(unsigned scopes, enum scope wanted);

/* ---- Secrets (token_secret.c) ---- */

/* A new id, secret and digest; `text` gets the token, for once. */
void token_make(struct token *token, char text[TOKEN_TEXT + 1]);
/* The token that this text is, now; NULL when it is none, or has expired. Takes the same time whatever the secret. */
struct token *tokens_verify(const struct tokens *tokens, const char *text, size_t len, int64_t now_s);

#endif
