/* The location service: what is found, in which order and for how long, whatever the clocks do. */
#include "location.h"
#include "clock.h"
#include "location_store.h"
#include "loop_virtual.h"
#include "uri.h"

#include <glib/gstdio.h>
#include <string.h>

#define SECOND G_USEC_PER_SEC
#define HOUR (3600 * (gint64)SECOND)
#define DAY (24 * HOUR)

static gint64 wall_offset_us;

static gint64 wall_faked(void)
{
    return clock_now_us() + wall_offset_us;
}

typedef struct Fixture {
    Loop *loop;
    Settings *settings;
    Location *location;
    GString *journal;
} Fixture;

static Settings *settings_new(const char *more)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = g_strconcat("[registrar]\nmax-contacts = 3\nmax-bindings = 5\n"
                                        "device-days = 2\n"
                                        "[phone 201]\naliases = reception\n"
                                        "contact = <sip:201@192.0.2.31>;q=0.5\n"
                                        "[phone 202]\ncontact = sip:202@192.0.2.32\n",
                                        more, NULL);
    Settings *settings = settings_parse("test", text, &error);

    g_assert_no_error(error);
    return settings;
}

static void on_put(void *user, const Binding *binding)
{
    g_string_append_printf(((Fixture *)user)->journal, "+%s ", binding->contact);
}

static void on_drop(void *user, const Binding *binding)
{
    g_string_append_printf(((Fixture *)user)->journal, "-%s ", binding->contact);
}

static void on_put_device(void *user, const Device *device)
{
    g_string_append_printf(((Fixture *)user)->journal, "+device %s ", device->source);
}

static void on_drop_device(void *user, const Device *device)
{
    g_string_append_printf(((Fixture *)user)->journal, "-device %s ", device->source);
}

static void journal_is(Fixture *fixture, const char *wanted)
{
    g_assert_cmpstr(fixture->journal->str, ==, wanted);
    g_string_truncate(fixture->journal, 0);
}

static void fixture_open(Fixture *fixture, gconstpointer data)
{
    LocationJournal journal = {on_put, on_drop, on_put_device, on_drop_device, fixture};

    fixture->loop = loop_virtual_new();
    wall_offset_us = 1700000000 * (gint64)SECOND - clock_now_us();
    fixture->settings = settings_new("");
    fixture->location = location_new(fixture->loop, fixture->settings, wall_faked);
    fixture->journal = g_string_new(NULL);
    location_set_journal(fixture->location, &journal);
}

static void fixture_close(Fixture *fixture, gconstpointer data)
{
    location_free(fixture->location);
    settings_free(fixture->settings);
    loop_virtual_free(fixture->loop);
    g_string_free(fixture->journal, TRUE);
}

/* ---- what a phone would say ---- */

typedef struct Said {
    const char *contact;
    guint expires_s, q;
    const char *call_id;
    guint cseq;
    const char *instance;
    guint reg_id;
} Said;

static Binding *binding_said(const char *aor, const Said *said, gint64 now)
{
    Binding *binding = binding_new(BINDING_REGISTERED, aor, said->contact);

    binding->granted_s = said->expires_s;
    binding->expires_us = now + said->expires_s * (gint64)SECOND;
    binding->q = said->q ? said->q : 1000;
    binding->call_id = g_strdup(said->call_id ? said->call_id : "c1");
    binding->cseq = said->cseq ? said->cseq : 1;
    binding->instance = g_strdup(said->instance);
    binding->reg_id = said->reg_id;
    g_assert_true(address_parse("192.0.2.9:40000", &binding->source));
    return binding;
}

static LocationResult says_all(Fixture *fixture, const char *aor, const Said *said, guint count)
{
    g_autoptr(GPtrArray) bindings = g_ptr_array_new_with_free_func((GDestroyNotify)binding_unref);

    for (guint i = 0; i < count; i++)
        g_ptr_array_add(bindings, binding_said(aor, &said[i], loop_now(fixture->loop)));
    return location_register(fixture->location, aor, bindings);
}

