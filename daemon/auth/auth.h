/* Who may do what, in a worker: the tokens file, read again when it changes.
 *
 *   - Without auth.tokens_file there is no struct auth, and everybody may do everything. The listeners are then loopback
 *     addresses and unix sockets only, and Host must name this server (daemon/http/hostname.h).
 *   - With it every listener asks for a token, the workers' unix sockets too.
 *   - A file that is gone or cannot be read lets nobody in.
 *   - Lines that are not tokens are left out, and the log names the first one. */
#ifndef PF_AUTH_AUTH_H
#define PF_AUTH_AUTH_H

#include "base/token_file.h"
#include "daemon/http/http.h"

struct auth;

/* `path` is that of the tokens file, `state_dir` where uses are noted (base/token_use.h). NULL when `path` is empty. */
struct auth *auth_new(const char *path, const char *state_dir);
void auth_free(struct auth **auth);
/* Has the file changed? Call it about once a second: a revoked token is refused from the next call on. Notes when
 * tokens were used. NULL is fine. */
void auth_look(struct auth *auth);

/* What is known of the token with this id. Returns false if there is none, or no token is asked for (auth NULL). */
bool auth_token(const struct auth *auth, const char *id, struct token *out);
/* May this request see what only the scope admin may? Without tokens everybody may. */
bool auth_admin(const struct auth *auth, const struct http_request *request);

/* For http_options.authorize; `auth` is a struct auth. */
enum http_verdict auth_verdict(void *auth, const char *authorization, size_t len, enum scope scope,
                               char who[HTTP_WHO_MAX], unsigned *scopes);

#endif
