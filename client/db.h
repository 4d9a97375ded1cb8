/* priceforge db, which has options of its own. */
#ifndef PF_CLIENT_DB_H
#define PF_CLIENT_DB_H

/* Becomes priceforge-admin with these words behind "db". Returns an exit code after a message if it cannot. */
int db_exec(int argc, const char *const *argv);

#endif