static LocationResult says(Fixture *fixture, const char *aor, Said said)
{
    return says_all(fixture, aor, &said, 1);
}

#define SAYS(aor, ...) says(fixture, aor, (Said){__VA_ARGS__})

static void found_is(Fixture *fixture, const char *user, const char *wanted)
{
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func((GDestroyNotify)binding_unref);
    g_autoptr(GString) text = g_string_new(NULL);

    g_assert_cmpuint(location_find(fixture->location, user, found), ==, found->len);
    for (guint i = 0; i < found->len; i++)
        g_string_append_printf(text, "%s ", ((Binding *)g_ptr_array_index(found, i))->contact);
    g_assert_cmpstr(text->str, ==, wanted);
}

/* ---- finding ---- */

static void test_found_by_q(Fixture *fixture, gconstpointer data)
{
    found_is(fixture, "203", "");
    g_assert_cmpint(SAYS("203", "sip:a@h", 60, 300), ==, LOCATION_DONE);
    g_assert_cmpint(SAYS("203", "sip:b@h", 60, 900), ==, LOCATION_DONE);
    loop_virtual_advance(fixture->loop, SECOND);
    g_assert_cmpint(SAYS("203", "sip:c@h", 60, 300), ==, LOCATION_DONE);
    found_is(fixture, "203", "sip:b@h sip:c@h sip:a@h ");
    found_is(fixture, "204", "");
    g_assert_cmpuint(location_count(fixture->location), ==, 3);
    journal_is(fixture, "+sip:a@h +sip:b@h +sip:c@h ");
}

static void test_static(Fixture *fixture, gconstpointer data)
{
    g_autoptr(Settings) fresh = settings_new("[phone 203]\ncontact=sip:203@192.0.2.33\n");

    found_is(fixture, "201", "sip:201@192.0.2.31 ");
    found_is(fixture, "reception", "sip:201@192.0.2.31 ");
    SAYS("201", "sip:201@192.0.2.9", 60, 700);
    found_is(fixture, "reception", "sip:201@192.0.2.9 sip:201@192.0.2.31 ");
    SAYS("201", "sip:201@192.0.2.31", 60, 100); /* it has come to life by itself */
    found_is(fixture, "201", "sip:201@192.0.2.9 sip:201@192.0.2.31 ");
    g_assert_cmpuint(location_count(fixture->location), ==, 2);
    location_set_settings(fixture->location, fresh);
    found_is(fixture, "203", "sip:203@192.0.2.33 ");
    found_is(fixture, "reception", "sip:201@192.0.2.9 sip:201@192.0.2.31 ");
    location_set_settings(fixture->location, fixture->settings);
    found_is(fixture, "203", "");
}

static void test_expiry(Fixture *fixture, gconstpointer data)
{
    SAYS("203", "sip:a@h", 60);
    SAYS("203", "sip:b@h", 90);
    journal_is(fixture, "+sip:a@h +sip:b@h ");
    loop_virtual_advance(fixture->loop, 60 * SECOND - 1);
    found_is(fixture, "203", "sip:a@h sip:b@h ");
    loop_virtual_advance(fixture->loop, 1);
    found_is(fixture, "203", "sip:b@h ");
    loop_virtual_advance(fixture->loop, 5 * SECOND);
    journal_is(fixture, "-sip:a@h ");
    g_assert_cmpuint(location_count(fixture->location), ==, 1);
    SAYS("203", "sip:b@h", 60, .cseq = 2);
    loop_virtual_advance(fixture->loop, 59 * SECOND);
    found_is(fixture, "203", "sip:b@h ");
    loop_virtual_advance(fixture->loop, 10 * SECOND);
    found_is(fixture, "203", "");
    g_assert_cmpuint(location_count(fixture->location), ==, 0);
}

/* ---- RFC 3261 10.3 ---- */

