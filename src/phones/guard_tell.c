/* What the guard says of a source: its place in the tables, its line in the log. */
#include "guard_private.h"

#include <arpa/inet.h>
#include <string.h>

#define LOG_BURST 20
#define LOG_PER_US (10 * G_USEC_PER_SEC)

static const char *const reason_words[] = {
#define REASON_WORD(id, word) word,
    GUARD_REASONS(REASON_WORD)};

const char *guard_reason_word(GuardReason reason)
{
    return reason_words[reason];
}

/* An IPv4 source that came by an IPv6 socket is IPv4 all the same: fail2ban bans what the wire has.
 */
static const char *host_text(const struct sockaddr *source, char text[INET6_ADDRSTRLEN])
{
    const struct in6_addr *v6 = &((const struct sockaddr_in6 *)source)->sin6_addr;

    if (source->sa_family == AF_INET)
        return inet_ntop(AF_INET, &((const struct sockaddr_in *)source)->sin_addr, text,
                         INET6_ADDRSTRLEN);
    if (source->sa_family != AF_INET6)
        return "unknown";
    if (IN6_IS_ADDR_V4MAPPED(v6))
        return inet_ntop(AF_INET, &v6->s6_addr[12], text, INET6_ADDRSTRLEN);
    return inet_ntop(AF_INET6, v6, text, INET6_ADDRSTRLEN);
}

/* A host that has an IPv6 address has 2^64 of them. */
void guard_place(const struct sockaddr *source, char place[GUARD_PLACE_SIZE])
{
    struct sockaddr_in6 whole;
    char text[INET6_ADDRSTRLEN];

    if (source->sa_family == AF_INET6) {
        memcpy(&whole, source, sizeof(whole));
        if (!IN6_IS_ADDR_V4MAPPED(&whole.sin6_addr)) {
            memset(&whole.sin6_addr.s6_addr[8], 0, 8);
            source = (const struct sockaddr *)&whole;
        }
    }
    g_strlcpy(place, host_text(source, text), GUARD_PLACE_SIZE);
}

void guard_key(const char *place, const char *user, char key[GUARD_KEY_SIZE])
{
    g_snprintf(key, GUARD_KEY_SIZE, "%s %s", place, user);
}

/* A method is a token by the parser, but of any length. */
char *guard_line(GuardReason reason, const GuardRequest *request, const char *user,
                 guint64 suppressed)
{
    GString *line = g_string_new(NULL);
    char text[INET6_ADDRSTRLEN];

    g_string_printf(line, "guard: %s from %s port %u: %.32s", reason_words[reason],
                    host_text(request->source, text), address_port(request->source),
                    request->method);
    if (*user)
        g_string_append_printf(line, ", user \"%s\"", user);
    if (suppressed)
        g_string_append_printf(line, " (%" G_GUINT64_FORMAT " such lines suppressed)", suppressed);
    return g_string_free(line, FALSE);
}

void guard_tell(LogLimit *limit, GuardReason reason, const GuardRequest *request, const char *user)
{
    g_autofree char *line = NULL;

    if (!log_limit(limit, LOG_BURST, LOG_PER_US))
        return;
    line = guard_line(reason, request, user, limit->suppressed);
    log_warning("%s", line);
}
