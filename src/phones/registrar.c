/* The registrar: judges what a REGISTER asks for, changes the location service, and answers when it
 * is kept. */
#include "registrar.h"

#include "clock.h"
#include "log.h"
#include "register_read.h"

#include <sofia-sip/nta_tag.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/sip_util.h>
#include <string.h>

#define SUPPORTED "path, outbound"
#define NTP_EPOCH_S                                                                                \
    G_GINT64_CONSTANT(2208988800) /* from 1900, where Sofia's time starts, to 1970 */

/* X-list of the registrar's counters: field, name. */
#define REGISTRAR_COUNTERS(X)                                                                      \
    X(requests, "registrar requests")                                                              \
    X(accepted, "registrar requests accepted")                                                     \
    X(queries, "registrar queries")                                                                \
    X(refused, "registrar requests refused")                                                       \
    X(unkept, "registrar answers not on the disk")
#define REGISTRAR_COUNTER_FIELD(field, name) guint64 field;
typedef struct RegistrarCounters {
    REGISTRAR_COUNTERS(REGISTRAR_COUNTER_FIELD)
} RegistrarCounters;

struct Registrar {
    const Settings *settings;
    Loop *loop;
    Location *location;
    Store *store;
    RegistrarRoom room;
    GQueue waiting; /* of Answer*, by their link */
    RegistrarCounters counters;
    LogLimit refused_limit, unkept_limit;
};

/* A 200 that waits for the store. */
typedef struct Answer {
    Registrar *registrar;
    GList link;
    nta_incoming_t *irq;
    char *aor, *path; /* PATH: header lines to be given back; NULL: none */
    gboolean outbound;
} Answer;

/* ---- make and free ---- */

Registrar *registrar_new(const Settings *settings, Loop *loop, Location *location, Store *store,
                         const RegistrarRoom *room)
{
    Registrar *registrar = g_new0(Registrar, 1);

    registrar->settings = settings;
    registrar->loop = loop;
    registrar->location = location;
    registrar->store = store;
    registrar->room = *room;
    g_queue_init(&registrar->waiting);
    return registrar;
}

static void answer_free(Answer *answer)
{
    g_queue_unlink(&answer->registrar->waiting, &answer->link);
    nta_incoming_destroy(answer->irq);
    g_free(answer->aor);
    g_free(answer->path);
    g_free(answer);
}

void registrar_free(Registrar *registrar)
{
    if (!registrar)
        return;
    while (registrar->waiting.head) {
        Answer *answer = registrar->waiting.head->data;

        store_forget(registrar->store, answer);
        answer_free(answer);
    }
    g_free(registrar);
}

void registrar_set_settings(Registrar *registrar, const Settings *settings)
{
    registrar->settings = settings;
}

/* ---- 200 ---- */

/* Where the values of a Contact header go. */
typedef struct ContactText {
    GString *text;
    gint64 now;
} ContactText;

static void contact_tell(void *user, const Binding *binding)
{
    ContactText *contacts = user;
    gint64 left = (binding->expires_us - contacts->now + G_USEC_PER_SEC - 1) / G_USEC_PER_SEC;

    if (binding->origin == BINDING_STATIC)
        return;
    g_string_append_printf(contacts->text, "%s<%s>;expires=%" G_GINT64_FORMAT,
                           contacts->text->len ? ", " : "", binding->contact, left);
    if (binding->q != 1000)
        g_string_append_printf(contacts->text, ";q=0.%03u", binding->q);
    if (binding->instance)
        g_string_append_printf(contacts->text, ";+sip.instance=\"<%s>\"", binding->instance);
    if (binding->reg_id)
        g_string_append_printf(contacts->text, ";reg-id=%u", binding->reg_id);
}

/* Every binding of the address of record as it stands now (RFC 3261 10.3 step 8). */
static void answer_send(Answer *answer)
{
    Registrar *registrar = answer->registrar;
    g_autoptr(GString) text = g_string_new(NULL);
    ContactText contacts = {text, loop_now(registrar->loop)};
    sip_date_t date[1];

    sip_date_init(date);
    date->d_time = (sip_time_t)(clock_wall_us() / G_USEC_PER_SEC + NTP_EPOCH_S);
    location_each(registrar->location, answer->aor, contact_tell, &contacts);
    nta_incoming_treply(answer->irq, SIP_200_OK, TAG_IF(text->len, SIPTAG_CONTACT_STR(text->str)),
                        SIPTAG_DATE(date), SIPTAG_SUPPORTED_STR(SUPPORTED),
                        TAG_IF(answer->outbound, SIPTAG_REQUIRE_STR("outbound")),
                        TAG_IF(answer->path, SIPTAG_HEADER_STR(answer->path)), TAG_END());
    answer_free(answer);
}

