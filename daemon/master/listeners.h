/* The daemon's listening sockets: one TCP listener shared by all workers, and one unix socket per worker, so that nginx
 * balances requests rather than connections. The master makes them once and keeps them open: a worker that dies loses
 * no connection in the queue, its successor goes on with the same socket. Master only. */
#ifndef PF_MASTER_LISTENERS_H
#define PF_MASTER_LISTENERS_H

#include "daemon/config/config.h"

struct listeners {
    int tcp;         /* -1 = none */
    char name[80];   /* "127.0.0.1:8087" as bound, "none" without TCP */
    unsigned n_unix; /* = http.workers */
    int *unix_fds;   /* worker N's at N */
    char **paths;    /* to unlink at the end; NULL where systemd made the socket */
};

/* Take what systemd passed (names "http" and "worker-N" by FileDescriptorName=; one unnamed TCP socket is "http"), make
 * the rest. Returns 0, or -1 after a message (exit 78: an address in use is not cured by restarting in a loop). */
int listeners_open(struct listeners *listeners, const struct config *config);
/* Close, and remove the socket files that we made. */
void listeners_close(struct listeners *listeners);

#endif
