/* The token file: from lines to tokens and back. */
#include "base/token_file.h"

#include "base/grow.h"
#include "base/hex.h"
#include "base/time_text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const struct {
    const char *name;
    enum scope scope;
} scopes_by_name[] = {{"read", SCOPE_READ},
                      {"start", SCOPE_START},
                      {"edit", SCOPE_EDIT},
                      {"cancel", SCOPE_CANCEL},
                      {"admin", SCOPE_ADMIN}};
enum { N_SCOPES = sizeof scopes_by_name / sizeof scopes_by_name[0] };

bool token_grants(unsigned scopes, enum scope wanted)
{
    if (wanted == SCOPE_NONE || (scopes & 1u << SCOPE_ADMIN))
        return true;
    if (wanted == SCOPE_READ)
        return scopes != 0;
    if (wanted == SCOPE_START && (scopes & 1u << SCOPE_EDIT))
        return true;
    return (scopes & 1u << wanted) != 0;
}

static unsigned scope_bit(const char *p, size_t n)
{
    for (unsigned i = 0; i < N_SCOPES; i++)
        if (strlen(scopes_by_name[i].name) == n && memcmp(scopes_by_name[i].name, p, n) == 0)
            return 1u << scopes_by_name[i].scope;
    return 0;
}

int token_scopes(const char *text, unsigned *scopes)
{
    *scopes = 0;
    for (const char *p = text;; p++) {
        size_t n = strcspn(p, ",");
        unsigned bit = scope_bit(p, n);
        if (bit == 0)
            return -1;
        *scopes |= bit;
        p += n;
        if (*p == '\0')
            return 0;
    }
}

void token_scopes_text(unsigned scopes, char out[64])
{
    out[0] = '\0';
    for (unsigned i = 0; i < N_SCOPES; i++)
        if (scopes & 1u << scopes_by_name[i].scope) {
            strcat(out, out[0] ? "," : "");
            strcat(out, scopes_by_name[i].name);
        }
}

int64_t token_day(const char *text)
{
    int64_t ms;

    return strlen(text) == TIME_TEXT_DAY && time_parse(text, &ms) && ms > 0 ? ms / 1000 : -1;
}

void token_day_text(int64_t seconds, char out[16])
{
    char text[TIME_TEXT_SIZE];

    time_text(seconds * 1000, text);
    snprintf(out, 16, "%.*s", TIME_TEXT_DAY, seconds == 0 ? "never" : text);
}

/* ---- A line ---- */

/* Returns the next word of the line and terminates it in place; NULL at the end. */
static char *word(char **at)
{
    char *start = *at + strspn(*at, " \t"), *end = start + strcspn(start, " \t");

    if (start == end)
        return NULL;
    *at = *end ? end + 1 : end;
    *end = '\0';
    return start;
}

/* Returns NULL, or what is wrong with the line. */
static const char *take_line(char *line, struct token *token)
{
    char *id = word(&line), *scopes = word(&line), *digest = word(&line), *created = word(&line),
         *expires = word(&line);
    uint8_t number[TOKEN_ID / 2];

    memset(token, 0, sizeof *token);
    if (!expires)
        return "the line must have an id, scopes, a digest, two days and a name";
    if (strlen(id) != TOKEN_ID || hex_read(id, TOKEN_ID / 2, number) != 0)
        return "the id is not eight hexadecimal digits";
    memcpy(token->id, id, TOKEN_ID);
    if (token_scopes(scopes, &token->scopes) != 0)
        return "unknown scope; known scopes: read, start, edit, cancel, admin (separated by commas)";
    if (strlen(digest) != 2 * sizeof token->digest || hex_read(digest, sizeof token->digest, token->digest) != 0)
        return "the digest is not 64 hexadecimal digits";
    if ((token->created_s = token_day(created)) < 0)
        return "the day of creation is not YYYY-MM-DD";
    if (strcmp(expires, "never") != 0 && (token->expires_s = token_day(expires)) < 0)
        return "the day of expiry is neither YYYY-MM-DD nor never";
    snprintf(token->name, sizeof token->name, "%s", line + strspn(line, " \t"));
    return NULL;
}

void token_print(const struct token *token, FILE *out)
{
    char scopes[64], digest[2 * sizeof token->digest + 1], created[16], expires[16];

    token_scopes_text(token->scopes, scopes);
    token_day_text(token->created_s, created);
    token_day_text(token->expires_s, expires);
    hex_text(token->digest, sizeof token->digest, digest);
    fprintf(out, "%s %s %s %s %s %s\n", token->id, scopes, digest, created, expires, token->name);
}

/* ---- The file ---- */

static int by_id(const void *a, const void *b)
{
    return memcmp(((const struct token *)a)->id, ((const struct token *)b)->id, TOKEN_ID);
}

static FILE *open_file(const char *path, struct stat *st, char why[200])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0 || fstat(fd, st) != 0)
        snprintf(why, 200, "%s", strerror(errno));
    else if (!S_ISREG(st->st_mode))
        snprintf(why, 200, "not a file");
    else if (st->st_mode & (S_IWGRP | S_IWOTH))
        snprintf(why, 200, "accounts other than its owner can write it; run chmod go-w");
    else
        return fdopen(fd, "r");
    if (fd >= 0)
        close(fd);
    return NULL;
}

static void add(struct tokens *tokens, const struct token *token, uint32_t *room)
{
    tokens->list = grow(tokens->list, room, tokens->n + 1, sizeof *token);
    tokens->list[tokens->n++] = *token;
}

static int read_lines(FILE *file, struct tokens *tokens, char why[200])
{
    char line[TOKEN_LINE];
    uint32_t room = 0;
    int bad = 0, number = 0;

    while (fgets(line, sizeof line, file)) {
        struct token token;
        const char *fault = NULL;
        number++;
        if (line[strspn(line, " \t\r\n")] == '\0' || line[0] == '#')
            continue;
        if (!strchr(line, '\n') && !feof(file))
            fault = "the line is too long";
        line[strcspn(line, "\r\n")] = '\0';
        if (!fault)
            fault = tokens->n == TOKENS_MAX ? "too many tokens" : take_line(line, &token);
        if (!fault)
            add(tokens, &token, &room);
        else if (bad++ == 0)
            snprintf(why, 200, "line %d: %s", number, fault);
    }
    return bad;
}

int tokens_read(const char *path, struct tokens *tokens, struct stat *st, char why[200])
{
    struct stat own;

    *tokens = (struct tokens){NULL, 0};
    why[0] = '\0';
    FILE *file = open_file(path, st ? st : &own, why);
    if (!file)
        return -1;
    int bad = read_lines(file, tokens, why);
    if (ferror(file)) {
        snprintf(why, 200, "cannot be read");
        bad = -1;
        tokens_fini(tokens);
    }
    fclose(file);
    if (tokens->n)
        qsort(tokens->list, tokens->n, sizeof *tokens->list, by_id);
    return bad;
}

void tokens_fini(struct tokens *tokens)
{
    if (tokens->list)
        explicit_bzero(tokens->list, tokens->n * sizeof *tokens->list);
    free(tokens->list);
    *tokens = (struct tokens){NULL, 0};
}

struct token *tokens_find(const struct tokens *tokens, const char *id)
{
    struct token key;

    memcpy(key.id, id, TOKEN_ID);
    return tokens->n ? bsearch(&key, tokens->list, tokens->n, sizeof key, by_id) : NULL;
}
