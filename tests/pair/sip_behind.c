/* Who asks for a transfer where a proxy stands before the user agent: inside a dialog nobody was
 * asked who it is, and the request's own word, sealed or not, opens no door. */
#include "sip_house.h"
#include "transfer.h"

#include <string.h>

typedef struct Behind {
    House house;
    OriginKey key;
    CallOrigin by; /* of the last transfer that was judged */
    guint judged;
} Behind;

static gboolean behind_judges(void *user, const Call *call, const CallOrigin *by,
                              TransferPlan *plan)
{
    Behind *behind = user;

    behind->by = *by;
    behind->judged++;
    return TRUE;
}

static void behind_knows(void *user, const char *name, CallOrigin *origin)
{
    g_assert_cmpstr(name, ==, "100");
    g_strlcpy(origin->user, name, sizeof(origin->user));
    g_strlcpy(origin->class_name, "hall", sizeof(origin->class_name));
}

/* The phone is the proxy as well. */
static void behind_open(Behind *behind)
{
    House *house = &behind->house;
    UaBehind place = {.key = &behind->key, .know_called = behind_knows, .user = behind};
    g_autoptr(GError) error = NULL;
    CallOps ops;

    *behind = (Behind){0};
    house_open(house);
    ua_free(house->ua);
    origin_key_make(&behind->key);
    place.listen = house->settings->sip.listen;
    g_assert_true(address_parse("127.0.0.1", &place.proxy));
    address_set_port(&place.proxy, phone_port(house->phone));
    house->ua =
        ua_new_behind(house->settings, &place, house->loop, house->hall, NULL, NULL, &error);
    g_assert_no_error(error);
    ops = ua_call_ops(house->ua);
    hall_set_sip(house->hall, &ops);
    hall_set_transfer_check(house->hall, behind_judges, behind);
}

/* The header by which the proxy says that PHONE's request came from USER of CLASS_NAME. */
static char *behind_seal(Behind *behind, Phone *phone, const char *user, const char *class_name,
                         gboolean emergency)
{
    g_autofree char *call_id = phone_dialog(phone, ";", ";");
    CallOrigin origin = {.kind = ORIGIN_SIP, .emergency = emergency};
    char text[ORIGIN_TEXT_MAX];

    g_assert_true(address_parse("127.0.0.1", &origin.source));
    g_strlcpy(origin.user, user, sizeof(origin.user));
    g_strlcpy(origin.class_name, class_name, sizeof(origin.class_name));
    *strchr(call_id, ';') = '\0';
    origin_seal(&behind->key, &origin, call_id, text);
    return g_strdup_printf(ORIGIN_HEADER ": %s\r\n", text);
}

static void phone_asks_for_203(Behind *behind)
{
    House *house = &behind->house;
    g_autofree char *seal = behind_seal(behind, house->phone, "", "", TRUE);
    g_autofree char *target = g_strdup_printf("sip:203%s", strchr(house->uri, '@'));
    guint before = behind->judged;

    phone_refers(house, target, seal);
    g_assert_cmpuint(behind->judged, ==, before + 1);
    g_assert_false(behind->by.emergency);
    phone_is_notified(house->phone, "100", FALSE);
}

/* The call sought and the phone's own end. */
static void both_end(Behind *behind)
{
    House *house = &behind->house;

    phone_request(house->phone, "BYE", NULL, "", NULL);
    phone_hear(house->phone, "SIP/2.0 200");
    pbx_says_of(house, 1, EVENT_ISDN_DISCONNECT, 16);
    house_rests(house);
    house_close(house);
}

static void the_caller_is_who_it_was(void)
{
    Behind behind;
    House *house = &behind.house;
    g_autofree char *seal = NULL;

    behind_open(&behind);
    phone_hang_up(house->phone);
    seal = behind_seal(&behind, house->phone, "201", "staff", FALSE);
    phone_request(house->phone, "INVITE", house->uri, seal, SDP);
    house_call(house);
    pbx_says(house, EVENT_ISDN_CONNECT, 0);
    phone_hear(house->phone, "SIP/2.0 200");
    phone_ack(house->phone, NULL);
    call_stands(house, 1, SIP_UP, ISDN_ACTIVE);
    phone_asks_for_203(&behind);
    g_assert_cmpstr(behind.by.user, ==, "201");
    g_assert_cmpstr(behind.by.class_name, ==, "staff");
    both_end(&behind);
}

