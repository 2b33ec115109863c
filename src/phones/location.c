/* The location service: finding, and keeping time. */
#include "location_private.h"

#include "clock.h"
#include "log.h"
#include "uri.h"

#include <string.h>

#define SWEEP_US (5 * G_USEC_PER_SEC)
#define STEP_US (2 * G_USEC_PER_SEC) /* of the wall clock, to be taken note of */

gint location_order(gconstpointer one, gconstpointer other)
{
    const Binding *a = *(const Binding *const *)one, *b = *(const Binding *const *)other;

    if (a->q != b->q)
        return a->q > b->q ? -1 : 1;
    return a->updated_us > b->updated_us ? -1 : a->updated_us < b->updated_us;
}

/* ---- addresses of record ---- */

static void aor_free(gpointer data)
{
    Aor *aor = data;

    g_ptr_array_unref(aor->bindings);
    g_ptr_array_unref(aor->devices);
    g_free(aor->name);
    g_free(aor);
}

Aor *location_find_aor(const Location *location, const char *name)
{
    return g_hash_table_lookup(location->aors, name);
}

Aor *location_make_aor(Location *location, const char *name)
{
    Aor *aor = location_find_aor(location, name);

    if (aor)
        return aor;
    aor = g_new0(Aor, 1);
    aor->name = g_strdup(name);
    aor->bindings = g_ptr_array_new_with_free_func((GDestroyNotify)binding_unref);
    aor->devices = g_ptr_array_new_with_free_func(device_free);
    g_hash_table_insert(location->aors, aor->name, aor);
    return aor;
}

void location_tidy_aor(Location *location, Aor *aor)
{
    if (!aor->bindings->len && !aor->devices->len)
        g_hash_table_remove(location->aors, aor->name);
}

void journal_put(const Location *location, const Binding *binding)
{
    if (location->journal.put)
        location->journal.put(location->journal.user, binding);
}

void journal_drop(const Location *location, const Binding *binding)
{
    if (location->journal.drop)
        location->journal.drop(location->journal.user, binding);
}

/* ---- time ---- */

gint64 location_wall(const Location *location, gint64 us)
{
    return us + location->wall_offset_us;
}

static void aor_expire(Location *location, Aor *aor, gint64 now)
{
    for (guint i = aor->bindings->len; i-- > 0;) {
        const Binding *binding = g_ptr_array_index(aor->bindings, i);

        if (binding->expires_us > now)
            continue;
        location->counters.expired++;
        location->count--;
        journal_drop(location, binding);
        g_ptr_array_remove_index(aor->bindings, i);
    }
}

/* The wall clock was set: what is kept says when it is over by the new one, or a restart would get
 * it wrong. */
static void wall_check(Location *location)
{
    gint64 offset = location->wall() - loop_now(location->loop);
    gint64 step = offset - location->wall_offset_us;

    if (ABS(step) < STEP_US)
        return;
    log_notice("location: the wall clock was set by %d s: registrations stay as long as they were "
               "granted",
               (int)CLAMP(step / G_USEC_PER_SEC, -G_MAXINT, G_MAXINT));
    location->wall_offset_us = offset;
    location_tell_all(location);
}

static void location_sweep(void *user)
{
    Location *location = user;
    gint64 now = loop_now(location->loop);
    GHashTableIter at;
    gpointer value;

    wall_check(location);
    g_hash_table_iter_init(&at, location->aors);
    while (g_hash_table_iter_next(&at, NULL, &value)) {
        Aor *aor = value;

        aor_expire(location, aor, now);
        location_sweep_devices(location, aor);
        if (!aor->bindings->len && !aor->devices->len)
            g_hash_table_iter_remove(&at);
    }
    loop_timer_start(location->loop, location->sweep, SWEEP_US);
}

