/* A call for help stays where it is: no transfer moves it, takes it over, or leads to it. */
#include "sip_house.h"

#include "log.h"
#include "log_heard.h"

#include <string.h>

#define HELP "[emergency]\nnumbers = 200\ntrunks = pbx\n"
#define DRILL "[emergency]\nnumbers = 112\ndrill = 200\ndrill-to = 201\n"

static guint64 refused;
static guint8 cause_of_bye;

static void count_refused(void *user, const char *name, guint64 value)
{
    if (strcmp(name, "transfers refused") == 0)
        refused = value;
}

static void refused_are(House *house, guint wanted)
{
    ua_each_counter(house->ua, count_refused, NULL);
    g_assert_cmpuint(refused, ==, wanted);
}

static void note_bye(void *user, const CallTrace *trace)
{
    if (trace->event == EVENT_SIP_BYE)
        cause_of_bye = trace->news->cause;
}

static void is_asked(Phone *phone, const char *method, const char *uri, const char *headers,
                     const char *body, const char *status)
{
    phone_request(phone, method, uri, headers, body);
    phone_hear(phone, status);
    if (body)
        phone_ack(phone, NULL);
}

/* REFER to a phone and to a number, REFER by Target-Dialog, INVITE with Replaces. */
static void nobody_moves(House *house, guint32 id)
{
    g_autofree char *dialog = phone_dialog(house->phone, ";to-tag=", ";from-tag=");
    g_autofree char *target = phone_dialog(house->phone, ";remote-tag=", ";local-tag=");
    g_autofree char *number = g_strdup_printf("Refer-To: <sip:222%s>\r\n", strchr(house->uri, '@'));
    g_autofree char *phone =
        g_strdup_printf("Refer-To: <sip:bob@127.0.0.1:%u>\r\n", phone_port(house->second));
    g_autofree char *beside = g_strdup_printf("%sTarget-Dialog: %s\r\n", phone, target);
    g_autofree char *replaces = g_strdup_printf("Replaces: %s\r\n", dialog);

    is_asked(house->phone, "REFER", NULL, phone, NULL, "SIP/2.0 403");
    is_asked(house->phone, "REFER", NULL, number, NULL, "SIP/2.0 403");
    phone_hang_up(house->second);
    is_asked(house->second, "REFER", house->uri, beside, NULL, "SIP/2.0 403");
    phone_hang_up(house->second);
    is_asked(house->second, "INVITE", house->uri, replaces, SDP, "SIP/2.0 403");
    refused_are(house, 4);
    call_stands(house, id, SIP_UP, ISDN_ACTIVE);
    g_assert_cmpuint(hall_call_count(house->hall), ==, 1);
}

static void nobody_moves_a_call_for_help(gconstpointer more)
{
    House house;
    g_autofree char *also = NULL;

    house_open_with(&house, more, FALSE);
    hall_add_trace(house.hall, note_bye, NULL);
    phone_talks(&house, house.phone);
    g_assert_true(call_is_emergency(hall_find_call(house.hall, 1)));
    nobody_moves(&house, 1);
    /* BYE ends it like any other. */
    also = g_strdup_printf("Also: <sip:bob@127.0.0.1:%u>\r\n", phone_port(house.second));
    is_asked(house.phone, "BYE", NULL, also, NULL, "SIP/2.0 200");
    house_rests(&house);
    g_assert_cmpuint(cause_of_bye, ==, 16);
    refused_are(&house, 5);
    g_assert_true(phone_hears_nothing(house.second, 20));
    house_close(&house);
}

static gboolean is_callback(void *user, const char *trunk, const CallSetup *setup, char *uri,
                            gsize size)
{
    g_snprintf(uri, size, "sip:100@127.0.0.1:%u", phone_port(((House *)user)->phone));
    return TRUE;
}

static void nobody_moves_the_call_back(void)
{
    House house;

    house_open(&house);
    hall_set_callback_finder(house.hall, is_callback, &house);
    phone_is_talked_to(&house);
    g_assert_true(call_is_callback(hall_find_call(house.hall, 1)));
    nobody_moves(&house, 1);
    phone_request(house.phone, "BYE", NULL, "", NULL);
    phone_hear(house.phone, "SIP/2.0 200");
    house_close(&house);
}

