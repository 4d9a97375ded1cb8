/* The tokens file: lines to tokens and back. */
#include "base/token_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const struct {
    const char *name;
    enum scope scope;
} scopes_by_name[] = {{"read", SCOPE_READ}, {"start", SCOPE_START}, {"cancel", SCOPE_CANCEL}, {"admin", SCOPE_ADMIN}};
enum { N_SCOPES = sizeof scopes_by_name / sizeof scopes_by_name[0] };

bool token_grants(unsigned scopes, enum scope wanted)
{
    if (wanted == SCOPE_NONE || (scopes & 1u << SCOPE_ADMIN))
        return true;
    if (wanted == SCOPE_READ)
        return scopes != 0;
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

/* Of so many digits and nothing else, or -1. */
static int number(const char *text, size_t digits)
{
    int value = 0;
    for (size_t i = 0; i < digits; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        value = 10 * value + (text[i] - '0');
    }
    return value;
}

int64_t token_day(const char *text)
{
    if (strlen(text) != 10 || text[4] != '-' || text[7] != '-')
        return -1;
    int year = number(text, 4), month = number(text + 5, 2), day = number(text + 8, 2);
    if (year < 0 || month < 0 || day < 0)
        return -1;
    struct tm tm = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day}, back = tm;
    time_t seconds = timegm(&back);
    /* timegm makes the 30th of February a day of March: then it is no day. */
    return back.tm_mday == tm.tm_mday && back.tm_mon == tm.tm_mon && seconds > 0 ? (int64_t)seconds : -1;
}

void token_day_text(int64_t seconds, char out[16])
{
    time_t when = (time_t)seconds;
    struct tm tm;
    if (seconds == 0 || !gmtime_r(&when, &tm) || strftime(out, 16, "%Y-%m-%d", &tm) == 0)
        snprintf(out, 16, "never");
}

/* ---- A line ---- */

static int nibble(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int take_hex(const char *text, size_t digits, uint8_t *out)
{
    if (strlen(text) != digits)
        return -1;
    for (size_t i = 0; i < digits; i++) {
        int value = nibble(text[i]);
        if (value < 0)
            return -1;
        if (out)
            out[i / 2] = (uint8_t)(i % 2 ? out[i / 2] | value : value << 4);
    }
    return 0;
}

/* The next word of the line, terminated in place; NULL at the end. */
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
    memset(token, 0, sizeof *token);
    if (!expires)
        return "a token has an id, scopes, a digest, two days and a name";
    if (take_hex(id, TOKEN_ID, NULL) != 0)
        return "the id is not eight hexadecimal digits";
    memcpy(token->id, id, TOKEN_ID);
    if (token_scopes(scopes, &token->scopes) != 0)
        return "scopes are read, start, cancel, admin, separated by commas";
    if (take_hex(digest, 2 * sizeof token->digest, token->digest) != 0)
        return "the digest is not 64 hexadecimal digits";
    if ((token->created_s = token_day(created)) < 0)
        return "the day of its making is not YYYY-MM-DD";
    if (strcmp(expires, "never") != 0 && (token->expires_s = token_day(expires)) < 0)
        return "its end is not YYYY-MM-DD, nor never";
    snprintf(token->name, sizeof token->name, "%s", line + strspn(line, " \t"));
    return NULL;
}

void token_print(const struct token *token, FILE *out)
{
    char scopes[64], created[16], expires[16];
    token_scopes_text(token->scopes, scopes);
    token_day_text(token->created_s, created);
    token_day_text(token->expires_s, expires);
    fprintf(out, "%s %s ", token->id, scopes);
    for (size_t i = 0; i < sizeof token->digest; i++)
        fprintf(out, "%02x", token->digest[i]);
    fprintf(out, " %s %s %s\n", created, expires, token->name);
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
        snprintf(why, 200, "others could write it; chmod go-w");
    else
        return fdopen(fd, "r");
    if (fd >= 0)
        close(fd);
    return NULL;
}

static void add(struct tokens *tokens, const struct token *token, size_t *room)
{
    if (tokens->n == *room) {
        *room = *room ? 2 * *room : 16;
        tokens->list = realloc(tokens->list, *room * sizeof *token);
        if (!tokens->list)
            abort();
    }
    tokens->list[tokens->n++] = *token;
}

static int read_lines(FILE *file, struct tokens *tokens, char why[200])
{
    char line[TOKEN_LINE];
    size_t room = 0;
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
