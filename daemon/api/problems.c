/* The pages come from the table of problems; they contain nothing from the request. */
#include "daemon/api/problems.h"

#include <stdio.h>

void resource_problem(struct http_request *request)
{
    static const char page[] =
        "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>%s</title>\n"
        "<h1>%s</h1>\n<p>Status %d, type <code>/problems/%s</code>: %s.</p>\n"
        "<h2>What to do</h2>\n<p>%s</p>\n"
        "<p>The member <code>instance</code> of the answer is the request's id; the server's log "
        "has it too.</p>\n</html>\n";
    const struct http_problem *problem = http_problem_find(request->args[0]);
    char text[2000];

    if (!problem) {
        http_reply_problem(request, "not-found", "there is no problem of this name", NULL);
        return;
    }
    int len = snprintf(text, sizeof text, page, problem->title, problem->title, problem->status, problem->slug,
                       problem->detail, problem->advice);
    http_reply_header(request, "Cache-Control", "public, max-age=3600");
    http_reply_header(request, "Content-Security-Policy", "default-src 'none'");
    http_reply_header(request, "Link", "</api/openapi.json>; rel=\"service-desc\"");
    http_reply(request, 200, "text/html; charset=utf-8", text, (size_t)len);
}
