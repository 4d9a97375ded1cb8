/* What a runner asks of its parser process, over the socket pair that the master made for the two. */
#ifndef PF_PARSER_PARSER_H
#define PF_PARSER_PARSER_H

#include <stdint.h>

/* A parser says PARSER_READY when it is locked in. Then one request per parser; the file's descriptor travels beside it
 * (SCM_RIGHTS). The answer is a gridwire stream. */
#define PARSER_READY 'r'
struct parser_request {
    uint16_t format;    /* enum sheet_format; 0 = tell by content */
    uint16_t code_page; /* sheet_limits.code_page */
    uint32_t max_rows;
    uint64_t offset, length; /* the file inside the spooled body */
};

/* How far a parser may go. Real files take seconds and some 50 MiB at most. The tests' daemon sets less. */
struct parser_limits {
    uint64_t memory;     /* bytes of address space: 256 MiB; beyond it the file is refused as "limit-memory" */
    unsigned cpu_s;      /* 300; beyond it "limit-time" */
    unsigned silence_ms; /* 60 000: between two bytes for the runner */
};
extern struct parser_limits parser_limits;

/* What a parser does in its sandbox: read the file, answer on the socket. Returns 0 when all has been said. The tests'
 * daemon puts a misbehaving one in its place. */
typedef int parser_decode_fn(int sock, const struct parser_request *request, int file_fd);
extern parser_decode_fn *parser_decode;
parser_decode_fn parser_decode_file;

/* Runner side. Wait until the parser is ready: one that dies before has not seen the file, so the file is not to blame.
 * Returns 0 or -errno (-EPIPE: it is gone; -ETIMEDOUT). */
int parser_await(int sock, int timeout_ms);
/* Runner side. Returns 0 or -errno (-EPIPE: the parser is gone; take the next one). */
int parser_send_request(int sock, const struct parser_request *request, int file_fd);

#endif