static void test_order(Fixture *fixture, gconstpointer data)
{
    g_assert_cmpint(SAYS("203", "sip:a@h", 60, .cseq = 5), ==, LOCATION_DONE);
    g_assert_cmpint(SAYS("203", "sip:a@h", 50, .cseq = 4), ==, LOCATION_OUT_OF_ORDER);
    g_assert_cmpint(SAYS("203", "sip:a@h", 0, .cseq = 4), ==, LOCATION_OUT_OF_ORDER);
    g_assert_cmpint(SAYS("203", "sip:a@h", 50, .cseq = 5), ==, LOCATION_OUT_OF_ORDER);
    /* The very same once more: the answer was lost. Not for ever, though. */
    g_assert_cmpint(SAYS("203", "sip:a@h", 60, .cseq = 5), ==, LOCATION_DONE);
    loop_virtual_advance(fixture->loop, 33 * SECOND);
    g_assert_cmpint(SAYS("203", "sip:a@h", 60, .cseq = 5), ==, LOCATION_OUT_OF_ORDER);
    /* Another Call-ID has an order of its own; so has another contact. */
    g_assert_cmpint(SAYS("203", "sip:a@h", 60, .cseq = 1, .call_id = "c2"), ==, LOCATION_DONE);
    g_assert_cmpint(SAYS("203", "sip:b@h", 60, .cseq = 1, .call_id = "c2"), ==, LOCATION_DONE);
    g_assert_cmpint(SAYS("203", "sip:a@h", 0, .cseq = 2, .call_id = "c2"), ==, LOCATION_DONE);
    found_is(fixture, "203", "sip:b@h ");
}

static void test_all_or_nothing(Fixture *fixture, gconstpointer data)
{
    const Said late[] = {{"sip:new@h", 60, .cseq = 3}, {"sip:a@h", 60, .cseq = 3}};
    const Said many[] = {{"sip:1@h", 60}, {"sip:2@h", 60}, {"sip:3@h", 60}};
    const Said swap[] = {{"sip:a@h", 0, .cseq = 7}, {"sip:z@h", 60, .cseq = 7}};

    SAYS("203", "sip:a@h", 60, .cseq = 5);
    journal_is(fixture, "+sip:a@h ");
    g_assert_cmpint(says_all(fixture, "203", late, 2), ==, LOCATION_OUT_OF_ORDER);
    g_assert_cmpint(says_all(fixture, "203", many, 3), ==, LOCATION_AOR_FULL);
    found_is(fixture, "203", "sip:a@h ");
    journal_is(fixture, "");
    g_assert_cmpint(says_all(fixture, "203", swap, 2), ==, LOCATION_DONE);
    found_is(fixture, "203", "sip:z@h ");
    journal_is(fixture, "-sip:a@h +sip:z@h ");
}

static void test_clear(Fixture *fixture, gconstpointer data)
{
    SAYS("203", "sip:a@h", 60, .cseq = 5);
    SAYS("203", "sip:b@h", 60, .cseq = 9, .call_id = "c2");
    g_assert_cmpint(location_clear(fixture->location, "203", "c1", 5), ==, LOCATION_OUT_OF_ORDER);
    found_is(fixture, "203", "sip:a@h sip:b@h ");
    g_assert_cmpint(location_clear(fixture->location, "203", "c1", 6), ==, LOCATION_DONE);
    found_is(fixture, "203", "");
    g_assert_cmpint(location_clear(fixture->location, "nobody", "c1", 6), ==, LOCATION_DONE);
    g_assert_cmpuint(location_count(fixture->location), ==, 0);
}

