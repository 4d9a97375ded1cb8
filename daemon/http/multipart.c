#include "daemon/http/multipart.h"
int multipart_scan(int fd, uint64_t length, const char *boundary, struct multipart *out, char *why, size_t why_size)
{
    (void)fd;
    (void)length;
    (void)boundary;
    (void)out;
    (void)why;
    (void)why_size;
    return -1;
}
void multipart_fini(struct multipart *form)
{
    (void)form;
}
