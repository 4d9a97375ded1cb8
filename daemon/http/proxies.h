/* Which peers may say in X-Forwarded-For for whom they speak. Pure functions; nothing of libevent. */
#ifndef PF_HTTP_PROXIES_H
#define PF_HTTP_PROXIES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define PROXIES_MAX 32

struct proxies {
    bool any_user;            /* every peer of a unix socket */
    uid_t users[PROXIES_MAX]; /* these peers of a unix socket */
    unsigned n_users;
    struct proxy_net {
        uint8_t address[16]; /* IPv4 as ::ffff:a.b.c.d */
        unsigned bits;
    } nets[PROXIES_MAX];
    unsigned n_nets;
};

/* A list separated by commas or blanks: "unix" (any peer of a unix socket), "unix:USER", an address, or a network
 * ADDRESS/BITS. Returns 0, or -1 with the item that is none of these in bad[0..100). */
int proxies_parse(const char *text, struct proxies *out, char bad[100]);
bool proxies_has_user(const struct proxies *proxies, uid_t user);
/* Returns false if the text is not an address. */
bool proxies_has_address(const struct proxies *proxies, const char *address);
/* The client of a trusted peer: the right-most address of an X-Forwarded-For list that is not a trusted proxy, or the
 * left-most one if all are. Writes it in its usual form and returns true. Returns false if the list has no address at
 * that place. */
bool proxies_client(const struct proxies *proxies, const char *list, char out[64]);

#endif
