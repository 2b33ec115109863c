/* The hall itself: draining, limits, counters, its end, and what it does with a mistake of ours. */
#include "cause.h"
#include "fake_rooms.h"
#include "log.h"

#include <stdlib.h>
#include <string.h>

static void draining_and_clearing(void)
{
    Fake *fake = fake_new();
    guint32 one, two, none = 0;

    fake_call_from_phone(fake, "200", &one);
    fake_call_from_pbx(fake, "100", TRUE, &two);
    hall_set_draining(fake->hall, TRUE);
    g_assert_null(fake_call_from_phone(fake, "201", &none));
    g_assert_cmpuint(none, ==, 0);
    hall_clear_all(fake->hall, 41);
    says_last(fake, one, "sip_reject:503 isdn_disconnect:41");
    g_assert_cmpuint(hall_call_count(fake->hall), ==, 2);
    fake_raise(fake, one, EVENT_ISDN_RELEASED, NULL);
    g_assert_cmpuint(fake->idle, ==, 0);
    fake_raise(fake, two, EVENT_ISDN_RELEASED, NULL);
    fake_raise_status(fake, two, 408);
    g_assert_cmpuint(fake->idle, ==, 1);
    fake_free(fake);
}

static void max_calls_bars_all_but_emergencies(void)
{
    Fake *fake = fake_new();
    CallOrigin emergency = {.kind = ORIGIN_SIP, .emergency = TRUE};
    CallSetup setup = {0};
    guint32 id;

    fake->settings->sip.max_calls = 1;
    g_assert_nonnull(fake_call_from_phone(fake, "200", &id));
    g_assert_null(fake_call_from_phone(fake, "201", &id));
    g_assert_nonnull(call_new(fake->hall, &emergency, &setup));
    fake_free(fake);
}

static void count_named(void *user, const char *name, guint64 value)
{
    g_hash_table_insert(user, (gpointer)name, GUINT_TO_POINTER((guint)value));
}

static void counters_count(void)
{
    Fake *fake = fake_new();
    g_autoptr(GHashTable) counters = g_hash_table_new(g_str_hash, g_str_equal);
    guint32 id;

    fake_call_from_phone(fake, "200", &id);
    fake_raise_cause(fake, id, EVENT_ISDN_RELEASED, 44);
    fake_raise_cause(fake, id, EVENT_ISDN_RELEASED, 34);
    fake_raise(fake, id, EVENT_ISDN_CONNECT, NULL);
    fake_raise(fake, id, EVENT_SIP_ACK, NULL);
    fake_raise(fake, id, EVENT_ISDN_CONNECT, NULL);
    hall_each_counter(fake->hall, count_named, counters);
    g_assert_cmpuint(GPOINTER_TO_UINT(g_hash_table_lookup(counters, "calls live")), ==, 1);
    g_assert_cmpuint(GPOINTER_TO_UINT(g_hash_table_lookup(counters, "calls from SIP")), ==, 1);
    g_assert_cmpuint(GPOINTER_TO_UINT(g_hash_table_lookup(counters, "calls answered")), ==, 1);
    g_assert_cmpuint(GPOINTER_TO_UINT(g_hash_table_lookup(counters, "channels tried again")), ==,
                     1);
    g_assert_cmpuint(GPOINTER_TO_UINT(g_hash_table_lookup(counters, "alternatives tried")), ==, 1);
    g_assert_cmpuint(GPOINTER_TO_UINT(g_hash_table_lookup(counters, "events late")), ==, 1);
    g_assert_cmpuint(GPOINTER_TO_UINT(g_hash_table_lookup(counters, "events without a rule")), ==,
                     0);
    fake_free(fake);
}

static void count_part(void *room, Call *call)
{
    (*(guint *)room)++;
}

/* Live calls at the end are parted from rooms that still stand, without a message. */
static void hall_ends_with_live_calls(void)
{
    Fake *fake = fake_new();
    guint sip = 0, isdn = 0, media = 0;
    CallOps parts[] = {
        {&sip, {0}, count_part}, {&isdn, {0}, count_part}, {&media, {0}, count_part}};
    guint32 one, two;

    fake_call_from_phone(fake, "200", &one);
    fake_call_from_pbx(fake, "10", FALSE, &two); /* still dialling: no SIP leg, no port */
    hall_set_sip(fake->hall, &parts[0]);
    hall_set_isdn(fake->hall, &parts[1]);
    hall_set_media(fake->hall, &parts[2]);
    hall_free(g_steal_pointer(&fake->hall));
    g_assert_cmpuint(sip, ==, 1);
    g_assert_cmpuint(isdn, ==, 2);
    g_assert_cmpuint(media, ==, 1);
    fake_free(fake);
}

