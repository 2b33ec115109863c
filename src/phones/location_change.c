/* The location service's changes: each is worked out on a copy first, so that all of it happens or
 * nothing. */
#include "location_private.h"

#include "uri.h"

#include <string.h>

/* A change of one address of record on its way. */
typedef struct Change {
    Location *location;
    Aor *aor;
    GPtrArray *next;  /* of Binding*, referenced: what it will have */
    gboolean arrived; /* a phone that was not there */
    gint64 now;
} Change;

static void change_begin(Change *change, Location *location, const char *name)
{
    change->location = location;
    change->now = loop_now(location->loop);
    change->arrived = FALSE;
    change->aor = location_make_aor(location, name);
    change->next = g_ptr_array_new_with_free_func((GDestroyNotify)binding_unref);
    for (guint i = 0; i < change->aor->bindings->len; i++) {
        const Binding *binding = g_ptr_array_index(change->aor->bindings, i);

        if (binding->expires_us > change->now)
            g_ptr_array_add(change->next, binding_ref(binding));
    }
}

static void change_drop(Change *change)
{
    g_ptr_array_unref(change->next);
    location_tidy_aor(change->location, change->aor);
}

/* Is there room for what it has become? Nobody is refused who takes no more than before. */
static LocationResult change_judge(const Change *change)
{
    const RegistrarSettings *registrar = &change->location->settings->registrar;
    guint before = change->aor->bindings->len, after = change->next->len;

    if (after > before && after > registrar->max_contacts)
        return LOCATION_AOR_FULL;
    if (after > before && change->location->count - before + after > registrar->max_bindings)
        return LOCATION_FULL;
    return LOCATION_DONE;
}

static gboolean array_has_contact(const GPtrArray *bindings, const char *contact)
{
    for (guint i = 0; i < bindings->len; i++) {
        if (strcmp(((const Binding *)g_ptr_array_index(bindings, i))->contact, contact) == 0)
            return TRUE;
    }
    return FALSE;
}

/* The journal hears what is new and what is gone. */
static void change_tell(const Change *change)
{
    GPtrArray *old = change->aor->bindings, *new = change->next;

    for (guint i = 0; i < old->len; i++) {
        const Binding *binding = g_ptr_array_index(old, i);

        if (!array_has_contact(new, binding->contact))
            journal_drop(change->location, binding);
    }
    for (guint i = 0; i < new->len; i++) {
        const Binding *binding = g_ptr_array_index(new, i);

        if (!g_ptr_array_find(old, binding, NULL))
            journal_put(change->location, binding);
    }
}

static void change_finish(Change *change)
{
    g_ptr_array_sort(change->next, location_order);
    change_tell(change);
    change->location->count += change->next->len;
    change->location->count -= change->aor->bindings->len;
    g_ptr_array_unref(change->aor->bindings);
    change->aor->bindings = change->next;
    location_tidy_aor(change->location, change->aor);
}

static int array_find(const GPtrArray *bindings, const Binding *wanted)
{
    for (guint i = 0; i < bindings->len; i++) {
        if (binding_same(g_ptr_array_index(bindings, i), wanted))
            return (int)i;
    }
    return -1;
}

/* RFC 3261 10.3 step 7: may NEW follow OLD? REPEATED: it is the same request once more, as after a
 * restart that took the answer with it. */
static gboolean binding_follows(const Binding *old, const Binding *new, gint64 now,
                                gboolean *repeated)
{
    *repeated = FALSE;
    if (!old->call_id || !new->call_id || strcmp(old->call_id, new->call_id) != 0 ||
        new->cseq > old->cseq)
        return TRUE;
    *repeated = new->cseq == old->cseq &&new->granted_s == old->granted_s &&new->q ==
                old->q &&now - old->updated_us < REPEAT_US;
    return *repeated;
}

/* The phone began anew, with another Call-ID: what it had before has lost its port. A reg-id would
 * say which. */
static gboolean binding_is_outlived(const Binding *old, const Binding *new)
{
    return old->instance && new->instance &&strcmp(old->instance, new->instance) == 0 &&
           !old->reg_id && !new->reg_id &&
           old->call_id &&new->call_id &&strcmp(old->call_id, new->call_id) != 0;
}

static void outlived_remove(Change *change, const Binding *new)
{
    for (guint i = change->next->len; i-- > 0;) {
        if (binding_is_outlived(g_ptr_array_index(change->next, i), new))
            g_ptr_array_remove_index(change->next, i);
    }
}

/* Is NEW another phone than OLD (NULL: none), or the same that was switched off in between? */
static gboolean binding_arrives(const Binding *old, const Binding *new)
{
    return !old || g_strcmp0(old->call_id, new->call_id) != 0;
}

