/* The child that asks. */
#include "client/top/feed.h"

#include "base/clock.h"
#include "base/json.h"
#include "client/net/ask.h"
#include "client/net/http.h"
#include "client/show/text.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAIT_S      10
#define AWAY_MS     1000
#define DETAILS_MS  2000 /* how often running tasks are asked for what the picture leaves out */
#define DETAILS_MAX 100
#define HEAD        (1 + sizeof(uint32_t))

/* ---- The child -------------------------------------------------------------------------------------------------- */

static void pass(int out, enum feed_kind kind, const char *text, size_t len)
{
    char head[HEAD] = {(char)kind};
    uint32_t size = (uint32_t)len;
    memcpy(head + 1, &size, sizeof size);
    const char *parts[] = {head, text};
    size_t lengths[] = {sizeof head, len};
    for (size_t i = 0; i < 2; i++)
        for (size_t done = 0; done < lengths[i];) {
            ssize_t n = write(out, parts[i] + done, lengths[i] - done);
            if (n < 0 && errno != EINTR)
                _exit(0); /* the view has gone */
            done += n > 0 ? (size_t)n : 0;
        }
}

static void rest(int64_t ms)
{
    struct timespec pause = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

/* What the picture does not have of its tasks: who asked, for what, how long it takes. */
static void pass_details(int out, yajl_val picture)
{
    static int64_t asked_ms;
    yajl_val tasks = json_member(picture, "tasks");
    struct bytes path = {0};
    struct http_reply reply;
    size_t n = YAJL_IS_ARRAY(tasks) ? YAJL_GET_ARRAY(tasks)->len : 0;
    if (n == 0 || clock_mono_ms() - asked_ms < DETAILS_MS)
        return;
    asked_ms = clock_mono_ms();
    text_addf(&path, "/api/tasks?view=full&ids=");
    for (size_t i = 0; i < n && i < DETAILS_MAX; i++)
        text_addf(&path, "%s%s", i ? "," : "", json_member_string(YAJL_GET_ARRAY(tasks)->values[i], "id", ""));
    bytes_add_char(&path, '\0');
    struct http_request request = {.method = "GET", .path = path.data};
    if (http_ask(&request, &reply) == 0 && reply.status == 200)
        pass(out, FEED_TASKS, reply.body.data, reply.body.len);
    http_reply_fini(&reply);
    bytes_free(&path);
}

/* Asks once and passes the answer on. Returns false if the server has refused, so that asking again would change nothing. */
static bool ask_once(int out, char etag[128])
{
    char path[64], why[64];
    snprintf(path, sizeof path, "/api/operation%s", etag[0] ? "?wait=10" : "");
    struct http_request request = {.method = "GET", .path = path, .etag = etag, .wait_s = etag[0] ? WAIT_S : 0};
    struct answer answer = {0};
    int rc = http_ask(&request, &answer.reply);
    unsigned status = answer.reply.status;
    bool goes_on = true;
    if (answer.reply.body.len > 0)
        answer.json = json_parse(answer.reply.body.data, answer.reply.body.len, 64, why, sizeof why);
    if (rc != 0 || status == 429 || status >= 500) {
        const char *text = rc != 0 ? answer.reply.error : "not able now";
        pass(out, FEED_AWAY, text, strlen(text));
        rest(AWAY_MS);
    } else if (status == 200 && answer.json) {
        snprintf(etag, 128, "%s", answer.reply.etag);
        pass(out, FEED_PICTURE, answer.reply.body.data, answer.reply.body.len);
        pass_details(out, answer.json);
    } else if (status == 304) {
        pass(out, FEED_SAME, "", 0);
        if (!answer.reply.waited)
            rest(AWAY_MS);
    } else {
        char *text = ask_problem_text(&answer);
        pass(out, FEED_REFUSED, text, strlen(text));
        free(text);
        goes_on = false;
    }
    answer_fini(&answer);
    return goes_on;
}

static _Noreturn void ask_for_ever(int out, pid_t parent)
{
    char etag[128] = "";
    signal(SIGINT, SIG_IGN); /* the view ends us */
    signal(SIGTSTP, SIG_IGN);
    signal(SIGTERM, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(0);
    while (ask_once(out, etag))
        rest(200); /* at most five pictures a second */
    _exit(0);
}

/* ---- The view --------------------------------------------------------------------------------------------------- */

void feed_start(struct feed *feed, const struct settings *settings)
{
    int ends[2];
    pid_t parent = getpid();
    feed->settings = settings;
    feed->in.len = 0;
    feed->fd = -1;
    feed->pid = -1;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return;
    feed->pid = fork();
    if (feed->pid == 0) {
        close(ends[0]);
        ask_for_ever(ends[1], parent);
    }
    close(ends[1]);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    feed->fd = ends[0];
}

void feed_stop(struct feed *feed)
{
    if (feed->fd >= 0)
        close(feed->fd);
    if (feed->pid > 0) {
        kill(feed->pid, SIGKILL);
        waitpid(feed->pid, NULL, 0);
    }
    feed->fd = -1;
    feed->pid = -1;
    bytes_free(&feed->in);
}

static void read_more(struct feed *feed)
{
    char piece[16384];
    ssize_t n = -1;
    while (feed->fd >= 0 && (n = read(feed->fd, piece, sizeof piece)) > 0)
        bytes_add(&feed->in, piece, (size_t)n);
    if (n != 0)
        return;
    close(feed->fd);
    feed->fd = -1;
}

const char *feed_next(struct feed *feed, enum feed_kind *kind)
{
    static struct bytes message;
    uint32_t size;
    read_more(feed);
    if (feed->in.len >= HEAD)
        memcpy(&size, feed->in.data + 1, sizeof size);
    if (feed->in.len < HEAD || feed->in.len - HEAD < size) {
        if (feed->fd < 0) { /* it has died; what it said is whole or of no use */
            const struct settings *settings = feed->settings;
            feed_stop(feed);
            rest(100);
            feed_start(feed, settings);
        }
        return NULL;
    }
    *kind = (enum feed_kind)feed->in.data[0];
    message.len = 0;
    bytes_add(&message, feed->in.data + HEAD, size);
    bytes_add_char(&message, '\0');
    memmove(feed->in.data, feed->in.data + HEAD + size, feed->in.len - HEAD - size);
    feed->in.len -= HEAD + size;
    return message.data;
}