void location_tell_all(const Location *location)
{
    GHashTableIter at;
    gpointer value;

    g_hash_table_iter_init(&at, location->aors);
    while (g_hash_table_iter_next(&at, NULL, &value)) {
        const Aor *aor = value;

        for (guint i = 0; i < aor->bindings->len; i++)
            journal_put(location, g_ptr_array_index(aor->bindings, i));
        for (guint i = 0; i < aor->devices->len && location->journal.put_device; i++)
            location->journal.put_device(location->journal.user,
                                         g_ptr_array_index(aor->devices, i));
    }
}

/* ---- make and free ---- */

Location *location_new(Loop *loop, const Settings *settings, gint64 (*wall)(void))
{
    Location *location = g_new0(Location, 1);

    location->loop = loop;
    location->wall = wall ? wall : clock_wall_us;
    location->wall_offset_us = location->wall() - loop_now(loop);
    location->aors = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, aor_free);
    location->statics =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
    location->aliases = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    location->sweep = loop_timer_new(loop, location_sweep, location);
    loop_timer_start(loop, location->sweep, SWEEP_US);
    location_set_settings(location, settings);
    return location;
}

void location_free(Location *location)
{
    if (!location)
        return;
    loop_timer_free(location->loop, location->sweep);
    g_hash_table_unref(location->aors);
    g_hash_table_unref(location->statics);
    g_hash_table_unref(location->aliases);
    location_set_journal(location, &(LocationJournal){0});
    g_free(location);
}

void location_set_arrival(Location *location, ArrivalFunc func, void *user)
{
    location->arrival = func;
    location->arrival_user = user;
}

void location_set_journal(Location *location, const LocationJournal *journal)
{
    if (location->journal.destroy)
        location->journal.destroy(location->journal.user);
    location->journal = *journal;
}

static void phone_set(Location *location, const PhoneSettings *phone)
{
    GPtrArray *bindings = g_ptr_array_new_with_free_func((GDestroyNotify)binding_unref);

    for (guint i = 0; phone->contacts && i < phone->contacts->len; i++) {
        const PhoneContact *contact = g_ptr_array_index(phone->contacts, i);
        Binding *binding = binding_new(BINDING_STATIC, phone->name, contact->uri);

        binding->q = contact->q;
        g_ptr_array_add(bindings, binding);
    }
    g_hash_table_replace(location->statics, g_strdup(phone->name), bindings);
    for (guint i = 0; phone->aliases && i < phone->aliases->len; i++)
        g_hash_table_replace(location->aliases, g_strdup(g_ptr_array_index(phone->aliases, i)),
                             g_strdup(phone->name));
}

void location_set_settings(Location *location, const Settings *settings)
{
    location->settings = settings;
    g_hash_table_remove_all(location->statics);
    g_hash_table_remove_all(location->aliases);
    for (guint i = 0; i < settings->phones->len; i++)
        phone_set(location, g_ptr_array_index(settings->phones, i));
}

/* ---- finding ---- */

const char *location_aor(const Location *location, const char *user)
{
    const char *name = g_hash_table_lookup(location->aliases, user);

    return name ? name : user;
}

static gboolean array_has(const GPtrArray *bindings, guint from, const Binding *wanted)
{
    for (guint i = from; i < bindings->len; i++) {
        if (binding_same(g_ptr_array_index(bindings, i), wanted))
            return TRUE;
    }
    return FALSE;
}

guint location_find(Location *location, const char *user, GPtrArray *out)
{
    const char *name = location_aor(location, user);
    const Aor *aor = location_find_aor(location, name);
    const GPtrArray *statics = g_hash_table_lookup(location->statics, name);
    gint64 now = loop_now(location->loop);
    guint before = out->len;

    for (guint i = 0; aor && i < aor->bindings->len; i++) {
        const Binding *binding = g_ptr_array_index(aor->bindings, i);

        if (binding->expires_us > now)
            g_ptr_array_add(out, binding_ref(binding));
    }
    for (guint i = 0; statics && i < statics->len; i++) {
        const Binding *binding = g_ptr_array_index(statics, i);

        /* A phone that registers is where it says. */
        if (!array_has(out, before, binding))
            g_ptr_array_add(out, binding_ref(binding));
    }
    if (out->len - before > 1)
        qsort(out->pdata + before, out->len - before, sizeof(gpointer), location_order);
    return out->len - before;
}

