/* priceforge token: add, list, revoke. */
#ifndef PF_CLIENT_TOKEN_H
#define PF_CLIENT_TOKEN_H

#define TOKEN_USAGE 2 /* exit code: wrong usage */

/* argv[0] is the command: "add", "list", "revoke". Returns the exit code: 0, 1 with a message on standard error, or
 * TOKEN_USAGE without one. */
int token_command(int argc, char **argv);

#endif
