/* Options of priceforged-test beyond those of the daemon. */
#ifndef PF_TEST_DESCRIBE_H
#define PF_TEST_DESCRIBE_H

#include <stdbool.h>

/* --openapi prints the API document; --describe prints {"routes": [{method, path, scope, accept, body}], "problems":
 * {slug: status}}. True when one of them was given. */
bool describe(int argc, char **argv);

#endif