static void answer_kept(void *user, gboolean stored)
{
    Answer *answer = user;
    Registrar *registrar = answer->registrar;

    registrar->counters.accepted++;
    if (!stored && registrar->settings->registrar.store) {
        registrar->counters.unkept++;
        if (log_limit(&registrar->unkept_limit, 1, 10 * G_USEC_PER_SEC))
            log_warning("registrar: %s registered in memory only (%" G_GUINT64_FORMAT
                        " such lines suppressed)",
                        answer->aor, registrar->unkept_limit.suppressed);
    }
    answer_send(answer);
}

/* The Path of SIP as header lines. Caller frees. */
static char *path_text(sip_t const *sip, su_home_t *home)
{
    GString *text;

    if (!sip->sip_path)
        return NULL;
    text = g_string_new(NULL);
    for (sip_path_t const *hop = sip->sip_path; hop; hop = hop->r_next)
        g_string_append_printf(text, "Path: %s\r\n",
                               sip_header_as_string(home, (sip_header_t const *)hop));
    return g_string_free(text, FALSE);
}

static Answer *answer_new(Registrar *registrar, nta_incoming_t *irq, sip_t const *sip,
                          su_home_t *home, RegisterAsk *ask)
{
    Answer *answer = g_new0(Answer, 1);

    answer->registrar = registrar;
    answer->irq = irq;
    answer->aor = g_steal_pointer(&ask->aor);
    answer->path = path_text(sip, home);
    answer->outbound = ask->outbound;
    answer->link.data = answer;
    g_queue_push_tail_link(&registrar->waiting, &answer->link);
    return answer;
}

/* ---- refusals ---- */

static void refuse(Registrar *registrar, nta_incoming_t *irq, const RegisterWay *way,
                   sip_t const *sip, const RegisterFault *fault)
{
    sip_unsupported_t *unsupported = NULL;
    su_home_t home[1] = {SU_HOME_INIT(home)};
    g_autofree char *min_expires =
        g_strdup_printf("%u", registrar->settings->registrar.min_expires_s);
    g_autofree char *warning =
        g_strdup_printf("399 %s \"%s\"", registrar->room.host, fault->phrase ? fault->phrase : "");
    char text[64];

    registrar->counters.refused++;
    if (log_limit(&registrar->refused_limit, 10, 10 * G_USEC_PER_SEC))
        log_notice("registrar: REGISTER of %.63s from %s refused with %d: %s",
                   sip->sip_to->a_url->url_user ? sip->sip_to->a_url->url_user : "nobody",
                   address_describe((const struct sockaddr *)&way->source, text, sizeof(text)),
                   fault->status, fault->why);
    if (fault->status == 420 && sip->sip_require)
        unsupported =
            sip_has_unsupported(home, sip_supported_make(home, SUPPORTED), sip->sip_require);
    if (fault->status == 420 && !unsupported)
        unsupported = sip_unsupported_make(home, "path");
    nta_incoming_treply(irq, fault->status,
                        fault->phrase ? fault->phrase : sip_status_phrase(fault->status),
                        TAG_IF(unsupported, SIPTAG_UNSUPPORTED(unsupported)),
                        TAG_IF(fault->status == 423, SIPTAG_MIN_EXPIRES_STR(min_expires)),
                        TAG_IF(fault->status == 503, SIPTAG_RETRY_AFTER_STR("60")),
                        TAG_IF(fault->phrase, SIPTAG_WARNING_STR(warning)),
                        SIPTAG_SUPPORTED_STR(SUPPORTED), TAG_END());
    nta_incoming_destroy(irq);
    su_home_deinit(home);
}

/* RFC 3261 10.3 step 2. */
static gboolean requires_more(sip_t const *sip)
{
    su_home_t home[1] = {SU_HOME_INIT(home)};
    gboolean more =
        sip->sip_require &&
        sip_has_unsupported(home, sip_supported_make(home, SUPPORTED), sip->sip_require) != NULL;

    su_home_deinit(home);
    return more;
}

/* ---- what is granted ---- */

/* How long each contact gets; FALSE with FAULT: too short. */
static gboolean expires_grant(const Registrar *registrar, const RegisterWay *way, RegisterAsk *ask,
                              RegisterFault *fault)
{
    const RegistrarSettings *settings = &registrar->settings->registrar;
    gint64 now = loop_now(registrar->loop);

    for (guint i = 0; i < ask->bindings->len; i++) {
        Binding *binding = g_ptr_array_index(ask->bindings, i);

        if (binding->granted_s && binding->granted_s < settings->min_expires_s) {
            *fault = (RegisterFault){423, NULL, "it would be too short"};
            return FALSE;
        }
        binding->granted_s = MIN(binding->granted_s, settings->max_expires_s);
        if (way->at_most_s)
            binding->granted_s = MIN(binding->granted_s, way->at_most_s);
        binding->expires_us = now + (gint64)binding->granted_s * G_USEC_PER_SEC;
    }
    return TRUE;
}