/* A consultation that asks for help is nobody's to hand over. */
static void no_call_is_joined_to_it(void)
{
    House house;
    g_autofree char *replaces = NULL, *headers = NULL;

    house_open_with(&house, HELP, FALSE);
    phone_is_talked_to(&house);
    phone_talks(&house, house.second);
    replaces = phone_dialog(house.second, "%3Bto-tag%3D", "%3Bfrom-tag%3D");
    headers = g_strdup_printf("Refer-To: <%s?Replaces=%s>\r\n", house.uri, replaces);
    is_asked(house.phone, "REFER", NULL, headers, NULL, "SIP/2.0 403");
    call_stands(&house, 1, SIP_UP, ISDN_ACTIVE);
    call_stands(&house, 2, SIP_UP, ISDN_ACTIVE);
    is_asked(house.second, "BYE", NULL, "", NULL, "SIP/2.0 200");
    is_asked(house.phone, "BYE", NULL, "", NULL, "SIP/2.0 200");
    house_close(&house);
}

/* ---- what is told -------------------------------------------------------------------------------
 */

/* The INVITE came from .7, the REFER from .8 by another port, the INVITE with Replaces from .9. */
static void story_behind_the_proxy(void)
{
    CallOrigin origin = {.kind = ORIGIN_SIP, .emergency = TRUE};
    char sealed[ORIGIN_TEXT_MAX];
    House house;

    house_open_with(&house, HELP, TRUE);
    for (guint i = 0; i < 2; i++) {
        Phone *phone = i ? house.second : house.phone;
        g_autofree char *dialog =
            i ? phone_dialog(house.phone, ";to-tag=", ";from-tag=") : g_strdup("");
        g_autofree char *call_id = phone_dialog(phone, "", "");
        g_autofree char *headers = NULL;

        g_assert_true(address_parse(i ? "192.0.2.9:5070" : "192.0.2.7:5070", &origin.source));
        origin_seal(&house.key, &origin, call_id, sealed);
        headers = g_strdup_printf("%s: %s\r\n%s%s%s", ORIGIN_HEADER, sealed, i ? "Replaces: " : "",
                                  dialog, i ? "\r\n" : "");
        phone_request(phone, "INVITE", house.uri, headers, SDP);
        if (!i)
            pbx_says(&house, EVENT_ISDN_CONNECT, 0);
        phone_hear(phone, i ? "SIP/2.0 403" : "SIP/2.0 200");
        phone_ack(phone, NULL);
        if (!i)
            is_asked(phone, "REFER", NULL,
                     "Via: SIP/2.0/UDP "
                     "phone.example:5072;branch=z9hG4bK1;received=192.0.2.8;rport=5071\r\n"
                     "Refer-To: <sip:222@127.0.0.1>\r\n",
                     NULL, "SIP/2.0 403");
    }
    is_asked(house.phone, "BYE", NULL, "", NULL, "SIP/2.0 200");
    house_close(&house);
}

static void the_phone_is_named_behind_the_proxy(void)
{
    g_autofree char *log = NULL;

    log_open(LEVEL_WARNING, TRUE);
    log = log_heard(story_behind_the_proxy);
    g_assert_nonnull(strstr(log, "REFER from 192.0.2.8:5071 refused with 403: a call for help"));
    g_assert_nonnull(
        strstr(log, "INVITE with Replaces from 192.0.2.9:5070 refused with 403: a call for help"));
    g_assert_null(strstr(log, "from 127.0.0.1"));
}

void help_stories(void)
{
    g_test_add_data_func("/sip-help/nobody_moves_a_call_for_help", HELP,
                         nobody_moves_a_call_for_help);
    g_test_add_data_func("/sip-help/nobody_moves_a_drill", DRILL, nobody_moves_a_call_for_help);
    g_test_add_func("/sip-help/nobody_moves_the_call_back", nobody_moves_the_call_back);
    g_test_add_func("/sip-help/no_call_is_joined_to_it", no_call_is_joined_to_it);
    g_test_add_func("/sip-help/the_phone_is_named_behind_the_proxy",
                    the_phone_is_named_behind_the_proxy);
}
