/* A hook where tests make the database fail. Every statement passes it before it is sent and after it is answered.
 *
 * The interesting fault, "done, but the caller saw the connection break", cannot be provoked from outside at a chosen
 * statement. The hook is NULL in the daemon. Set it before the first thread starts, and do not change it while one
 * runs. */
#ifndef PF_STORE_FAULT_H
#define PF_STORE_FAULT_H

enum store_fault_point { STORE_FAULT_BEFORE, STORE_FAULT_AFTER };

/* Returns the error number to simulate, 0 for none. May sleep, or kill the server. */
typedef unsigned (*store_fault_fn)(enum store_fault_point point, const char *sql);
extern store_fault_fn store_fault_hook;

#endif