/* ---- for people ---- */

static void bindings_tell(const GPtrArray *bindings, gint64 now, BindingFunc func, void *user)
{
    for (guint i = 0; bindings && i < bindings->len; i++) {
        const Binding *binding = g_ptr_array_index(bindings, i);

        if (binding->expires_us > now)
            func(user, binding);
    }
}

void location_each(const Location *location, const char *user, BindingFunc func, void *func_user)
{
    gint64 now = loop_now(location->loop);
    const char *name = user ? location_aor(location, user) : NULL;
    GHashTableIter at;
    gpointer value;

    if (name) {
        const Aor *aor = location_find_aor(location, name);

        bindings_tell(aor ? aor->bindings : NULL, now, func, func_user);
        bindings_tell(g_hash_table_lookup(location->statics, name), now, func, func_user);
        return;
    }
    g_hash_table_iter_init(&at, location->aors);
    while (g_hash_table_iter_next(&at, NULL, &value))
        bindings_tell(((const Aor *)value)->bindings, now, func, func_user);
    g_hash_table_iter_init(&at, location->statics);
    while (g_hash_table_iter_next(&at, NULL, &value))
        bindings_tell(value, now, func, func_user);
}

guint location_count(const Location *location)
{
    return location->count;
}

guint location_count_of(const Location *location, const char *aor)
{
    const Aor *found = location_find_aor(location, aor);
    gint64 now = loop_now(location->loop);
    guint count = 0;

    for (guint i = 0; found && i < found->bindings->len; i++)
        count += ((const Binding *)g_ptr_array_index(found->bindings, i))->expires_us > now;
    return count;
}

void location_each_counter(const Location *location, CounterFunc func, void *user)
{
    func(user, "bindings", location->count);
    func(user, "bindings registered", location->counters.registered);
    func(user, "bindings refreshed", location->counters.refreshed);
    func(user, "bindings learnt", location->counters.learnt);
    func(user, "bindings removed", location->counters.removed);
    func(user, "bindings expired", location->counters.expired);
    func(user, "bindings restored", location->counters.restored);
    func(user, "bindings refused", location->counters.refused);
    func(user, "devices known", location->devices);
}

/* ---- a flow made anew ---- */

/* Does the user part of both URIs read alike? */
static gboolean same_user(const char *one, const char *other)
{
    gsize first = strcspn(one, "@"), second = strcspn(other, "@");

    return one[first] && first == second && strncmp(one, other, first) == 0;
}

const Binding *location_find_flow(const Location *location, const char *contact,
                                  BindingTransport transport, const struct sockaddr_storage *source,
                                  gboolean (*lives)(void *user, const Binding *binding), void *user)
{
    const Binding *like = NULL;
    gint64 now = loop_now(location->loop);
    GHashTableIter at;
    gpointer value;

    g_hash_table_iter_init(&at, location->aors);
    while (g_hash_table_iter_next(&at, NULL, &value)) {
        const GPtrArray *bindings = ((const Aor *)value)->bindings;

        for (guint i = 0; i < bindings->len; i++) {
            const Binding *binding = g_ptr_array_index(bindings, i);

            if (!binding->flow || binding->transport != transport || binding->expires_us <= now ||
                !address_same_host((const struct sockaddr *)&binding->source,
                                   (const struct sockaddr *)source))
                continue;
            if (uri_same(binding->contact, contact) && lives(user, binding))
                return binding;
            if (same_user(binding->contact, contact) &&
                (!like || binding->updated_us > like->updated_us) && lives(user, binding))
                like = binding;
        }
    }
    return like;
}
