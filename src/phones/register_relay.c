/* REGISTERs and the primary: passed on while it lives, learnt from when it accepts, served here
 * when it is silent. */
#include "primaries.h"

#include "location.h"
#include "registrar.h"
#include "uri.h"

#include <string.h>

/* ---- what the primary accepted ----------------------------------------------------------------
 */

static Binding *binding_of(const GPtrArray *bindings, const char *contact)
{
    for (guint i = 0; bindings && i < bindings->len; i++) {
        Binding *binding = g_ptr_array_index(bindings, i);

        if (uri_same(binding->contact, contact))
            return binding;
    }
    return NULL;
}

static gboolean asks_to_clear(sip_t const *sip)
{
    return sip->sip_contact && sip->sip_contact->m_url->url_type == url_any;
}

static void fork_way(const Fork *fork, RegisterWay *way)
{
    *way = (RegisterWay){.origin = &fork->origin,
                         .source = fork->from.address,
                         .local = fork->from.local,
                         .transport = (BindingTransport)fork->from.transport,
                         .believed = fork->origin.trusted};
}

/* Only what this request asked for: whatever else the primary lists came another way, and is
 * nobody's here. */
void registers_learn(Fork *fork, sip_t const *response)
{
    Phones *phones = fork->phones;
    gint64 now = loop_now(phones->loop);
    g_autoptr(GPtrArray) asked = NULL, granted = NULL;
    RegisterWay way;

    fork_way(fork, &way);
    if (asks_to_clear(fork->sip)) {
        su_home_t *home = msg_home(fork->msg);

        location_drop(phones->location, url_user_text(home, fork->sip->sip_to->a_url), NULL);
        return;
    }
    asked = registrar_read_contacts(phones->registrar, fork->sip, &way);
    granted = registrar_read_contacts(phones->registrar, response, &way);
    for (guint i = 0; asked && i < asked->len; i++) {
        const Binding *ask = g_ptr_array_index(asked, i);
        const Binding *grant = binding_of(granted, ask->contact);
        Binding *learnt = binding_copy(ask);

        learnt->origin = BINDING_LEARNT;
        learnt->granted_s = ask->granted_s && grant ? grant->granted_s : 0;
        learnt->expires_us = now + (gint64)learnt->granted_s * G_USEC_PER_SEC;
        location_learn(phones->location, learnt);
    }
}

/* ---- who serves a REGISTER --------------------------------------------------------------------
 */

gboolean registers_are_local(const Inbound *in)
{
    su_home_t *home = msg_home(in->msg);
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func((GDestroyNotify)binding_unref);

    location_find(in->phones->location, url_user_text(home, in->sip->sip_to->a_url), found);
    for (guint i = 0; i < found->len; i++) {
        if (((const Binding *)g_ptr_array_index(found, i))->origin == BINDING_REGISTERED)
            return TRUE;
    }
    return FALSE;
}

/* TRUE: IN has been taken. */
gboolean registers_take(Inbound *in)
{
    const ProxySettings *proxy = &in->phones->settings->proxy;
    GQueue targets = G_QUEUE_INIT;

    switch (primaries_judge(in)) {
    case VERDICT_SERVE:
        in->at_most_s = proxy->primaries ? primaries_life_s(in->phones) : 0;
        return FALSE;
    case VERDICT_REFUSE:
        entry_refuse(in, 503, NULL, NULL);
        return TRUE;
    case VERDICT_RELAY:
        if (door_passes(in, POLICY_TO_PRIMARY)) {
            primaries_put_first(in, &targets);
            in->serve_here = TRUE;
            fork_begin(in, &targets);
        }
        return TRUE;
    }
    return FALSE;
}

/* Every contact of IN is a device's that the primary has accepted as this user, from this address.
 */
static gboolean devices_are_known(const Inbound *in)
{
    const Location *location = in->phones->location;
    g_autoptr(GPtrArray) bindings = NULL;
    RegisterWay way;

    registration_way(in, &way);
    bindings = registrar_read_contacts(in->phones->registrar, in->sip, &way);
    for (guint i = 0; bindings && i < bindings->len; i++) {
        const Binding *binding = g_ptr_array_index(bindings, i);

        if (!location_knows_device(location, binding->aor, binding->instance, binding->contact,
                                   (const struct sockaddr *)&in->from.address))
            return FALSE;
    }
    return bindings != NULL;
}

/* Who sends IN is registered: its address is that of a binding of the user in From, registered here
 * or learnt. */
static gboolean sender_is_registered(const Inbound *in)
{
    su_home_t *home = msg_home(in->msg);
    const char *user = url_user_text(home, in->sip->sip_from->a_url);
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func((GDestroyNotify)binding_unref);

    if (!*user || !(url_is_ours(in->phones, in->sip->sip_from->a_url) ||
                    primaries_has_host(in->phones, in->sip->sip_from->a_url)))
        return FALSE;
    location_find(in->phones->location, user, found);
    for (guint i = 0; i < found->len; i++) {
        const Binding *binding = g_ptr_array_index(found, i);

        if (binding->origin != BINDING_STATIC &&
            binding->transport == (BindingTransport)in->from.transport &&
            address_equal((const struct sockaddr *)&binding->source,
                          (const struct sockaddr *)&in->from.address))
            return TRUE;
    }
    return FALSE;
}

Target *registers_target(const Inbound *in, const char *uri)
{
    su_home_t *home = msg_home(in->msg);
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func((GDestroyNotify)binding_unref);

    location_find(in->phones->location, url_user_text(home, in->sip->sip_to->a_url), found);
    for (guint i = 0; i < found->len; i++) {
        const Binding *binding = g_ptr_array_index(found, i);

        if (uri_same(binding->contact, uri))
            return registration_target(in->phones, binding);
    }
    return NULL;
}

gboolean registers_vouch(const Inbound *in)
{
    if (in->phones->settings->proxy.mode != PROXY_OUTBOUND ||
        (primaries_live(in->phones) && !in->irq && !in->instead))
        return FALSE;
    return in->sip->sip_request->rq_method == sip_method_register ? devices_are_known(in)
                                                                  : sender_is_registered(in);
}
