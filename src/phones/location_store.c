/* The location service's journal in the store. */
#include "location_store.h"

#include <string.h>

enum {
    BINDING_AOR,
    BINDING_CONTACT,
    BINDING_Q,
    BINDING_EXPIRES,
    BINDING_GRANTED,
    BINDING_UPDATED,
    BINDING_CALL_ID,
    BINDING_CSEQ,
    BINDING_INSTANCE,
    BINDING_REG_ID,
    BINDING_PATH,
    BINDING_AGENT,
    BINDING_USER,
    BINDING_SOURCE,
    BINDING_LOCAL,
    BINDING_TRANSPORT,
    BINDING_FLOW,
    BINDING_ORIGIN,
};

static const StoreTable binding_table = {
    .name = "bindings",
    .keys = 2,
    .columns =
        {
            [BINDING_AOR] = {"aor", STORE_TEXT},
            [BINDING_CONTACT] = {"contact", STORE_TEXT},
            [BINDING_Q] = {"q", STORE_NUMBER},
            [BINDING_EXPIRES] = {"expires_us", STORE_NUMBER},
            [BINDING_GRANTED] = {"granted_s", STORE_NUMBER},
            [BINDING_UPDATED] = {"updated_us", STORE_NUMBER},
            [BINDING_CALL_ID] = {"call_id", STORE_TEXT},
            [BINDING_CSEQ] = {"cseq", STORE_NUMBER},
            [BINDING_INSTANCE] = {"instance", STORE_TEXT},
            [BINDING_REG_ID] = {"reg_id", STORE_NUMBER},
            [BINDING_PATH] = {"path", STORE_TEXT},
            [BINDING_AGENT] = {"agent", STORE_TEXT},
            [BINDING_USER] = {"user", STORE_TEXT},
            [BINDING_SOURCE] = {"source", STORE_TEXT},
            [BINDING_LOCAL] = {"local", STORE_TEXT},
            [BINDING_TRANSPORT] = {"transport", STORE_TEXT},
            [BINDING_FLOW] = {"flow", STORE_NUMBER},
            [BINDING_ORIGIN] = {"origin", STORE_TEXT},
        },
};

enum { DEVICE_AOR, DEVICE_MARK, DEVICE_INSTANCE, DEVICE_CONTACT, DEVICE_SOURCE, DEVICE_SEEN };

static const StoreTable device_table = {
    .name = "devices",
    .keys = 2,
    .columns =
        {
            [DEVICE_AOR] = {"aor", STORE_TEXT},
            [DEVICE_MARK] = {"mark", STORE_TEXT}, /* its instance, or its contact */
            [DEVICE_INSTANCE] = {"instance", STORE_TEXT},
            [DEVICE_CONTACT] = {"contact", STORE_TEXT},
            [DEVICE_SOURCE] = {"source", STORE_TEXT},
            [DEVICE_SEEN] = {"seen_us", STORE_NUMBER},
        },
};

/* The two that are joined. The store's readers have it as well: it is closed before the location
 * service is freed. */
typedef struct Joint {
    Location *location;
    Store *store;
} Joint;

/* ---- bindings ---- */

static void address_set(StoreRow *row, guint column, const struct sockaddr_storage *address)
{
    char text[64];

    if (address->ss_family)
        store_row_set(row, column,
                      address_describe((const struct sockaddr *)address, text, sizeof(text)));
}

static StoreRow *binding_key(const Binding *binding)
{
    StoreRow *row = store_row_new(&binding_table);

    store_row_set(row, BINDING_AOR, binding->aor);
    store_row_set(row, BINDING_CONTACT, binding->contact);
    return row;
}

static void binding_put(void *user, const Binding *binding)
{
    const Joint *joint = user;
    StoreRow *row = binding_key(binding);
    g_autofree char *path = binding->path ? g_strjoinv("\n", binding->path) : NULL;

    store_row_count(row, BINDING_Q, binding->q);
    store_row_count(row, BINDING_EXPIRES, location_wall(joint->location, binding->expires_us));
    store_row_count(row, BINDING_GRANTED, binding->granted_s);
    store_row_count(row, BINDING_UPDATED, location_wall(joint->location, binding->updated_us));
    store_row_set(row, BINDING_CALL_ID, binding->call_id);
    store_row_count(row, BINDING_CSEQ, binding->cseq);
    store_row_set(row, BINDING_INSTANCE, binding->instance);
    store_row_count(row, BINDING_REG_ID, binding->reg_id);
    store_row_set(row, BINDING_PATH, path);
    store_row_set(row, BINDING_AGENT, binding->agent);
    store_row_set(row, BINDING_USER, binding->user);
    address_set(row, BINDING_SOURCE, &binding->source);
    address_set(row, BINDING_LOCAL, &binding->local);
    store_row_set(row, BINDING_TRANSPORT, binding_transport_name(binding->transport));
    store_row_count(row, BINDING_FLOW, binding->flow);
    store_row_set(row, BINDING_ORIGIN, binding_origin_name(binding->origin));
    store_write(joint->store, row);
}