static void the_called_is_who_was_called(void)
{
    Behind behind;

    behind_open(&behind);
    phone_is_talked_to(&behind.house);
    phone_asks_for_203(&behind);
    g_assert_cmpstr(behind.by.user, ==, "100");
    g_assert_cmpstr(behind.by.class_name, ==, "hall");
    both_end(&behind);
}

/* Who took the call over is asked about, not who began it. */
static void who_took_over_is_who_asks(void)
{
    Behind behind;
    House *house = &behind.house;
    g_autofree char *seal = NULL, *dialog = NULL, *headers = NULL;
    Phone *first;

    behind_open(&behind);
    phone_is_talked_to(house);
    dialog = phone_dialog(house->phone, ";to-tag=", ";from-tag=");
    phone_hang_up(house->second);
    seal = behind_seal(&behind, house->second, "202", "guest", TRUE);
    headers = g_strdup_printf("Replaces: %s\r\n%s", dialog, seal);
    phone_request(house->second, "INVITE", house->uri, headers, SDP);
    phone_hear(house->second, "SIP/2.0 200");
    phone_ack(house->second, NULL);
    g_assert_cmpstr(behind.by.user, ==, "202");
    g_assert_false(behind.by.emergency);
    phone_hear(house->phone, "BYE");
    phone_reply(house->phone, "BYE", "200 OK", "", NULL);
    first = house->phone;
    house->phone = house->second;
    {
        g_autofree char *target = g_strdup_printf("sip:203%s", strchr(house->uri, '@'));
        g_autofree char *refer_to = g_strdup_printf("Refer-To: <%s>\r\n", target);

        phone_request(house->phone, "REFER", NULL, refer_to, NULL);
        phone_hear(house->phone, "SIP/2.0 202");
    }
    g_assert_cmpstr(behind.by.user, ==, "202");
    g_assert_cmpstr(behind.by.class_name, ==, "guest");
    house->second = house->phone;
    house->phone = first;
    house_abandon(house);
}

/* A 3xx is the word of whom we called, though the proxy's address brings it. Of many Contacts the
 * best are looked at. */
static void a_redirect_is_of_who_was_called(void)
{
    Behind behind;
    House *house = &behind.house;
    PeerSettings *peer;
    GString *contacts = g_string_new(NULL);

    behind_open(&behind);
    peer = g_ptr_array_index(house->settings->peers, 0);
    peer->follow = TRUE;
    for (guint i = 0; i < 40; i++)
        g_string_append_printf(contacts, "Contact: <sip:3%02u@127.0.0.1:5099>;q=0.%u\r\n", i,
                               i / 16 + 1);
    pbx_calls(house);
    phone_hear(house->phone, "INVITE sip:100@");
    phone_reply(house->phone, "INVITE", "302 Moved Temporarily", contacts->str, NULL);
    phone_hear(house->phone, "ACK");
    phone_hear(house->phone, "INVITE sip:332@");
    g_assert_cmpstr(behind.by.user, ==, "100");
    g_assert_cmpstr(behind.by.class_name, ==, "hall");
    g_string_free(contacts, TRUE);
    house_abandon(house);
}

void behind_stories(void)
{
    g_test_add_func("/sip-behind/a-redirect-is-of-who-was-called", a_redirect_is_of_who_was_called);
    g_test_add_func("/sip-behind/the-caller-is-who-it-was", the_caller_is_who_it_was);
    g_test_add_func("/sip-behind/the-called-is-who-was-called", the_called_is_who_was_called);
    g_test_add_func("/sip-behind/who-took-over-is-who-asks", who_took_over_is_who_asks);
}