static void test_caps(Fixture *fixture, gconstpointer data)
{
    for (guint i = 0; i < 3; i++) {
        g_autofree char *contact = g_strdup_printf("sip:%u@h", i);

        g_assert_cmpint(SAYS("203", contact, 60), ==, LOCATION_DONE);
    }
    g_assert_cmpint(SAYS("203", "sip:3@h", 60), ==, LOCATION_AOR_FULL);
    g_assert_cmpint(SAYS("203", "sip:2@h", 60, .cseq = 2), ==, LOCATION_DONE);
    g_assert_cmpint(SAYS("204", "sip:0@h", 60), ==, LOCATION_DONE);
    g_assert_cmpint(SAYS("205", "sip:0@h", 90), ==, LOCATION_DONE);
    g_assert_cmpint(SAYS("206", "sip:0@h", 60), ==, LOCATION_FULL);
    g_assert_cmpint(SAYS("205", "sip:0@h", 90, .cseq = 2), ==, LOCATION_DONE);
    loop_virtual_advance(fixture->loop, 61 * SECOND); /* what is over takes no place */
    g_assert_cmpint(SAYS("203", "sip:3@h", 60), ==, LOCATION_DONE);
    loop_virtual_advance(fixture->loop, 6 * SECOND);
    g_assert_cmpuint(location_count(fixture->location), ==, 2);
}

/* ---- RFC 5626 ---- */

static void test_instances(Fixture *fixture, gconstpointer data)
{
    SAYS("203", "sip:a@h:1", 60, .instance = "urn:1", .reg_id = 1);
    SAYS("203", "sip:a@h:2", 60, .instance = "urn:1", .reg_id = 2);
    found_is(fixture, "203", "sip:a@h:1 sip:a@h:2 ");
    journal_is(fixture, "+sip:a@h:1 +sip:a@h:2 ");
    /* The flow is a new one, whatever its contact. */
    SAYS("203", "sip:a@h:3", 60, .instance = "urn:1", .reg_id = 1, .cseq = 2);
    found_is(fixture, "203", "sip:a@h:2 sip:a@h:3 ");
    journal_is(fixture, "-sip:a@h:1 +sip:a@h:3 ");
    SAYS("203", "sip:b@h", 60, .instance = "urn:2", .reg_id = 1);
    g_assert_cmpuint(location_count_of(fixture->location, "203"), ==, 3);
}

/* Without a reg-id: a phone that began anew has lost what it had before. */
static void test_reborn(Fixture *fixture, gconstpointer data)
{
    const Said two[] = {{"sip:a@h:1", 60, .instance = "urn:1"},
                        {"sip:a@h:2", 60, .instance = "urn:1"}};

    says_all(fixture, "203", two, 2);
    g_assert_cmpuint(location_count_of(fixture->location, "203"), ==, 2);
    SAYS("203", "sip:a@h:9", 60, .instance = "urn:1", .call_id = "c2");
    found_is(fixture, "203", "sip:a@h:9 ");
}

/* ---- learnt ones and their devices ---- */

static gboolean learn(Fixture *fixture, const char *source, Said said)
{
    Binding *binding = binding_said("203", &said, loop_now(fixture->loop));

    binding->origin = BINDING_LEARNT;
    g_assert_true(address_parse(source, &binding->source));
    return location_learn(fixture->location, binding);
}

static gboolean knows(Fixture *fixture, const char *aor, const char *instance, const char *contact,
                      const char *source)
{
    struct sockaddr_storage address;

    g_assert_true(address_parse(source, &address));
    return location_knows_device(fixture->location, aor, instance, contact,
                                 (struct sockaddr *)&address);
}