static void binding_drop(void *user, const Binding *binding)
{
    store_erase(((const Joint *)user)->store, binding_key(binding));
}

/* A copy of the text, NULL for "". */
static char *text_of(const StoreRow *row, guint column)
{
    const char *text = store_row_text(row, column);

    return *text ? g_strdup(text) : NULL;
}

static void address_of(const StoreRow *row, guint column, struct sockaddr_storage *address)
{
    if (!address_parse(store_row_text(row, column), address))
        memset(address, 0, sizeof(*address));
}

/* The file may have been written to by hand: what makes no sense is corrected or left out. */
static void binding_read(void *user, const StoreRow *row)
{
    const Joint *joint = user;
    const char *aor = store_row_text(row, BINDING_AOR);
    const char *contact = store_row_text(row, BINDING_CONTACT);
    const char *path = store_row_text(row, BINDING_PATH);
    Binding *binding;

    if (!*aor || !*contact)
        return;
    binding = binding_new(BINDING_REGISTERED, aor, contact);
    binding->q = (guint)CLAMP(store_row_number(row, BINDING_Q), 0, 1000);
    binding->granted_s = (guint)CLAMP(store_row_number(row, BINDING_GRANTED), 0, G_MAXINT);
    binding->call_id = text_of(row, BINDING_CALL_ID);
    binding->cseq = (guint32)store_row_number(row, BINDING_CSEQ);
    binding->instance = text_of(row, BINDING_INSTANCE);
    binding->reg_id = (guint)CLAMP(store_row_number(row, BINDING_REG_ID), 0, G_MAXINT);
    binding->path = *path ? g_strsplit(path, "\n", -1) : NULL;
    binding->agent = text_of(row, BINDING_AGENT);
    binding->user = text_of(row, BINDING_USER);
    address_of(row, BINDING_SOURCE, &binding->source);
    address_of(row, BINDING_LOCAL, &binding->local);
    binding_transport_parse(store_row_text(row, BINDING_TRANSPORT), &binding->transport);
    binding->flow = store_row_number(row, BINDING_FLOW) != 0 && binding->source.ss_family;
    binding_origin_parse(store_row_text(row, BINDING_ORIGIN), &binding->origin);
    location_restore(joint->location, binding, store_row_number(row, BINDING_EXPIRES),
                     store_row_number(row, BINDING_UPDATED));
}

/* ---- devices ---- */

static StoreRow *device_key(const Device *device)
{
    StoreRow *row = store_row_new(&device_table);

    store_row_set(row, DEVICE_AOR, device->aor);
    store_row_set(row, DEVICE_MARK, device->instance ? device->instance : device->contact);
    return row;
}

static void device_put(void *user, const Device *device)
{
    const Joint *joint = user;
    StoreRow *row = device_key(device);

    store_row_set(row, DEVICE_INSTANCE, device->instance);
    store_row_set(row, DEVICE_CONTACT, device->contact);
    store_row_set(row, DEVICE_SOURCE, device->source);
    store_row_count(row, DEVICE_SEEN, location_wall(joint->location, device->seen_us));
    store_write(joint->store, row);
}

static void device_drop(void *user, const Device *device)
{
    store_erase(((const Joint *)user)->store, device_key(device));
}

static void device_read(void *user, const StoreRow *row)
{
    const Joint *joint = user;
    g_autofree char *instance = text_of(row, DEVICE_INSTANCE);

    if (!*store_row_text(row, DEVICE_AOR) || !*store_row_text(row, DEVICE_CONTACT))
        return;
    location_restore_device(joint->location, store_row_text(row, DEVICE_AOR), instance,
                            store_row_text(row, DEVICE_CONTACT), store_row_text(row, DEVICE_SOURCE),
                            store_row_number(row, DEVICE_SEEN));
}

/* ---- both ---- */

static void joint_renew(void *user)
{
    location_tell_all(((const Joint *)user)->location);
}

void location_keep(Location *location, Store *store)
{
    Joint *joint = g_new0(Joint, 1);
    LocationJournal journal = {binding_put, binding_drop, device_put, device_drop, joint, g_free};
    StoreReader bindings = {&binding_table, binding_read, joint_renew, joint};
    StoreReader devices = {&device_table, device_read, NULL, joint}; /* told with the bindings */

    *joint = (Joint){location, store};
    location_set_journal(location, &journal);
    store_add_reader(store, &bindings);
    store_add_reader(store, &devices);
}
