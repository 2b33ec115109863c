/* Addresses out of use: for how long, in which order they are tried meanwhile, and how many are
 * remembered; and the order of a name's servers, drawn anew for each call. */
#include "graylist.h"

#include "settings.h"

#include <string.h>

#define S ((gint64)G_USEC_PER_SEC)
#define START (1000 * S)

static NextHop hop_at(const char *address)
{
    NextHop hop = {0};

    g_assert_true(address_parse(address, &hop.address));
    return hop;
}

static GArray *hops_at(const char *const *addresses)
{
    GArray *hops = g_array_new(FALSE, TRUE, sizeof(NextHop));

    for (; *addresses; addresses++) {
        NextHop hop = hop_at(*addresses);

        g_array_append_val(hops, hop);
    }
    return hops;
}

/* "1 3 2": the last number of each address. */
static char *order_of(const GArray *hops)
{
    GString *text = g_string_new("");

    for (guint i = 0; i < hops->len; i++) {
        char address[64];

        address_describe((struct sockaddr *)&g_array_index(hops, NextHop, i).address, address,
                         sizeof(address));
        *strchr(address, ':') = '\0';
        g_string_append_printf(text, "%s%s", i ? " " : "", strrchr(address, '.') + 1);
    }
    return g_string_free(text, FALSE);
}

static void note(Graylist *list, const char *name, const char *address, GrayShade shade,
                 gint64 seconds)
{
    NextHop hop = hop_at(address);
    g_autofree char *key = graylist_key(name, &hop);

    graylist_note(list, key, shade, START + seconds * S, START);
}

static const char *const three[] = {"192.0.2.1:5060", "192.0.2.2:5060", "192.0.2.3:5060", NULL};

static void order_is(const Graylist *list, const char *name, gint64 seconds, const char *wanted,
                     guint usable)
{
    g_autoptr(GArray) hops = hops_at(three);
    g_autofree char *order = NULL;

    g_assert_cmpuint(graylist_order(list, name, hops, START + seconds * S), ==, usable);
    order = order_of(hops);
    g_assert_cmpstr(order, ==, wanted);
}

static void test_who_failed_is_tried_last(void)
{
    g_autoptr(Graylist) list = graylist_new(8);

    order_is(list, "a.example", 0, "1 2 3", 3);
    note(list, "a.example", three[0], GRAY_FAILED, 30);
    order_is(list, "a.example", 29, "2 3 1", 3);
    order_is(list, "A.Example", 29, "2 3 1", 3);
    order_is(list, "a.example", 30, "1 2 3", 3); /* it has ended */
    order_is(list, "b.example", 0, "1 2 3", 3);  /* another one's word */
    note(list, "a.example", three[1], GRAY_FAILED, 20);
    note(list, "a.example", three[2], GRAY_FAILED, 40);
    order_is(list, "a.example", 0, "2 1 3", 3); /* all: which ends first */
}

static void test_who_is_busy_is_not_tried(void)
{
    g_autoptr(Graylist) list = graylist_new(8);
    NextHop hop = hop_at(three[1]);
    g_autofree char *key = graylist_key("a.example", &hop);
    gint64 until;

    note(list, "a.example", three[1], GRAY_BUSY, 60);
    note(list, "a.example", three[1], GRAY_FAILED, 90); /* takes nothing from it */
    note(list, "a.example", three[0], GRAY_FAILED, 90);
    order_is(list, "a.example", 59, "3 1 2", 2);
    order_is(list, "a.example", 60, "2 3 1", 3);
    g_assert_cmpint(graylist_shade(list, key, START, &until), ==, GRAY_BUSY);
    g_assert_cmpint(until, ==, START + 60 * S);
    note(list, "a.example", three[1], GRAY_BUSY, 10); /* its newest word */
    g_assert_cmpint(graylist_shade(list, key, START + 11 * S, &until), ==, GRAY_NOT);
    g_assert_cmpint(until, ==, 0);
    note(list, "a.example", three[1], GRAY_BUSY, 60);
    graylist_forget(list, key);
    order_is(list, "a.example", 0, "2 3 1", 3);
    note(list, "a.example", three[1], GRAY_BUSY, 0); /* no time at all */
    g_assert_cmpint(graylist_shade(list, key, START, NULL), ==, GRAY_NOT);
}

static void test_ports_and_transports_are_told_apart(void)
{
    NextHop one = hop_at("192.0.2.1:5060"), other = hop_at("192.0.2.1:5070"), tcp = one;
    g_autofree char *first = graylist_key("a", &one), *second = graylist_key("a", &other);
    g_autofree char *third = NULL;

    tcp.tcp = TRUE;
    third = graylist_key("a", &tcp);
    g_assert_cmpstr(first, !=, second);
    g_assert_cmpstr(first, !=, third);
}

static void test_memory_is_bounded(void)
{
    g_autoptr(Graylist) list = graylist_new(2);

    note(list, "a", three[0], GRAY_FAILED, 30);
    note(list, "a", three[1], GRAY_FAILED, 10);
    note(list, "a", three[2], GRAY_FAILED, 20);
    g_assert_cmpuint(graylist_size(list), ==, 2);
    order_is(list, "a", 0, "2 3 1", 3); /* the one that would have ended first is forgotten */
}

static guint32 draw_as_told(void *user, guint32 limit)
{
    return MIN(*(guint32 *)user, limit);
}

static void test_servers_are_drawn_anew(void)
{
    static const char *const six[] = {"192.0.2.1:1", "192.0.2.2:1", "192.0.2.3:1",
                                      "192.0.2.4:1", "192.0.2.5:1", NULL};
    static const guint8 servers[] = {0, 0, 1, 2, 2};
    static const guint16 priorities[] = {10, 10, 10, 20, 20}, weights[] = {3, 3, 1, 9, 9};
    guint32 least = 0, most = 4;

    for (guint i = 0; i < 2; i++) {
        g_autoptr(GArray) hops = hops_at(six);
        g_autofree char *order = NULL;

        for (guint j = 0; j < hops->len; j++) {
            NextHop *hop = &g_array_index(hops, NextHop, j);

            hop->server = servers[j];
            hop->priority = priorities[j];
            hop->weight = weights[j];
        }
        hops_draw(hops, draw_as_told, i ? &most : &least);
        order = order_of(hops);
        g_assert_cmpstr(order, ==, i ? "3 1 2 4 5" : "1 2 3 4 5");
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/graylist/failed", test_who_failed_is_tried_last);
    g_test_add_func("/graylist/busy", test_who_is_busy_is_not_tried);
    g_test_add_func("/graylist/keys", test_ports_and_transports_are_told_apart);
    g_test_add_func("/graylist/bounded", test_memory_is_bounded);
    g_test_add_func("/graylist/drawn", test_servers_are_drawn_anew);
    return g_test_run();
}
