/* The 300 bytes both servers answer: a running task. */
#ifndef PF_TESTS_HTTP_BODY_H
#define PF_TESTS_HTTP_BODY_H

static const char http_body[] =
    "{\"id\":\"3b241101-e2bb-4255-8caf-4136c566a962\",\"type\":\"stock_import\",\"status\":\"running\",\"progress\":42,"
    "\"message\":\"rows 42000 of 100000\",\"result\":null,\"error\":\"\",\"created_at\":\"2026-01-01T00:00:00.000Z\","
    "\"done_at\":null}                                                                                       \n";

#define HTTP_TAG "W/\"1f0e2d3c4b5a6978.17\""

_Static_assert(sizeof http_body - 1 >= 300, "the benchmark answers 300 bytes");

#endif
