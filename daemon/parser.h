/* What a runner asks of its parser process, over the socket pair that the master made for the two. */
#ifndef PF_PARSER_H
#define PF_PARSER_H

#include <stdint.h>

/* One request per parser; the file's descriptor travels beside it (SCM_RIGHTS). The answer is a gridwire stream. */
struct parser_request {
    uint32_t format; /* enum sheet_format; 0 = tell by content */
    uint32_t max_rows;
    uint64_t offset, length; /* the file inside the spooled body */
};

/* Runner side. Returns 0 or -errno (-EPIPE: the parser is gone; take the next one). */
int parser_send_request(int sock, const struct parser_request *request, int file_fd);

#endif
