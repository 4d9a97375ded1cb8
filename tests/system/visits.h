/* How often an upload is looked into: counters over all processes of the tests' daemon. */
#ifndef PF_TESTS_VISITS_H
#define PF_TESTS_VISITS_H

/* From now on count, in the file that the environment names (PF_TEST_VISITS; nothing without it): three little-endian
 * numbers of 32 bits, visits to a file thread, files sniffed, digests made of a body or a file. Before the first fork. */
void visits_install(void);

#endif
