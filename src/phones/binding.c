/* Bindings as values. */
#include "binding.h"

#include "names.h"
#include "uri.h"

#include <string.h>

static const char *const origin_names[] = {"registered", "learnt", "static"};
static const char *const transport_names[] = {"udp", "tcp", "tls"};

Binding *binding_new(BindingOrigin origin, const char *aor, const char *contact)
{
    Binding *binding = g_new0(Binding, 1);

    binding->references = 1;
    binding->origin = origin;
    binding->aor = g_strdup(aor);
    binding->contact = g_strdup(contact);
    binding->q = 1000;
    binding->expires_us = G_MAXINT64;
    return binding;
}

Binding *binding_copy(const Binding *binding)
{
    Binding *copy = g_memdup2(binding, sizeof(*binding));

    copy->references = 1;
    copy->aor = g_strdup(binding->aor);
    copy->contact = g_strdup(binding->contact);
    copy->call_id = g_strdup(binding->call_id);
    copy->instance = g_strdup(binding->instance);
    copy->path = g_strdupv(binding->path);
    copy->agent = g_strdup(binding->agent);
    copy->user = g_strdup(binding->user);
    return copy;
}

Binding *binding_ref(const Binding *binding)
{
    Binding *held = (Binding *)binding;

    held->references++;
    return held;
}

void binding_unref(Binding *binding)
{
    if (!binding || --binding->references)
        return;
    g_free(binding->aor);
    g_free(binding->contact);
    g_free(binding->call_id);
    g_free(binding->instance);
    g_strfreev(binding->path);
    g_free(binding->agent);
    g_free(binding->user);
    g_free(binding);
}

gboolean binding_same(const Binding *one, const Binding *other)
{
    if (one->instance && other->instance && one->reg_id && other->reg_id &&
        strcmp(one->instance, other->instance) == 0)
        return one->reg_id == other->reg_id;
    return uri_same(one->contact, other->contact);
}

const char *binding_origin_name(BindingOrigin origin)
{
    return origin_names[origin];
}

const char *binding_transport_name(BindingTransport transport)
{
    return transport_names[transport];
}

gboolean binding_origin_parse(const char *name, BindingOrigin *origin)
{
    int found = names_find(origin_names, G_N_ELEMENTS(origin_names), name);

    *origin = (BindingOrigin)MAX(found, 0);
    return found >= 0;
}

gboolean binding_transport_parse(const char *name, BindingTransport *transport)
{
    int found = names_find(transport_names, G_N_ELEMENTS(transport_names), name);

    *transport = (BindingTransport)MAX(found, 0);
    return found >= 0;
}
