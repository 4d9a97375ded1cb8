/* Values of configuration keys: from text, to text, compare. */
#include "daemon/config/table.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* The table knows a field by its offset; the type says what stands there. */
static char **text_field(const struct config_key *key, const struct config *config)
{
    return (char **)(uintptr_t)((const char *)config + key->offset);
}

static void *field(const struct config_key *key, const struct config *config)
{
    return (void *)(uintptr_t)((const char *)config + key->offset);
}

static bool is_text(enum config_type type)
{
    return type < CONFIG_NUMBER;
}

static char *copy(const char *text)
{
    char *made = strdup(text);
    if (!made)
        abort();
    return made;
}

/* Digits only: strtoull takes signs and blanks. */
static int parse_digits(const char *text, const char **end, uint64_t *out)
{
    if (!isdigit((unsigned char)text[0]))
        return -1;
    errno = 0;
    char *stop;
    *out = strtoull(text, &stop, 10);
    *end = stop;
    return errno == 0 ? 0 : -1;
}

static void size_text(uint64_t bytes, char *out, size_t size)
{
    static const char suffix[] = "\0KMGT";
    unsigned step = 0;

    while (step < 4 && bytes != 0 && bytes % 1024 == 0) {
        bytes /= 1024;
        step++;
    }
    snprintf(out, size, "%llu%.1s", (unsigned long long)bytes, &suffix[step]);
}

static int parse_size(const char *text, uint64_t *out)
{
    static const char suffixes[] = "KMGT";
    const char *end;
    unsigned shift = 0;

    if (parse_digits(text, &end, out) < 0)
        return -1;
    if (*end != '\0') {
        const char *found = strchr(suffixes, toupper((unsigned char)*end));
        if (!found || end[1] != '\0')
            return -1;
        shift = 10 * (unsigned)(found - suffixes + 1);
    }
    if (*out > UINT64_MAX >> shift)
        return -1;
    *out <<= shift;
    return 0;
}

static int set_size(const struct config_key *key, struct config *config, const char *text, char *why)
{
    uint64_t value;
    char min[32], max[32];

    if (parse_size(text, &value) < 0 || value < key->min || value > key->max) {
        size_text(key->min, min, sizeof min);
        size_text(key->max, max, sizeof max);
        snprintf(why, CONFIG_WHY_MAX, "must be a number of bytes from %s to %s; suffixes K, M, G, T are known", min,
                 max);
        return -1;
    }
    memcpy(field(key, config), &value, sizeof value);
    return 0;
}

static int set_number(const struct config_key *key, struct config *config, const char *text, char *why)
{
    uint64_t value;
    const char *end;

    if (parse_digits(text, &end, &value) < 0 || *end != '\0' || value < key->min || value > key->max) {
        snprintf(why, CONFIG_WHY_MAX, "must be a whole number from %llu to %llu%s%s", (unsigned long long)key->min,
                 (unsigned long long)key->max, key->unit[0] ? ", in " : "", key->unit);
        return -1;
    }
    unsigned small = (unsigned)value;
    memcpy(field(key, config), &small, sizeof small);
    return 0;
}

static int set_choice(const struct config_key *key, struct config *config, const char *text, char *why)
{
    for (const struct config_choice *choice = key->choices; choice->word; choice++) {
        if (strcmp(choice->word, text) == 0) {
            if (key->offset == offsetof(struct config, log_json))
                config->log_json = choice->value != 0;
            else
                memcpy(field(key, config), &choice->value, sizeof choice->value);
            return 0;
        }
    }
    size_t at = (size_t)snprintf(why, CONFIG_WHY_MAX, "must be");
    for (const struct config_choice *choice = key->choices; choice->word && at < CONFIG_WHY_MAX; choice++)
        at +=
            (size_t)snprintf(why + at, CONFIG_WHY_MAX - at, "%s %s", choice == key->choices ? "" : " or", choice->word);
    return -1;
}

int config_split_listen(const char *text, char *address, size_t size, unsigned *port)
{
    const char *colon = strrchr(text, ':'), *start = text, *end = colon, *stop;
    uint64_t number;

    if (!colon || colon == text || parse_digits(colon + 1, &stop, &number) < 0 || *stop != '\0' || number > 65535)
        return -1;
    if (text[0] == '[') {
        if (colon[-1] != ']')
            return -1;
        start++;
        end--;
    } else if (memchr(text, ':', (size_t)(colon - text))) {
        return -1; /* an IPv6 address without brackets is ambiguous */
    }
    size_t len = (size_t)(end - start);
    if (len == 0 || len >= size)
        return -1;
    memcpy(address, start, len);
    address[len] = '\0';
    *port = (unsigned)number;
    return 0;
}

