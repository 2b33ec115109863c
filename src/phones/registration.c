/* The registrar's place in the proxy: opens it with its location service and store, hands it
 * REGISTERs, and makes targets of bindings. */
#include "primaries.h"

#include "location_store.h"
#include "registrar.h"

#include <string.h>

G_STATIC_ASSERT((int)BINDING_UDP == (int)TRANSPORT_UDP);
G_STATIC_ASSERT((int)BINDING_TCP == (int)TRANSPORT_TCP);
G_STATIC_ASSERT((int)BINDING_TLS == (int)TRANSPORT_TLS);

static gboolean registration_is_ours(void *user, url_t const *url)
{
    return url_is_ours(user, url) || primaries_has_host(user, url);
}

static void registration_arrived(void *user, const char *aor)
{
    const Phones *phones = user;

    if (phones->gateway.arrived)
        phones->gateway.arrived(phones->gateway.user, aor);
}

void registration_open(Phones *phones)
{
    RegistrarRoom room = {phones->agent, phones->host, registration_is_ours, phones};

    phones->store = store_new(phones->loop);
    phones->location = location_new(phones->loop, phones->settings, NULL);
    location_set_arrival(phones->location, registration_arrived, phones);
    location_keep(phones->location, phones->store);
    store_open(phones->store, phones->settings->registrar.store);
    phones->registrar =
        registrar_new(phones->settings, phones->loop, phones->location, phones->store, &room);
}

void registration_close(Phones *phones)
{
    if (!phones->store)
        return;
    store_close(phones->store); /* whoever waits for it is answered */
    g_clear_pointer(&phones->registrar, registrar_free);
    g_clear_pointer(&phones->location, location_free);
    g_clear_pointer(&phones->store, store_free);
}

void registration_set_settings(Phones *phones)
{
    location_set_settings(phones->location, phones->settings);
    registrar_set_settings(phones->registrar, phones->settings);
}

void registration_way(const Inbound *in, RegisterWay *way)
{
    *way = (RegisterWay){.origin = &in->origin,
                         .source = in->from.address,
                         .local = in->from.local,
                         .transport = (BindingTransport)in->from.transport,
                         .believed = in->origin.trusted || primaries_sent(in),
                         .at_most_s = in->at_most_s,
                         .irq = in->irq};
}

void registration_take(Inbound *in)
{
    RegisterWay way;

    in->phones->counters.registers++;
    registration_way(in, &way);
    registrar_take(in->phones->registrar, in->msg, in->sip, &way);
}

/* ---- targets ---- */

static Hop binding_flow(const Binding *binding)
{
    return (Hop){.transport = (Transport)binding->transport,
                 .address = binding->source,
                 .local = binding->local,
                 .flow = TRUE};
}

static gboolean binding_flow_lives(void *user, const Binding *binding)
{
    Hop flow = binding_flow(binding);

    return phones_can_reach(user, &flow);
}

/* Where BINDING is reached: by its path, by the flow it came by, or by its contact. */
static gboolean binding_hop(Phones *phones, const Binding *binding, su_home_t *home, Hop *hop)
{
    Hop flow = binding_flow(binding);
    sip_route_t *path = binding->path ? sip_route_make(home, binding->path[0]) : NULL;
    url_t *contact = url_make(home, binding->contact);

    if (binding->path)
        return path && hop_of_url(path->r_url, hop);
    if (binding->flow && phones_can_reach(phones, &flow)) {
        *hop = flow;
        return TRUE;
    }
    if (!contact || !hop_of_url(contact, hop))
        return FALSE;
    /* Its Contact stands for a connection that is gone only where it names the same host. */
    if (binding->flow && !(hop->address.ss_family == binding->source.ss_family &&
                           address_same_host((const struct sockaddr *)&hop->address,
                                             (const struct sockaddr *)&binding->source)))
        return FALSE;
    /* From where it spoke to: a firewall between may know nothing else. */
    hop->local = binding->local;
    /* No phone makes us ask the DNS; the settings may. */
    return hop->address.ss_family || binding->origin == BINDING_STATIC;
}

Target *registration_target(Phones *phones, const Binding *binding)
{
    su_home_t home[1] = {SU_HOME_INIT(home)};
    Target *target = NULL;
    Hop hop;

    if (binding_hop(phones, binding, home, &hop)) {
        target = target_new(TARGET_PHONE, binding->contact, binding->q / 1000.0);
        target->hop = hop;
        target->route = binding->path ? g_strjoinv(", ", binding->path) : NULL;
    }
    su_home_deinit(home);
    return target;
}

void registration_find_flow(Phones *phones, const char *contact, Hop *hop)
{
    const Binding *binding =
        location_find_flow(phones->location, contact, (BindingTransport)hop->transport,
                           &hop->address, binding_flow_lives, phones);

    if (binding)
        *hop = binding_flow(binding);
}

/* ---- for the operator ---- */

typedef struct RegistrationListing {
    PhonesRegistrationFunc func;
    void *user;
    gint64 now;
} RegistrationListing;

static void registration_tell(void *user, const Binding *binding)
{
    const RegistrationListing *listing = user;
    PhonesRegistration told = {
        .aor = binding->aor,
        .contact = binding->contact,
        .origin = binding_origin_name(binding->origin),
        .transport = binding_transport_name(binding->transport),
        .agent = binding->agent,
        .user = binding->user,
        .instance = binding->instance,
        .q = binding->q,
        .flow = binding->flow,
        .source = binding->source,
    };

    if (binding->origin == BINDING_STATIC)
        told.expires_s = -1;
    else
        told.expires_s = (binding->expires_us - listing->now + G_USEC_PER_SEC - 1) / G_USEC_PER_SEC;
    listing->func(listing->user, &told);
}

void phones_each_registration(const Phones *phones, const char *user, PhonesRegistrationFunc func,
                              void *func_user)
{
    RegistrationListing listing = {func, func_user, loop_now(phones->loop)};

    location_each(phones->location, user, registration_tell, &listing);
}

static void registration_count(void *user, const PhonesRegistration *registration)
{
    ++*(guint *)user;
}

gboolean phones_has_user(const Phones *phones, const char *user)
{
    guint count = 0;

    if (settings_find_phone(phones->settings, user))
        return TRUE;
    phones_each_registration(phones, user, registration_count, &count);
    return count > 0;
}

guint phones_drop_registration(Phones *phones, const char *user, const char *contact)
{
    guint count = location_drop(phones->location, user, contact);

    if (count)
        log_notice("registrar: %u registration(s) of %s dropped by the operator", count, user);
    return count;
}

void registration_each_counter(const Phones *phones, CounterFunc func, void *user)
{
    location_each_counter(phones->location, func, user);
    registrar_each_counter(phones->registrar, func, user);
    store_each_counter(phones->store, func, user);
}
