/* The URI that a telephone number has in the DNS (ENUM, RFC 6116). */
#include "resolve_private.h"

#include "e164.h"

/* RFC 6116 5.2.1: five non-terminal records, then it is a loop. */
#define ONWARD_MAX 5

static void number_answered(void *user, guint tag, const AskAnswer *answer)
{
    ResolveQuery *query = user;
    g_autofree char *result = NULL;
    EnumOutcome outcome;

    (void)tag;
    query->ask = NULL;
    outcome = e164_choose((const EnumRecord *)(const void *)answer->records->data,
                          answer->records->len, query->number, &result);
    switch (outcome) {
    case ENUM_URI:
        query->resolve->counters.number_hits++;
        query_answer(query, NULL, result);
        return;
    case ENUM_DOMAIN:
        if (query->onward++ < ONWARD_MAX)
            query->ask =
                ask_new(query->resolve->asker, ASK_NAPTR, result, number_answered, query, 0);
        break;
    case ENUM_NOTHING:
        break;
    }
    if (!query->ask)
        query_answer(query, NULL, NULL);
}

ResolveQuery *resolve_number(Resolve *resolve, const char *number, const char *suffix,
                             ResolveUriFunc func, void *user)
{
    g_autofree char *domain = e164_domain(number, suffix);
    ResolveQuery *query;

    if (!domain || resolve->numbers_after_us > loop_now(resolve->loop)) {
        resolve->counters.hurried += domain != NULL;
        func(user, NULL);
        return NULL;
    }
    resolve->counters.numbers++;
    query = query_new(resolve, user);
    query->uri_func = func;
    query->number = g_strdup(number);
    query->ask = ask_new(resolve->asker, ASK_NAPTR, domain, number_answered, query, 0);
    if (query->ask)
        return query;
    query_answer(query, NULL, NULL);
    return NULL;
}
