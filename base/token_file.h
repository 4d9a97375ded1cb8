/* API tokens: the file that holds them. The daemon reads it, `priceforge token` writes it.
 *
 * A token is "pf_", an id of eight hexadecimal digits, "_", and a secret of 256 random bits as 43 characters of
 * base64url. The file has the SHA-256 of the whole token: nobody can make a token from it, and a secret of this size
 * needs no slow hash. Each line is one token, with these fields separated by blanks:
 *
 *   ID SCOPES SHA256 CREATED EXPIRES NAME...     3f09c2aa read,start 5e88…  2026-11-25 2027-11-25 the page's backend
 *
 *   SCOPES   read, start, edit, cancel, admin, separated by commas
 *   CREATED  a day, UTC
 *   EXPIRES  the first day on which the token is refused, UTC; or "never"
 *
 * Empty lines and lines that begin with # are ignored. */
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
    unsigned scopes; /* bits 1 << enum scope as the file names them; token_grants() knows what they include */
    uint8_t digest[32];
    int64_t created_s, expires_s; /* 0 = never expires */
    char name[TOKEN_NAME];
    int64_t used_s, noted_s; /* in a worker: its last use, and the last use that it noted (token_use.h) */
};

struct tokens {
    struct token *list; /* sorted by id */
    uint32_t n;
};

/* Reads the file. Returns the number of lines that are not tokens: they are left out, and `why` explains the first.
 * Returns -1, with the reason in `why`, if the file cannot be read or accounts other than its owner could write it.
 * `st` (may be NULL) gets the state of the file as it was read. */
int tokens_read(const char *path, struct tokens *tokens, struct stat *st, char why[200]);
/* Frees the tokens and wipes the secrets. */
void tokens_fini(struct tokens *tokens);
/* Finds a token by its id, the first TOKEN_ID bytes at `id`. Returns NULL if there is none. */
struct token *tokens_find(const struct tokens *tokens, const char *id);

/* Writes one line. */
void token_print(const struct token *token, FILE *out);
/* Turns "read,start" into bits. Returns 0, or -1 for anything else. */
int token_scopes(const char *text, unsigned *scopes);
void token_scopes_text(unsigned scopes, char out[64]);
/* Returns the start of a day "YYYY-MM-DD" in UTC as seconds since 1970, or -1. */
int64_t token_day(const char *text);
void token_day_text(int64_t seconds, char out[16]);

/* May a client with these scopes do what needs `wanted`? Every scope includes read, edit includes start, admin includes
 * everything. */
bool token_grants(unsigned scopes, enum scope wanted);

/* ---- Secrets (token_secret.c) ---- */

/* Makes a new id, secret and digest. `text` gets the token; it cannot be had again. */
void token_make(struct token *token, char text[TOKEN_TEXT + 1]);
/* Returns the token with this text; NULL if there is none or it has expired. The time it takes does not depend on the
 * secret. */
struct token *tokens_verify(const struct tokens *tokens, const char *text, size_t len, int64_t now_s);

#endif