static void test_learnt(Fixture *fixture, gconstpointer data)
{
    g_assert_true(learn(fixture, "192.0.2.9:5060", (Said){"sip:a@h", 60, .cseq = 7}));
    found_is(fixture, "203", "sip:a@h ");
    journal_is(fixture, "+sip:a@h +device 192.0.2.9 ");
    /* The primary has judged it: no order is asked for. */
    g_assert_true(learn(fixture, "192.0.2.9:5060", (Said){"sip:a@h", 30, .cseq = 7}));
    journal_is(fixture, "+sip:a@h -device 192.0.2.9 +device 192.0.2.9 ");
    loop_virtual_advance(fixture->loop, HOUR);
    found_is(fixture, "203", "");
    g_assert_true(knows(fixture, "203", NULL, "sip:a@h", "192.0.2.9:999"));
    g_assert_true(knows(fixture, "203", "urn:1", "sip:a@h", "192.0.2.9"));
    g_assert_false(knows(fixture, "203", NULL, "sip:b@h", "192.0.2.9"));
    g_assert_false(knows(fixture, "203", NULL, "sip:a@h", "192.0.2.10"));
    g_assert_false(knows(fixture, "204", NULL, "sip:a@h", "192.0.2.9"));
    g_string_truncate(fixture->journal, 0);
    loop_virtual_advance(fixture->loop, 2 * DAY);
    g_assert_false(knows(fixture, "203", NULL, "sip:a@h", "192.0.2.9"));
    journal_is(fixture, "-device 192.0.2.9 ");
}

static void test_learnt_instance(Fixture *fixture, gconstpointer data)
{
    learn(fixture, "192.0.2.9:5060", (Said){"sip:a@h:1", 60, .instance = "urn:1"});
    g_assert_true(knows(fixture, "203", "urn:1", "sip:a@h:2", "192.0.2.9"));
    g_assert_false(knows(fixture, "203", "urn:2", "sip:a@h:1", "192.0.2.9"));
    g_assert_true(knows(fixture, "203", NULL, "sip:a@h:1", "192.0.2.9"));
    /* Taken away by the primary: the binding goes, and the device is no newer for it. */
    g_assert_true(learn(fixture, "192.0.2.9:5060", (Said){"sip:a@h:1", 0, .instance = "urn:1"}));
    found_is(fixture, "203", "");
}

/* It moved: the old address is none any more. */
static void test_device_moves(Fixture *fixture, gconstpointer data)
{
    learn(fixture, "192.0.2.9:5060", (Said){"sip:a@h", 60, .instance = "urn:1"});
    learn(fixture, "[2001:db8::9]:5060", (Said){"sip:a@h", 60, .instance = "urn:1"});
    g_assert_false(knows(fixture, "203", "urn:1", "sip:a@h", "192.0.2.9"));
    g_assert_true(knows(fixture, "203", "urn:1", "sip:a@h", "2001:db8::9"));
}

static void test_drop(Fixture *fixture, gconstpointer data)
{
    SAYS("201", "sip:a@h", 60);
    SAYS("201", "sip:b@h", 60);
    g_assert_cmpuint(location_drop(fixture->location, "reception", "sip:a@H"), ==, 1);
    found_is(fixture, "201", "sip:b@h sip:201@192.0.2.31 ");
    g_assert_cmpuint(location_drop(fixture->location, "201", "sip:c@h"), ==, 0);
    g_assert_cmpuint(location_drop(fixture->location, "201", NULL), ==, 1);
    found_is(fixture, "201", "sip:201@192.0.2.31 "); /* that one is the file's */
}

/* ---- clocks ---- */

/* Steps of an hour and of a day, both ways, expire nothing and prolong nothing. */
static void test_steps(Fixture *fixture, gconstpointer data)
{
    static const gint64 steps[] = {HOUR, -HOUR, DAY, -DAY, -3 * DAY};

    for (guint i = 0; i < G_N_ELEMENTS(steps); i++) {
        SAYS("203", "sip:a@h", 100, .cseq = i + 1);
        g_string_truncate(fixture->journal, 0);
        wall_offset_us += steps[i];
        loop_virtual_advance(fixture->loop, 90 * SECOND);
        found_is(fixture, "203", "sip:a@h ");
        /* The journal is told once, so that a restart knows better. */
        journal_is(fixture, "+sip:a@h ");
        loop_virtual_advance(fixture->loop, 9 * SECOND);
        found_is(fixture, "203", "sip:a@h ");
    }
    loop_virtual_advance(fixture->loop, SECOND);
    found_is(fixture, "203", "");
}

