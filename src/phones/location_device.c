/* The location service's memory of devices: who the primary accepted, and from where. */
#include "location_private.h"

#include "uri.h"

#include <string.h>

#define DEVICES_MAX 20 /* of one address of record: the newest */
#define DAY_US (24 * 3600 * (gint64)G_USEC_PER_SEC)

void device_free(gpointer data)
{
    Device *device = data;

    g_free(device->aor);
    g_free(device->instance);
    g_free(device->contact);
    g_free(device);
}

static void source_describe(const struct sockaddr *source, char text[64])
{
    struct sockaddr_storage bare = {0};

    memcpy(&bare, source,
           source->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                         : sizeof(struct sockaddr_in));
    address_set_port(&bare, 0);
    address_describe((struct sockaddr *)&bare, text, 64);
}

static gboolean device_is(const Device *device, const char *instance, const char *contact)
{
    if (instance && device->instance)
        return strcmp(instance, device->instance) == 0;
    return uri_same(contact, device->contact);
}

static void device_remove(Location *location, Aor *aor, guint at)
{
    const Device *device = g_ptr_array_index(aor->devices, at);

    if (location->journal.drop_device)
        location->journal.drop_device(location->journal.user, device);
    g_ptr_array_remove_index(aor->devices, at);
    location->devices--;
}

static Device *device_new(const char *aor, const char *instance, const char *contact)
{
    Device *device = g_new0(Device, 1);

    device->aor = g_strdup(aor);
    device->instance = g_strdup(instance);
    device->contact = g_strdup(contact);
    return device;
}

void location_learn_device(Location *location, const Binding *binding)
{
    Aor *aor;
    Device *device;

    if (!binding->source.ss_family || !location->settings->registrar.device_days)
        return;
    aor = location_make_aor(location, binding->aor);
    for (guint i = aor->devices->len; i-- > 0;) {
        if (device_is(g_ptr_array_index(aor->devices, i), binding->instance, binding->contact))
            device_remove(location, aor, i);
    }
    if (aor->devices->len >= DEVICES_MAX)
        device_remove(location, aor, 0);
    device = device_new(binding->aor, binding->instance, binding->contact);
    source_describe((const struct sockaddr *)&binding->source, device->source);
    device->seen_us = loop_now(location->loop);
    g_ptr_array_add(aor->devices, device);
    location->devices++;
    if (location->journal.put_device)
        location->journal.put_device(location->journal.user, device);
}

static gboolean device_is_over(const Location *location, const Device *device)
{
    return loop_now(location->loop) - device->seen_us >=
           location->settings->registrar.device_days * DAY_US;
}

void location_sweep_devices(Location *location, Aor *aor)
{
    for (guint i = aor->devices->len; i-- > 0;) {
        if (device_is_over(location, g_ptr_array_index(aor->devices, i)))
            device_remove(location, aor, i);
    }
}

gboolean location_knows_device(const Location *location, const char *aor, const char *instance,
                               const char *contact, const struct sockaddr *source)
{
    const Aor *found = location_find_aor(location, aor);
    char text[64];

    source_describe(source, text);
    for (guint i = 0; found && i < found->devices->len; i++) {
        const Device *device = g_ptr_array_index(found->devices, i);

        if (!device_is_over(location, device) && strcmp(device->source, text) == 0 &&
            device_is(device, instance, contact))
            return TRUE;
    }
    return FALSE;
}

void location_restore_device(Location *location, const char *aor, const char *instance,
                             const char *contact, const char *source, gint64 seen_wall_us)
{
    Aor *found = location_make_aor(location, aor);
    Device *device;

    for (guint i = 0; i < found->devices->len; i++) {
        if (device_is(g_ptr_array_index(found->devices, i), instance, contact))
            return;
    }
    device = device_new(aor, instance, contact);
    g_strlcpy(device->source, source, sizeof(device->source));
    device->seen_us = loop_now(location->loop) - MAX(location->wall() - seen_wall_us, 0);
    g_ptr_array_insert(found->devices, 0, device);
    location->devices++;
}
