/* Which day it is for the tests' daemon. */
#ifndef PF_TESTS_TODAY_H
#define PF_TESTS_TODAY_H

/* From now on today is the day that the environment names (PF_TEST_TODAY=YYYY-MM-DD); the real one without it. Before the
 * first fork. */
void today_install(void);

#endif