static void restored(Fixture *fixture, const char *contact, gint64 left_us, gint64 age_us)
{
    Binding *binding = binding_said("203", &(Said){contact, 100}, 0);

    location_restore(fixture->location, binding, wall_faked() + left_us, wall_faked() - age_us);
}

static void test_restored(Fixture *fixture, gconstpointer data)
{
    restored(fixture, "sip:over@h", 0, 100 * SECOND);
    journal_is(fixture, "-sip:over@h ");
    restored(fixture, "sip:half@h", 50 * SECOND, 50 * SECOND);
    /* Written while the clock stood a day ahead: no longer than it was granted. */
    restored(fixture, "sip:ahead@h", DAY + 100 * SECOND, -DAY);
    journal_is(fixture, "");
    loop_virtual_advance(fixture->loop, 49 * SECOND);
    found_is(fixture, "203", "sip:ahead@h sip:half@h ");
    loop_virtual_advance(fixture->loop, SECOND);
    found_is(fixture, "203", "sip:ahead@h ");
    loop_virtual_advance(fixture->loop, 50 * SECOND);
    found_is(fixture, "203", "");
}

/* Read late, from a file that was locked: what has come meanwhile is newer. */
static void test_restored_late(Fixture *fixture, gconstpointer data)
{
    SAYS("203", "sip:a@h", 100, 400, .cseq = 9);
    restored(fixture, "sip:a@h", 50 * SECOND, 50 * SECOND);
    restored(fixture, "sip:b@h", 50 * SECOND, 50 * SECOND);
    found_is(fixture, "203", "sip:b@h sip:a@h ");
    g_assert_cmpuint(location_count(fixture->location), ==, 2);
    loop_virtual_advance(fixture->loop, 60 * SECOND);
    found_is(fixture, "203", "sip:a@h ");
}

/* The same request once more after a restart is no late one. */
static void test_repeated_after_restart(Fixture *fixture, gconstpointer data)
{
    restored(fixture, "sip:a@h", 99 * SECOND, SECOND);
    g_assert_cmpint(SAYS("203", "sip:a@h", 100, .cseq = 1), ==, LOCATION_DONE);
    restored(fixture, "sip:b@h", 50 * SECOND, 50 * SECOND);
    g_assert_cmpint(SAYS("203", "sip:b@h", 100, .cseq = 1), ==, LOCATION_OUT_OF_ORDER);
}

/* ---- with the store ---- */

static void bindings_equal(const Binding *one, const Binding *other)
{
    g_autofree char *first = one->path ? g_strjoinv("|", one->path) : NULL;
    g_autofree char *second = other->path ? g_strjoinv("|", other->path) : NULL;

    g_assert_cmpstr(one->contact, ==, other->contact);
    g_assert_cmpuint(one->q, ==, other->q);
    g_assert_cmpuint(one->granted_s, ==, other->granted_s);
    g_assert_cmpstr(one->call_id, ==, other->call_id);
    g_assert_cmpuint(one->cseq, ==, other->cseq);
    g_assert_cmpstr(one->instance, ==, other->instance);
    g_assert_cmpuint(one->reg_id, ==, other->reg_id);
    g_assert_cmpstr(first, ==, second);
    g_assert_cmpstr(one->agent, ==, other->agent);
    g_assert_cmpstr(one->user, ==, other->user);
    g_assert_cmpmem(&one->source, sizeof(one->source), &other->source, sizeof(other->source));
    g_assert_cmpmem(&one->local, sizeof(one->local), &other->local, sizeof(other->local));
    g_assert_cmpint(one->transport, ==, other->transport);
    g_assert_cmpint(one->flow, ==, other->flow);
    g_assert_cmpint(one->origin, ==, other->origin);
}

