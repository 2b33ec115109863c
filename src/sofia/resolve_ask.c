/* One question to the name server by Sofia's resolver, and its answer as values. */
#define _GNU_SOURCE /* memfd_create() */
#define SRES_CONTEXT_T struct Ask

#include "resolve_ask.h"

#include "e164.h"
#include "root.h"
#include "settings.h"

#include <errno.h>
#include <sofia-sip/sresolv.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SYSTEM_CONFIGURATION "/etc/resolv.conf"
#define LABEL_MAX 63
#define DOMAIN_MAX 253
/* Of an answer, so many records are read. */
#define RECORDS_MAX 32

struct Asker {
    sres_resolver_t *resolver;
    int configuration; /* memfd; -1: the system's file */
    GHashTable *asks;  /* of Ask*; a set */
};

struct Ask {
    Asker *asker;
    sres_query_t *query;
    AskType type;
    AskFunc func;
    void *user;
    guint tag;
};

/* Sofia's resolver learns its server from a file, and nowhere else. */
static int configuration_write(const struct sockaddr_storage *name_server)
{
    struct sockaddr_storage host = *name_server;
    char buffer[64];
    g_autofree char *text = NULL;
    guint16 port = address_port((const struct sockaddr *)name_server);
    int fd = memfd_create("tieline-resolv", MFD_CLOEXEC);

    if (fd < 0)
        return -1;
    address_set_port(&host, 0);
    text = g_strdup_printf("nameserver %s\nport %u\n",
                           address_describe((struct sockaddr *)&host, buffer, sizeof buffer),
                           port ? port : 53);
    if (write(fd, text, strlen(text)) != (gssize)strlen(text)) {
        close(fd);
        return -1;
    }
    return fd;
}

Asker *asker_new(Loop *loop, const struct sockaddr_storage *name_server, GError **error)
{
    Asker *asker = g_new0(Asker, 1);
    g_autofree char *path = NULL;

    asker->asks = g_hash_table_new(NULL, NULL);
    asker->configuration = -1;
    if (name_server) {
        asker->configuration = configuration_write(name_server);
        if (asker->configuration >= 0) {
            path = g_strdup_printf("/proc/self/fd/%d", asker->configuration);
            resolver_set_port(address_port((const struct sockaddr *)name_server));
        }
    } else {
        path = g_strdup(SYSTEM_CONFIGURATION);
    }
    asker->resolver = path ? sres_resolver_create(sofia_loop_root(loop), path, TAG_END()) : NULL;
    if (!asker->resolver) {
        g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(errno),
                    "[proxy] name-server: %s", g_strerror(errno));
        asker_free(asker);
        return NULL;
    }
    return asker;
}

void asker_free(Asker *asker)
{
    GHashTableIter iter;
    gpointer ask;

    if (!asker)
        return;
    g_hash_table_iter_init(&iter, asker->asks);
    while (g_hash_table_iter_next(&iter, &ask, NULL)) {
        sres_query_bind(((Ask *)ask)->query, NULL, NULL);
        g_free(ask);
    }
    g_hash_table_unref(asker->asks);
    if (asker->resolver)
        sres_resolver_destroy(asker->resolver);
    if (asker->configuration >= 0)
        close(asker->configuration);
    g_free(asker);
}

/* ---- answers as values ---- */

static const guint16 record_types[] = {
    [ASK_A] = sres_type_a,
    [ASK_AAAA] = sres_type_aaaa,
    [ASK_SRV] = sres_type_srv,
    [ASK_NAPTR] = sres_type_naptr,
};

static void address_take(GArray *addresses, const sres_record_t *record)
{
    struct sockaddr_storage address = {0};

    if (record->sr_record->r_type == sres_type_a) {
        struct sockaddr_in *v4 = (struct sockaddr_in *)&address;

        v4->sin_family = AF_INET;
        v4->sin_addr = record->sr_a->a_addr;
    } else {
        struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address;

        v6->sin6_family = AF_INET6;
        memcpy(&v6->sin6_addr, &record->sr_aaaa->aaaa_addr, sizeof v6->sin6_addr);
    }
    g_array_append_val(addresses, address);
}

static const char *text_or_none(const char *text)
{
    return text ? text : "";
}

