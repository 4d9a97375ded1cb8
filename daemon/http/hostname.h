/* The names under which a server may be asked for. A page of another site may let a name of its own point to this machine
 * and ask for that name: the browser then takes our answers for the page's own (DNS rebinding). Such a request names
 * a host that we are not.
 *
 * Pure functions but for hostname_is_local(), which asks the kernel. `host` is the value of the header Host, n bytes, with
 * or without a port; which port it names does not matter. */
#ifndef PF_HTTP_HOSTNAME_H
#define PF_HTTP_HOSTNAME_H

#include <stdbool.h>
#include <stddef.h>

/* localhost, any name below it, 127.0.0.0/8, [::1]. */
bool hostname_is_loopback(const char *host, size_t n);
/* One of the names or addresses in a list separated by commas or blanks, without regard to case. */
bool hostname_in_list(const char *host, size_t n, const char *list);
/* The address at which the connection `fd` has reached us. */
bool hostname_is_local(const char *host, size_t n, int fd);
/* Is every item of the list a name or an address as a browser would send it? Returns 0, or -1 with the item that is not
 * in bad[0..100). */
int hostname_list_check(const char *list, char bad[100]);

#endif