/* [phone] instance: one device only may be this phone. */
static gboolean instances_judge(const Registrar *registrar, const RegisterAsk *ask,
                                RegisterFault *fault)
{
    const PhoneSettings *phone = settings_find_phone(registrar->settings, ask->aor);

    for (guint i = 0; phone && phone->instance && i < ask->bindings->len; i++) {
        const Binding *binding = g_ptr_array_index(ask->bindings, i);

        if (binding->instance && strcmp(binding->instance, phone->instance) == 0)
            continue;
        *fault = (RegisterFault){403, "Another Device Is Expected", "it is another device"};
        return FALSE;
    }
    return TRUE;
}

static gboolean ask_serve(Registrar *registrar, const RegisterAsk *ask, RegisterFault *fault)
{
    LocationResult result =
        ask->all_gone ? location_clear(registrar->location, ask->aor, ask->call_id, ask->cseq)
                      : location_register(registrar->location, ask->aor, ask->bindings);

    switch (result) {
    case LOCATION_DONE:
        return TRUE;
    case LOCATION_OUT_OF_ORDER:
        *fault = (RegisterFault){500, "Out Of Order", "a later request has been served already"};
        break;
    case LOCATION_AOR_FULL:
        *fault = (RegisterFault){403, "Too Many Contacts", "it has max-contacts already"};
        break;
    case LOCATION_FULL:
        *fault = (RegisterFault){503, "Registrar Full", "there are max-bindings already"};
        break;
    }
    return FALSE;
}

static void ask_log(const RegisterAsk *ask, const RegisterWay *way)
{
    char text[64];

    if (!log_wants(LEVEL_INFO))
        return;
    address_describe((const struct sockaddr *)&way->source, text, sizeof(text));
    if (ask->all_gone)
        log_info("registrar: %s unregisters all, from %s", ask->aor, text);
    for (guint i = 0; i < ask->bindings->len; i++) {
        const Binding *binding = g_ptr_array_index(ask->bindings, i);

        log_info("registrar: %s at %s for %u s, from %s%s", ask->aor, binding->contact,
                 binding->granted_s, text, binding->flow ? ", reached there" : "");
    }
}

void registrar_take(Registrar *registrar, msg_t *msg, sip_t *sip, const RegisterWay *way)
{
    RegisterReader reader = {&registrar->settings->registrar, registrar->location, &registrar->room,
                             loop_now(registrar->loop)};
    nta_incoming_t *irq;
    RegisterAsk ask = {0};
    RegisterFault fault = {420, NULL, "it requires what we do not support"};

    registrar->counters.requests++;
    irq =
        way->irq ? way->irq : nta_incoming_create(registrar->room.agent, NULL, msg, sip, TAG_END());
    if (!irq)
        return;
    nta_incoming_tag(irq, NULL);
    if (requires_more(sip) || !register_read(&reader, sip, way, &ask, &fault) ||
        !instances_judge(registrar, &ask, &fault) || !expires_grant(registrar, way, &ask, &fault)) {
        refuse(registrar, irq, way, sip, &fault);
    } else if (!ask.all_gone && !ask.bindings->len) {
        registrar->counters.queries++;
        answer_send(answer_new(registrar, irq, sip, msg_home(msg), &ask));
    } else if (!ask_serve(registrar, &ask, &fault)) {
        refuse(registrar, irq, way, sip, &fault);
    } else {
        ask_log(&ask, way);
        store_wait(registrar->store, answer_kept,
                   answer_new(registrar, irq, sip, msg_home(msg), &ask));
    }
    register_ask_clear(&ask);
}

GPtrArray *registrar_read_contacts(Registrar *registrar, sip_t const *sip, const RegisterWay *way)
{
    RegisterReader reader = {&registrar->settings->registrar, registrar->location, &registrar->room,
                             loop_now(registrar->loop), TRUE};
    RegisterAsk ask;
    RegisterFault fault;
    GPtrArray *bindings = NULL;

    if (register_read(&reader, sip, way, &ask, &fault) && !ask.all_gone && ask.bindings->len)
        bindings = g_steal_pointer(&ask.bindings);
    register_ask_clear(&ask);
    return bindings;
}

void registrar_each_counter(const Registrar *registrar, CounterFunc func, void *user)
{
#define REGISTRAR_COUNTER_TELL(field, name) func(user, name, registrar->counters.field);
    REGISTRAR_COUNTERS(REGISTRAR_COUNTER_TELL)
}

guint registrar_waiting(const Registrar *registrar)
{
    return registrar->waiting.length;
}
