/* Tokens in a worker: the table of the file, and the verdict on a request. */
#include "daemon/auth.h"

#include "daemon/log.h"
#include "daemon/tokens.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

struct auth {
    char *path;
    struct tokens tokens;
    struct stat seen; /* of the file that was read */
    bool missing;     /* there was none that could be read */
};

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size && a->st_mode == b->st_mode &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
           a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* The new table replaces the old one whatever it says: when in doubt nobody is let in. */
static void take_file(struct auth *auth)
{
    char why[200];
    bool missing = auth->missing;
    tokens_fini(&auth->tokens);
    int bad = tokens_read(auth->path, &auth->tokens, &auth->seen, why);
    auth->missing = bad < 0;
    if (bad < 0 && !missing)
        log_error("tokens: %s: %s; no token is taken until it can be read", auth->path, why);
    else if (bad > 0)
        log_error("tokens: %s: %d lines are no tokens and are left out; %s", auth->path, bad, why);
    else if (bad == 0)
        log_info("tokens: %zu read", auth->tokens.n);
}

struct auth *auth_new(const char *path)
{
    if (path[0] == '\0')
        return NULL;
    struct auth *auth = calloc(1, sizeof *auth);
    if (!auth || !(auth->path = strdup(path)))
        abort();
    take_file(auth);
    return auth;
}

void auth_free(struct auth **auth)
{
    if (!*auth)
        return;
    tokens_fini(&(*auth)->tokens);
    free((*auth)->path);
    free(*auth);
    *auth = NULL;
}

void auth_look(struct auth *auth)
{
    struct stat now;
    if (!auth)
        return;
    if (stat(auth->path, &now) != 0 ? !auth->missing : auth->missing || !same_file(&now, &auth->seen))
        take_file(auth);
}

enum http_verdict auth_verdict(void *arg, const char *authorization, size_t len, enum http_scope scope,
                               char who[HTTP_WHO_MAX])
{
    static const char scheme[] = "Bearer ";
    const size_t skip = sizeof scheme - 1;
    struct auth *auth = arg;
    who[0] = '\0';
    if (scope == SCOPE_NONE)
        return HTTP_GRANTED;
    if (!authorization)
        return HTTP_NO_TOKEN;
    if (len < skip || strncasecmp(authorization, scheme, skip) != 0)
        return HTTP_BAD_TOKEN;
    const struct token *token = tokens_verify(&auth->tokens, authorization + skip, len - skip, (int64_t)time(NULL));
    if (!token)
        return HTTP_BAD_TOKEN;
    memcpy(who, token->id, TOKEN_ID + 1);
    return token_grants(token->scopes, scope) ? HTTP_GRANTED : HTTP_NOT_GRANTED;
}
