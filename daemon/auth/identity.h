/* Who asks: the name under which a client's tasks, keys and waiting line are kept. */
#ifndef PF_AUTH_IDENTITY_H
#define PF_AUTH_IDENTITY_H

#include "daemon/http/http.h"

#define IDENTITY_MAX 64 /* bytes with the terminator */

/* The client of this request as text: its token where tokens are asked for, else its
 * address. Never empty. */
void client_identity(struct http_request *request, char out[IDENTITY_MAX]);

/* A number for it that fits into a slot; never 0, which stands for nobody. */
uint32_t client_number(const char *identity);

#endif
