/* Tokens in a worker: the table of the file, and the verdict on a request. */
#include "daemon/auth/auth.h"

#include "base/log.h"
#include "base/token_file.h"
#include "base/token_use.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#define NOTES_AT_ONCE 64

struct auth {
    char *path;
    struct tokens tokens;
    struct stat seen; /* of the file that was read */
    bool missing;     /* there was none that could be read */
    int uses;         /* the directory of base/token_use.h, or -1 */
    bool mute;        /* the log has said that uses cannot be noted */
};

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size && a->st_mode == b->st_mode &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
           a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static void note_use(struct auth *auth, struct token *token)
{
    int rc = tokens_use_note(auth->uses, token->id, token->used_s);
    token->noted_s = token->used_s;
    if (rc < 0 && !auth->mute)
        log_warn("tokens: the use of one cannot be noted: %s", strerror(-rc));
    auth->mute = rc < 0;
}

/* At most so many at a time: the loop has other things to do. */
static void note_uses(struct auth *auth, unsigned most, int64_t step_s)
{
    for (size_t i = 0; i < auth->tokens.n && most > 0 && auth->uses >= 0; i++) {
        struct token *token = &auth->tokens.list[i];
        if (token->used_s == token->noted_s || token->used_s - token->noted_s < step_s)
            continue;
        note_use(auth, token);
        most--;
    }
}

/* The new table replaces the old one whatever it says: when in doubt nobody is let in. */
static void take_file(struct auth *auth)
{
    char why[200];
    bool missing = auth->missing;
    note_uses(auth, TOKENS_MAX, 0); /* they are forgotten with the old one */
    tokens_fini(&auth->tokens);
    int bad = tokens_read(auth->path, &auth->tokens, &auth->seen, why);
    auth->missing = bad < 0;
    if (bad < 0 && !missing)
        log_error("tokens: %s: %s; no token is taken until it can be read", auth->path, why);
    else if (bad > 0)
        log_error("tokens: %s: %d lines are not tokens and are ignored; %s", auth->path, bad, why);
    else if (bad == 0)
        log_info("tokens: %u read", auth->tokens.n);
}

struct auth *auth_new(const char *path, const char *state_dir)
{
    if (path[0] == '\0')
        return NULL;
    struct auth *auth = calloc(1, sizeof *auth);
    if (!auth || !(auth->path = strdup(path)))
        abort();
    auth->uses = tokens_use_make(state_dir);
    if (auth->uses < 0)
        log_warn("tokens: %s/tokens-used: %s; uses are not noted", state_dir, strerror(-auth->uses));
    take_file(auth);
    return auth;
}

void auth_free(struct auth **auth)
{
    if (!*auth)
        return;
    note_uses(*auth, TOKENS_MAX, 0);
    tokens_fini(&(*auth)->tokens);
    if ((*auth)->uses >= 0)
        close((*auth)->uses);
    free((*auth)->path);
    free(*auth);
    *auth = NULL;
}

void auth_look(struct auth *auth)
{
    struct stat now;
    if (!auth)
        return;
    note_uses(auth, NOTES_AT_ONCE, TOKENS_USE_STEP_S);
    if (stat(auth->path, &now) != 0 ? !auth->missing : auth->missing || !same_file(&now, &auth->seen))
        take_file(auth);
}

bool auth_token(const struct auth *auth, const char *id, struct token *out)
{
    const struct token *token = auth && strlen(id) == TOKEN_ID ? tokens_find(&auth->tokens, id) : NULL;
    if (token)
        *out = *token;
    return token != NULL;
}

bool auth_admin(const struct auth *auth, const struct http_request *request)
{
    struct token token;
    return !auth || (auth_token(auth, request->who, &token) && token_grants(token.scopes, SCOPE_ADMIN));
}

enum http_verdict auth_verdict(void *arg, const char *authorization, size_t len, enum scope scope,
                               char who[HTTP_WHO_MAX], unsigned *scopes)
{
    static const char scheme[] = "Bearer ";
    const size_t skip = sizeof scheme - 1;
    struct auth *auth = arg;
    who[0] = '\0';
    *scopes = 0;
    if (scope == SCOPE_NONE)
        return HTTP_GRANTED;
    if (!authorization)
        return HTTP_NO_TOKEN;
    if (len < skip || strncasecmp(authorization, scheme, skip) != 0)
        return HTTP_BAD_TOKEN;
    int64_t now_s = (int64_t)time(NULL);
    struct token *token = tokens_verify(&auth->tokens, authorization + skip, len - skip, now_s);
    if (!token)
        return HTTP_BAD_TOKEN;
    token->used_s = now_s;
    memcpy(who, token->id, TOKEN_ID + 1);
    *scopes = token->scopes;
    return token_grants(token->scopes, scope) ? HTTP_GRANTED : HTTP_NOT_GRANTED;
}