static void test_kept(Fixture *fixture, gconstpointer data)
{
    g_autofree char *folder = g_dir_make_tmp("tieline-location-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "tieline.db", NULL);
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func((GDestroyNotify)binding_unref);
    g_autoptr(Binding) binding = binding_said(
        "203", &(Said){"sip:a@h;x='1'", 100, 250, "call", 4000000000, "urn:uuid:1", 3}, 0);
    Store *store = store_new(fixture->loop);
    gint64 wall;

    binding->origin = BINDING_LEARNT;
    binding->path = g_strsplit("<sip:p1;lr>|<sip:p2;lr>", "|", -1);
    binding->agent = g_strdup("Phone/1.0 (\"x\")");
    binding->user = g_strdup("ann");
    g_assert_true(address_parse("[2001:db8::1]:5060", &binding->local));
    binding->transport = BINDING_TLS;
    binding->flow = TRUE;
    binding->expires_us = loop_now(fixture->loop) + 100 * SECOND;
    location_keep(fixture->location, store);
    store_open(store, path);
    g_assert_true(location_learn(fixture->location, binding_copy(binding)));
    SAYS("204", "sip:a@h", 200);
    SAYS("205", "sip:a@h", 5);
    store_close(store);
    location_free(fixture->location);
    store_free(store);

    loop_virtual_advance(fixture->loop, 20 * SECOND); /* the daemon is gone so long */
    store = store_new(fixture->loop);
    fixture->location = location_new(fixture->loop, fixture->settings, wall_faked);
    location_keep(fixture->location, store);
    store_open(store, path);
    g_assert_cmpuint(location_find(fixture->location, "203", found), ==, 1);
    bindings_equal(binding, g_ptr_array_index(found, 0));
    g_assert_cmpint(((Binding *)g_ptr_array_index(found, 0))->expires_us - loop_now(fixture->loop),
                    ==, 80 * SECOND);
    found_is(fixture, "204", "sip:a@h ");
    found_is(fixture, "205", "");
    g_assert_true(knows(fixture, "203", "urn:uuid:1", "sip:other", "192.0.2.9"));
    wall = location_wall(fixture->location, loop_now(fixture->loop));
    g_assert_cmpint(wall, ==, wall_faked());
    store_close(store);
    location_free(g_steal_pointer(&fixture->location));
    store_free(store);
    g_unlink(path);
    g_rmdir(folder);
}

/* ---- URIs ---- */

static void test_uri_same(void)
{
    /* RFC 3261 19.1.4 and more; TRUE above the line. */
    static const struct {
        const char *one, *other;
        gboolean same;
    } rows[] = {
        {"sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp", TRUE},
        {"sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5", TRUE},
        {"sip:carol@chicago.com;security=on", "sip:carol@chicago.com;newparam=5", TRUE},
        {"sip:alice@atlanta.com?subject=x", "sip:alice@atlanta.com?subject=x", TRUE},
        {"sip:1@[2001:db8::1]", "sip:1@[2001:0DB8:0::1]", TRUE},
        {"sip:1;x=2@h", "sip:1;x=2@h", TRUE},
        {"SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP", FALSE},
        {"sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", FALSE},
        {"sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp", FALSE},
        {"sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp", FALSE},
        {"sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting", FALSE},
        {"sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4", FALSE},
        {"sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off", FALSE},
        {"sip:a@h", "sips:a@h", FALSE},
        {"sip:a@h", "sip:h", FALSE},
        {"sip:a@h;maddr=1.2.3.4", "sip:a@h", FALSE},
        {"sip:a@h", "sip:a@h;user=phone", FALSE},
        {"sip:a%2Fb@h", "sip:a/b@h", FALSE},
        {"sip:a:p@h", "sip:a@h", FALSE},
        {"tel:1", "tel:2", FALSE},
        {"sip:", "sip:@", FALSE},
    };
    struct sockaddr_storage address;
    char text[64];

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_test_message("%s %s", rows[i].one, rows[i].other);
        g_assert_cmpint(uri_same(rows[i].one, rows[i].other), ==, rows[i].same);
        g_assert_cmpint(uri_same(rows[i].other, rows[i].one), ==, rows[i].same);
    }
    g_assert_true(uri_address("sip:1@[::1]:5070;x", &address));
    g_assert_cmpstr(address_describe((struct sockaddr *)&address, text, sizeof(text)), ==,
                    "[::1]:5070");
    g_assert_true(uri_address("sips:192.0.2.1", &address));
    g_assert_cmpuint(address_port((struct sockaddr *)&address), ==, 0);
    g_assert_false(uri_address("sip:1@host", &address));
    g_assert_false(uri_address("sip:1@192.0.2.1:0", &address));
}

