/* The daemon's listening sockets. The master makes them once and keeps them open: a worker that dies loses no connection
 * in the queue, its successor goes on with the same socket. Master only.
 *
 *   - One TCP listener, shared by all workers.
 *   - http-N.sock, a fixed number (http.sockets) dealt out to the workers, for nginx: it balances requests over them
 *     rather than connections, and its site stays as it is when workers are added.
 *   - worker-N.sock, one for each worker, to ask a given one. */
#ifndef PF_MASTER_LISTENERS_H
#define PF_MASTER_LISTENERS_H

#include "daemon/config/config.h"

struct listeners {
    int tcp;          /* -1 = none */
    char name[80];    /* "127.0.0.1:8087" as bound, "none" without TCP */
    unsigned n_unix;  /* = http.workers */
    unsigned n_proxy; /* = http.sockets */
    int *unix_fds;    /* worker N's at N, then http-N.sock at n_unix + N */
    char **paths;     /* to unlink at the end; NULL where systemd made the socket */
};

/* Takes what systemd passed, and makes the rest. A TCP socket needs no name; a unix socket is told by its path or by
 * FileDescriptorName=: worker-N or http-N. Returns 0, or -1 after a message (exit 78: an address in use is not cured by
 * restarting in a loop). */
int listeners_open(struct listeners *listeners, const struct config *config);
/* Worker `index`'s share of the sockets for a proxy. Returns how many. */
unsigned listeners_deal(const struct listeners *listeners, unsigned index, int out[HTTP_SOCKETS_MAX]);
/* Close, and remove the socket files that we made. */
void listeners_close(struct listeners *listeners);

#endif