static void record_take(AskAnswer *answer, const sres_record_t *record)
{
    switch (answer->type) {
    case ASK_A:
    case ASK_AAAA:
        address_take(answer->addresses, record);
        break;
    case ASK_SRV: {
        const sres_srv_record_t *srv = record->sr_srv;
        SrvServer server = {srv->srv_priority, srv->srv_weight, srv->srv_port, srv->srv_target};

        /* RFC 2782: a dot alone says that the service is not there. */
        if (server.target && strcmp(server.target, ".") != 0 && server.port)
            g_array_append_val(answer->servers, server);
        break;
    }
    case ASK_NAPTR: {
        const sres_naptr_record_t *naptr = record->sr_naptr;
        EnumRecord found = {naptr->na_order,
                            naptr->na_prefer,
                            text_or_none(naptr->na_flags),
                            text_or_none(naptr->na_services),
                            text_or_none(naptr->na_regexp),
                            text_or_none(naptr->na_replace)};

        g_array_append_val(answer->records, found);
        break;
    }
    }
}

static AskResult result_of(guint status)
{
    return status == SRES_NAME_ERR || status == SRES_RECORD_ERR || status == SRES_OK ? ASK_NOTHING
                                                                                     : ASK_FAILED;
}

static void answer_read(AskAnswer *answer, sres_record_t *const *records)
{
    answer->result = records && records[0] ? ASK_NOTHING : ASK_FAILED;
    answer->ttl_s = G_MAXUINT;
    for (guint i = 0, taken = 0; records && records[i] && taken < RECORDS_MAX; i++) {
        const sres_common_t *record = records[i]->sr_record;

        if (record->r_status != SRES_OK) {
            if (answer->result == ASK_NOTHING)
                answer->result = result_of(record->r_status);
            continue;
        }
        if (record->r_type != record_types[answer->type] || record->r_class != sres_class_in)
            continue;
        record_take(answer, records[i]);
        answer->ttl_s = MIN(answer->ttl_s, record->r_ttl);
        answer->result = ASK_FOUND;
        taken++;
    }
}

static void ask_answered(Ask *ask, sres_query_t *query, sres_record_t **records)
{
    sres_resolver_t *resolver = ask->asker->resolver;
    g_autoptr(GArray) addresses = g_array_new(FALSE, TRUE, sizeof(struct sockaddr_storage));
    g_autoptr(GArray) servers = g_array_new(FALSE, TRUE, sizeof(SrvServer));
    g_autoptr(GArray) naptrs = g_array_new(FALSE, TRUE, sizeof(EnumRecord));
    AskAnswer answer = {.ask = ask,
                        .type = ask->type,
                        .addresses = addresses,
                        .servers = servers,
                        .records = naptrs};

    (void)query;
    answer_read(&answer, records);
    g_hash_table_remove(ask->asker->asks, ask);
    ask->func(ask->user, ask->tag, &answer);
    g_free(ask);
    sres_free_answers(resolver, records);
}

/* Names come from strangers, too: what cannot be asked for is not. */
static gboolean name_is_good(const char *name)
{
    gsize label = 0;

    if (!*name || strlen(name) > DOMAIN_MAX)
        return FALSE;
    for (const char *c = name; *c; c++) {
        if (*c == '.') {
            if (label == 0)
                return FALSE;
            label = 0;
        } else if (!g_ascii_isalnum(*c) && *c != '-' && *c != '_') {
            return FALSE;
        } else if (++label > LABEL_MAX) {
            return FALSE;
        }
    }
    return TRUE;
}

Ask *ask_new(Asker *asker, AskType type, const char *name, AskFunc func, void *user, guint tag)
{
    g_autofree char *whole = NULL;
    Ask *ask;

    if (!name_is_good(name))
        return NULL;
    whole = g_str_has_suffix(name, ".") ? g_strdup(name) : g_strconcat(name, ".", NULL);
    ask = g_new0(Ask, 1);
    *ask = (Ask){.asker = asker, .type = type, .func = func, .user = user, .tag = tag};
    ask->query = sres_query(asker->resolver, ask_answered, ask, record_types[type], whole);
    if (!ask->query) {
        g_free(ask);
        return NULL;
    }
    g_hash_table_add(asker->asks, ask);
    return ask;
}

void ask_cancel(Ask *ask)
{
    if (!ask)
        return;
    sres_query_bind(ask->query, NULL, NULL);
    g_hash_table_remove(ask->asker->asks, ask);
    g_free(ask);
}