/* A number has parameters, any other user has letters (RFC 3261 19.1.6, RFC 4475 3.1.1.9). */
static void test_uri_cut_user(void)
{
    static const char *const rows[][2] = {
        {"+4930123;phone-context=x", "+4930123"},
        {"201;isub=1", "201"},
        {"*21#;x", "*21#"},
        {"201", "201"},
        {"user;par=u%40example.net", "user;par=u%40example.net"},
        {"2nd.floor;x", "2nd.floor;x"},
        {";201", ";201"},
        {"", ""},
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *user = g_strdup(rows[i][0]);

        uri_cut_user(user);
        g_assert_cmpstr(user, ==, rows[i][1]);
    }
}

static void test_uri_param(void)
{
    g_autofree char *transport = uri_param("sip:a;transport=x@h;ob;Transport=TCP?a=b", "transport");
    g_autofree char *ob = uri_param("sip:a@h;ob", "ob");

    g_assert_cmpstr(transport, ==, "TCP");
    g_assert_cmpstr(ob, ==, "");
    g_assert_null(uri_param("sip:a@h;obx", "ob"));
}

/* ---- phones that come ---- */

static void on_arrival(void *user, const char *aor)
{
    g_string_append_printf(((Fixture *)user)->journal, "!%s ", aor);
}

static void test_arrivals(Fixture *fixture, gconstpointer data)
{
    const LocationJournal nobody = {0};

    location_set_journal(fixture->location, &nobody);
    location_set_arrival(fixture->location, on_arrival, fixture);
    SAYS("203", "sip:a@h", 60);
    journal_is(fixture, "!203 ");
    SAYS("203", "sip:a@h", 60);            /* repeated */
    SAYS("203", "sip:a@h", 60, .cseq = 2); /* refreshed */
    journal_is(fixture, "");
    SAYS("203", "sip:a@h", 60, .call_id = "c2"); /* it was switched off */
    SAYS("203", "sip:b@h", 60);                  /* another one */
    journal_is(fixture, "!203 !203 ");
    SAYS("203", "sip:a@h", 0, .call_id = "c3");
    SAYS("203", "sip:b@h", 50, .cseq = 1); /* out of order */
    journal_is(fixture, "");
}

#define ADD(name, test)                                                                            \
    g_test_add("/location/" name, Fixture, NULL, fixture_open, test, fixture_close)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("found-by-q", test_found_by_q);
    ADD("static", test_static);
    ADD("expiry", test_expiry);
    ADD("order", test_order);
    ADD("all-or-nothing", test_all_or_nothing);
    ADD("clear", test_clear);
    ADD("caps", test_caps);
    ADD("instances", test_instances);
    ADD("reborn", test_reborn);
    ADD("learnt", test_learnt);
    ADD("learnt-instance", test_learnt_instance);
    ADD("device-moves", test_device_moves);
    ADD("drop", test_drop);
    ADD("steps", test_steps);
    ADD("restored", test_restored);
    ADD("restored-late", test_restored_late);
    ADD("repeated-after-restart", test_repeated_after_restart);
    ADD("kept", test_kept);
    ADD("arrivals", test_arrivals);
    g_test_add_func("/location/uri-same", test_uri_same);
    g_test_add_func("/location/uri-cut-user", test_uri_cut_user);
    g_test_add_func("/location/uri-param", test_uri_param);
    return g_test_run();
}