/* Works NEW into the change. */
static gboolean change_add(Change *change, const Binding *new, gboolean ordered)
{
    LocationCounters *counters = &change->location->counters;
    int at = array_find(change->next, new);
    gboolean repeated = FALSE;

    if (at >= 0 && ordered &&
        !binding_follows(g_ptr_array_index(change->next, (guint)at), new, change->now, &repeated))
        return FALSE;
    if (repeated)
        return TRUE;
    change->arrived |=
        new->granted_s &&binding_arrives(at >= 0 ? change->next->pdata[at] : NULL, new);
    if (at >= 0)
        g_ptr_array_remove_index(change->next, (guint)at);
    if (!new->granted_s) {
        counters->removed += at >= 0;
        return TRUE;
    }
    outlived_remove(change, new);
    g_ptr_array_add(change->next, binding_ref(new));
    if (new->origin == BINDING_LEARNT)
        counters->learnt++;
    else if (at >= 0)
        counters->refreshed++;
    else
        counters->registered++;
    return TRUE;
}

LocationResult location_register(Location *location, const char *aor, const GPtrArray *bindings)
{
    Change change;
    LocationCounters before = location->counters;
    LocationResult result = LOCATION_DONE;

    change_begin(&change, location, aor);
    for (guint i = 0; i < bindings->len && result == LOCATION_DONE; i++) {
        Binding *binding = g_ptr_array_index(bindings, i);

        binding->updated_us = change.now;
        if (!change_add(&change, binding, TRUE))
            result = LOCATION_OUT_OF_ORDER;
    }
    if (result == LOCATION_DONE)
        result = change_judge(&change);
    if (result == LOCATION_DONE) {
        change_finish(&change);
        if (change.arrived && location->arrival)
            location->arrival(location->arrival_user, aor);
    } else {
        location->counters = before;
        location->counters.refused++;
        change_drop(&change);
    }
    return result;
}

LocationResult location_clear(Location *location, const char *aor, const char *call_id,
                              guint32 cseq)
{
    Change change;

    change_begin(&change, location, aor);
    for (guint i = 0; i < change.next->len; i++) {
        const Binding *binding = g_ptr_array_index(change.next, i);

        if (!binding->call_id || strcmp(binding->call_id, call_id) != 0 || cseq > binding->cseq)
            continue;
        location->counters.refused++;
        change_drop(&change);
        return LOCATION_OUT_OF_ORDER;
    }
    location->counters.removed += change.next->len;
    g_ptr_array_set_size(change.next, 0);
    change_finish(&change);
    return LOCATION_DONE;
}

gboolean location_learn(Location *location, Binding *binding)
{
    Change change;
    g_autoptr(Binding) owned = binding;
    LocationResult result;

    change_begin(&change, location, binding->aor);
    binding->updated_us = change.now;
    change_add(&change, binding, FALSE); /* the primary has judged its order */
    result = change_judge(&change);
    if (result != LOCATION_DONE) {
        location->counters.refused++;
        change_drop(&change);
        return FALSE;
    }
    change_finish(&change);
    if (binding->granted_s)
        location_learn_device(location, binding);
    return TRUE;
}

guint location_drop(Location *location, const char *user, const char *contact)
{
    Change change;
    guint before;

    change_begin(&change, location, location_aor(location, user));
    before = change.next->len;
    for (guint i = change.next->len; i-- > 0;) {
        const Binding *binding = g_ptr_array_index(change.next, i);

        if (!contact || uri_same(binding->contact, contact))
            g_ptr_array_remove_index(change.next, i);
    }
    before -= change.next->len;
    location->counters.removed += before;
    change_finish(&change);
    return before;
}

void location_restore(Location *location, Binding *binding, gint64 expires_wall_us,
                      gint64 updated_wall_us)
{
    Change change;
    g_autoptr(Binding) owned = binding;
    /* A clock that stands before what was written by it is a box without one, just started. */
    gint64 wall = MAX(location->wall(), updated_wall_us);
    gint64 left = MIN(expires_wall_us - wall, (gint64)binding->granted_s * G_USEC_PER_SEC);

    if (left <= 0) {
        location->counters.expired++;
        journal_drop(location, binding);
        return;
    }
    change_begin(&change, location, binding->aor);
    binding->expires_us = change.now + left;
    binding->updated_us = change.now - MAX(wall - updated_wall_us, 0);
    if (array_find(change.next, binding) >= 0 ||
        location->count >= location->settings->registrar.max_bindings) {
        change_drop(&change);
        return;
    }
    g_ptr_array_add(change.next, binding_ref(binding));
    location->counters.restored++;
    /* It is kept already: the journal has nothing to hear. */
    g_ptr_array_add(change.aor->bindings, binding_ref(binding));
    location->count++;
    change_finish(&change);
}
