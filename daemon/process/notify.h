/* The service manager's notification protocol (sd_notify): one datagram of KEY=VALUE lines to a unix socket. Both
 * sides: we report to systemd, and the built-in database reports to us. Master only. */
#ifndef PF_PROCESS_NOTIFY_H
#define PF_PROCESS_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

/* Take $NOTIFY_SOCKET, $WATCHDOG_USEC and $WATCHDOG_PID and remove them, so that no child speaks for us. */
void notify_init(void);
void notify_fini(void);

/* Send "READY=1", "STOPPING=1", … or several lines at once. Does nothing when nobody listens; never blocks. */
void notify_send(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* STATUS=… when it differs from the last one. */
void notify_status(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* RELOADING=1 with the time stamp it needs. */
void notify_reloading(void);
/* Milliseconds between two WATCHDOG=1 (half of what systemd waits), 0 when it does not ask for any. */
int64_t notify_watchdog_ms(void);

/* ---- The receiving side ---- */

/* What a datagram said. */
struct notify_message {
    bool ready, stopping;
    uint64_t extend_us; /* EXTEND_TIMEOUT_USEC, 0 = none */
    char status[160];   /* STATUS, "" = none */
};

/* Parse `len` bytes; unknown lines are ignored. Never fails: garbage says nothing. */
void notify_parse(const char *text, unsigned long len, struct notify_message *out);

/* A datagram socket bound to `path` (a stale one is replaced). Returns the descriptor or -errno. */
int notify_listen(const char *path);
/* Next datagram. Returns 1 with *out, or 0 when none waits. */
int notify_receive(int fd, struct notify_message *out);

#endif
