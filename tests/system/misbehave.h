/* A parser that its file has taken over: what such a one could try, chosen by a word in the file. */
#ifndef PF_TESTS_MISBEHAVE_H
#define PF_TESTS_MISBEHAVE_H

/* From now on every parser of this daemon reads "PK\3\4misbehave WORD" as an order; all other files as always. The
 * environment may lower the limits: PF_TEST_PARSER_CPU (seconds), PF_TEST_PARSER_SILENCE (milliseconds). */
void misbehave_install(void);

#endif