bool config_loopback(const char *address)
{
    struct in_addr v4;
    struct in6_addr v6;

    if (strcmp(address, "localhost") == 0)
        return true;
    if (inet_pton(AF_INET, address, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    return inet_pton(AF_INET6, address, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

static int check_listen(const char *text, char *why)
{
    char address[64];
    unsigned port;
    unsigned char bin[16];

    if (text[0] == '\0')
        return 0;
    if (config_split_listen(text, address, sizeof address, &port) < 0 ||
        (strcmp(address, "localhost") != 0 && inet_pton(AF_INET, address, bin) != 1 &&
         inet_pton(AF_INET6, address, bin) != 1)) {
        snprintf(why, CONFIG_WHY_MAX, "must be ADDRESS:PORT (127.0.0.1:8087), [ADDRESS]:PORT for IPv6, or empty");
        return -1;
    }
    return 0;
}

static int check_currency(const char *text, char *why)
{
    if (strlen(text) == 3 && strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 3)
        return 0;
    snprintf(why, CONFIG_WHY_MAX, "must be a currency code of three capital letters (RUB, USD, EUR)");
    return -1;
}

/* At most two decimals; kept as text: rates never touch binary floating point. */
static int check_percent(const char *text, char *why)
{
    size_t whole = strspn(text, "0123456789"), part = 0;
    const char *rest = text + whole;

    if (*rest == '.') {
        part = strspn(rest + 1, "0123456789");
        rest += part + 1;
        if (part == 0)
            whole = 0;
    }
    bool hundred = whole == 3 && strncmp(text, "100", 3) == 0 && strspn(text + 3, ".0") == strlen(text + 3);
    if (*rest == '\0' && part <= 2 && (whole == 1 || whole == 2 || hundred))
        return 0;
    snprintf(why, CONFIG_WHY_MAX, "must be a percentage from 0 to 100 with at most two decimals (22, 12.5)");
    return -1;
}

static int check_text(const struct config_key *key, const char *text, char *why)
{
    for (const unsigned char *s = (const unsigned char *)text; *s; s++) {
        if (*s < 0x20 || *s == 0x7f) {
            snprintf(why, CONFIG_WHY_MAX, "must be one line without control characters");
            return -1;
        }
    }
    /* An INI file cannot hold these: a dump could not be read back. */
    if (strstr(text, " ;") ||
        (text[0] != '\0' && (isspace((unsigned char)text[0]) || isspace((unsigned char)text[strlen(text) - 1])))) {
        snprintf(why, CONFIG_WHY_MAX, "must not begin or end with a blank or contain \" ;\"");
        return -1;
    }
    if (key->type == CONFIG_TEXT && strlen(text) > 255) {
        snprintf(why, CONFIG_WHY_MAX, "must be at most 255 bytes long");
        return -1;
    }
    if (text[0] == '\0' && (!key->fallback || key->fallback[0] != '\0') && key->type != CONFIG_LISTEN) {
        snprintf(why, CONFIG_WHY_MAX, "must not be empty");
        return -1;
    }
    return 0;
}

static int set_text(const struct config_key *key, struct config *config, const char *text, char *why)
{
    if (check_text(key, text, why) < 0)
        return -1;
    if (key->type == CONFIG_LISTEN && check_listen(text, why) < 0)
        return -1;
    if (key->type == CONFIG_CURRENCY && check_currency(text, why) < 0)
        return -1;
    if (key->type == CONFIG_PERCENT && check_percent(text, why) < 0)
        return -1;
    if (key->type == CONFIG_PATH && strlen(text) >= PATH_MAX) {
        snprintf(why, CONFIG_WHY_MAX, "must be a path of at most %d bytes", PATH_MAX - 1);
        return -1;
    }
    /* It would mean another place after a start by a service manager than after one by hand. */
    if (key->type == CONFIG_PATH && text[0] != '\0' && text[0] != '/') {
        snprintf(why, CONFIG_WHY_MAX, "must be an absolute path, one that begins with /");
        return -1;
    }
    char **value = text_field(key, config);
    char *made = copy(text);
    free(*value);
    *value = made;
    return 0;
}

int config_key_set(const struct config_key *key, struct config *config, const char *text, char why[CONFIG_WHY_MAX])
{
    if (is_text(key->type))
        return set_text(key, config, text, why);
    if (key->type == CONFIG_SIZE)
        return set_size(key, config, text, why);
    if (key->type == CONFIG_CHOICE)
        return set_choice(key, config, text, why);
    return set_number(key, config, text, why);
}

static int choice_value(const struct config_key *key, const struct config *config)
{
    int value;

    if (key->offset == offsetof(struct config, log_json))
        return config->log_json;
    memcpy(&value, field(key, config), sizeof value);
    return value;
}

void config_key_text(const struct config_key *key, const struct config *config, char *out, size_t size)
{
    uint64_t bytes;
    unsigned number;

    if (is_text(key->type)) {
        const char *text = *text_field(key, config);
        snprintf(out, size, "%s", text ? text : "");
    } else if (key->type == CONFIG_SIZE) {
        memcpy(&bytes, field(key, config), sizeof bytes);
        size_text(bytes, out, size);
    } else if (key->type == CONFIG_CHOICE) {
        const struct config_choice *choice = key->choices;
        while (choice->word && choice->value != choice_value(key, config))
            choice++;
        snprintf(out, size, "%s", choice->word ? choice->word : "");
    } else {
        memcpy(&number, field(key, config), sizeof number);
        snprintf(out, size, "%u", number);
    }
}

bool config_key_equal(const struct config_key *key, const struct config *a, const struct config *b)
{
    char left[CONFIG_VALUE_MAX], right[CONFIG_VALUE_MAX];

    config_key_text(key, a, left, sizeof left);
    config_key_text(key, b, right, sizeof right);
    return strcmp(left, right) == 0;
}

void config_key_clear(const struct config_key *key, struct config *config)
{
    if (is_text(key->type)) {
        char **value = text_field(key, config);
        free(*value);
        *value = NULL;
    }
}