static void keep_line(void *user, const CallTrace *trace)
{
    g_string_append_printf(user, "%s\n", trace->line);
}

/* Rooms that only nod: the legs of paper would not let a mistake be made. */
static gboolean nod(void *room, Call *call, const CallNews *news)
{
    if (call_channel(call).number == 0)
        call_set_channel(call, (Channel){0, 1});
    return TRUE;
}

static void hand_in_nods(Hall *hall)
{
    CallOps ops = {0};

    for (guint action = 1; action < CALL_ACTION_COUNT; action++)
        ops.action[action] = nod;
    hall_set_sip(hall, &ops);
    hall_set_isdn(hall, &ops);
    hall_set_media(hall, &ops);
}

static void mistake_clears_both_legs(void)
{
    Loop *loop = loop_virtual_new();
    Settings *settings = fake_settings_new();
    Hall *hall = hall_new(loop, settings);
    g_autoptr(GString) lines = g_string_new(NULL);
    CallOrigin origin = {.kind = ORIGIN_SIP};
    CallSetup setup = {.called = {.digits = "200"}};
    Call *call;

    callmap_open(NULL);
    hand_in_nods(hall);
    hall_add_trace(hall, keep_line, lines);
    call = call_new(hall, &origin, &setup);
    call_event(call, EVENT_SIP_INVITE, NULL);
    call_event(call, EVENT_ISDN_CONNECT, NULL);
    g_string_set_size(lines, 0);
    call_event(call, EVENT_ROUTE_MORE, NULL);
    g_assert_cmpstr(lines->str, ==,
                    "C1 ROUTE.MORE (ANSWERED,ACTIVE)->(PARTING,DISCONNECT_REQUEST) note_cause "
                    "media_close sip_withdraw isdn_disconnect error\n");
    /* And one that comes while the call is being cleared changes nothing. */
    g_string_set_size(lines, 0);
    call_event(call, EVENT_ROUTE_MORE, NULL);
    g_assert_cmpstr(lines->str, ==,
                    "C1 ROUTE.MORE (PARTING,DISCONNECT_REQUEST)->(PARTING,DISCONNECT_REQUEST) "
                    "error\n");
    call_event(call, EVENT_ISDN_RELEASED, NULL);
    call_event(call, EVENT_SIP_BYE, NULL);
    g_assert_cmpuint(hall_call_count(hall), ==, 0);
    /* Nor does it leave a call that nobody can end: the guard lets go of what says nothing. */
    call = call_new(hall, &origin, &setup);
    call_event(call, EVENT_SIP_INVITE, NULL);
    call_event(call, EVENT_ISDN_CONNECT, NULL);
    call_event(call, EVENT_ROUTE_MORE, NULL);
    call_event(call, EVENT_ISDN_RELEASED, NULL);
    call_event(call, EVENT_ROUTE_MORE, NULL);
    hall_clear_all(hall, 41);
    g_assert_cmpuint(hall_call_count(hall), ==, 1);
    loop_virtual_advance(loop, 299 * SECOND);
    g_assert_cmpuint(hall_call_count(hall), ==, 1);
    loop_virtual_advance(loop, 2 * SECOND);
    g_assert_cmpuint(hall_call_count(hall), ==, 0);
    /* A call that begins with something else than an offer is over at once. */
    call = call_new(hall, &origin, &setup);
    call_event(call, EVENT_SIP_BYE, NULL);
    g_assert_cmpuint(hall_call_count(hall), ==, 0);
    hall_free(hall);
    fake_settings_free(settings);
    loop_virtual_free(loop);
}

#define STORY(name) g_test_add_func("/hall/" #name, name)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    log_open(LEVEL_ERROR, FALSE);
    STORY(draining_and_clearing);
    STORY(max_calls_bars_all_but_emergencies);
    STORY(counters_count);
    STORY(hall_ends_with_live_calls);
    STORY(mistake_clears_both_legs);
    return g_test_run();
}
