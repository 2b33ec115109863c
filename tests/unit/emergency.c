/* Calls for help as values: numbers and services, places and their numbers, how often one source
 * calls, whom a call back is for. */
#include "emergency.h"

#include <string.h>

static const char settings_text[] = "[span e1]\nlocal = 127.0.0.1:2142\nremote = 127.0.0.2:2142\n"
                                    "[span e2]\nlocal = 127.0.0.1:2143\nremote = 127.0.0.2:2143\n"
                                    "[span e3]\nlocal = 127.0.0.1:2144\nremote = 127.0.0.2:2144\n"
                                    "[trunk one]\nspan = e1\ncountry-code = 49\n"
                                    "[trunk two]\nspan = e2\n"
                                    "[trunk pbx]\nspan = e3\n"
                                    "[emergency]\n"
                                    "numbers = 112, 11[0], 0112:112, 9.11\n";

static Number digits(const char *text)
{
    Number number = {0};

    if (*text == '+')
        number.ton = TON_INTERNATIONAL;
    g_strlcpy(number.digits, text + (*text == '+'), sizeof(number.digits));
    return number;
}

static EmergencyKind kind_of(const Settings *settings, const char *called, const char *dial)
{
    Number asked = digits(called), told;
    EmergencyKind kind = emergency_recognize(settings, &asked, &told);

    g_assert_cmpstr(told.digits, ==, dial);
    return kind;
}

static void numbers_are_known(void)
{
    g_autofree char *text = g_strdup(settings_text);
    g_autoptr(GError) error = NULL;
    Settings *settings;

    /* '.' in the middle is no pattern: told with its line. */
    g_assert_null(settings_parse("t", text, &error));
    g_assert_nonnull(strstr(error->message, "[emergency] numbers: pattern '9.11'"));
    *strstr(text, ", 9.11") = '\0';
    settings = settings_parse("t", text, NULL);
    g_assert_nonnull(settings);
    g_assert_cmpint(kind_of(settings, "112", "112"), ==, EMERGENCY_CALL);
    g_assert_cmpint(kind_of(settings, "110", "110"), ==, EMERGENCY_CALL);
    g_assert_cmpint(kind_of(settings, "0112", "112"), ==, EMERGENCY_CALL);
    g_assert_cmpint(kind_of(settings, "1120", "1120"), ==, EMERGENCY_NONE);
    g_assert_cmpint(kind_of(settings, "11", "11"), ==, EMERGENCY_NONE);
    g_assert_cmpint(kind_of(settings, "", ""), ==, EMERGENCY_NONE);
    g_assert_cmpint(kind_of(settings, "+112", "112"), ==,
                    EMERGENCY_NONE); /* Tonga's are not ours */
    settings_free(settings);
}

#define NUMBERS "[emergency]\nnumbers = 112\n"

static Settings *settings_with(const char *more)
{
    g_autofree char *text = g_strdup(settings_text);
    g_autofree char *whole = NULL;
    g_autoptr(GError) error = NULL;
    Settings *settings;

    *strstr(text, "[emergency]") = '\0';
    whole = g_strconcat(text, more, NULL);
    settings = settings_parse("t", whole, &error);
    g_assert_no_error(error);
    return settings;
}

static void services_lead_to_numbers(void)
{
    Settings *settings = settings_with(NUMBERS "services = sos:112, sos.police:110\n");

    g_assert_cmpstr(emergency_service_number(settings, "urn:service:sos"), ==, "112");
    g_assert_cmpstr(emergency_service_number(settings, "URN:Service:SOS.Police"), ==, "110");
    g_assert_cmpstr(emergency_service_number(settings, "urn:service:sos.police.river"), ==, "110");
    g_assert_cmpstr(emergency_service_number(settings, "urn:service:sos.fire"), ==, "112");
    g_assert_null(emergency_service_number(settings, "urn:service:counseling"));
    g_assert_null(emergency_service_number(settings, "urn:service:sosx"));
    g_assert_null(emergency_service_number(settings, "sip:112@192.0.2.1"));
    g_assert_true(emergency_is_urn("urn:service:sos.fire"));
    g_assert_false(emergency_is_urn("urn:service:sosfire"));
    /* Its number is one for help, dialled or not. */
    g_assert_cmpint(kind_of(settings, "110", "110"), ==, EMERGENCY_CALL);
    settings_free(settings);
    /* Without a list, the first number that is one. */
    settings = settings_with("[emergency]\nnumbers = 11[0], 9X, 0112:112, 113\n");
    g_assert_cmpstr(emergency_service_number(settings, "urn:service:sos"), ==, "0112");
    g_assert_cmpstr(emergency_service_number(settings, "urn:service:sos.fire"), ==, "0112");
    g_assert_cmpint(kind_of(settings, "0112", "112"), ==, EMERGENCY_CALL);
    g_assert_null(emergency_service_number(settings, "urn:service:counseling"));
    settings_free(settings);
    settings = settings_with("[emergency]\nnumbers = 11[0]\n");
    g_assert_null(emergency_service_number(settings, "urn:service:sos"));
    settings_free(settings);
    settings = settings_with(NUMBERS "services = sos.police:110\n");
    g_assert_null(emergency_service_number(settings, "urn:service:sos.fire"));
    settings_free(settings);
}

static void drill_is_no_call_for_help(void)
{
    Settings *settings = settings_with(NUMBERS "drill = 199\ndrill-to = 205\n");

    g_assert_cmpint(kind_of(settings, "199", "205"), ==, EMERGENCY_DRILL);
    g_assert_cmpint(kind_of(settings, "205", "205"), ==, EMERGENCY_NONE);
    settings_free(settings);
}

/* ---- places ---- */

static CallOrigin origin_at(const char *address, const char *caller)
{
    CallOrigin origin = {.kind = ORIGIN_SIP};

    g_assert_true(address_parse(address, &origin.source));
    g_strlcpy(origin.caller, caller, sizeof(origin.caller));
    return origin;
}

#define PLACES                                                                                     \
    NUMBERS "network = 192.0.2.64/26\n"                                                            \
            "callback-number = 5550, two:5552\n"                                                   \
            "[elin first-floor]\nnumber = 07131555011\nextension = 1XX, reception\n"               \
            "[elin workshop]\nnumber = +497131555012\nextension = 2XX\nnetwork = 192.0.2.0/28\n"   \
            "[elin yard]\nnumber = 07131555013\nnetwork = 192.0.2.32/28\n"                         \
            "[elin lift]\nnumber = 07131555014\n"                                                  \
            "[phone 301]\nelin = lift\n[phone 302]\nelin = workshop\n"

typedef struct Place {
    const char *name, *address, *caller, *user, *asserted, *number;
} Place;

static const Place places[] = {
    {"by-extension", "192.0.2.200", "101", "", "", "07131555011"},
    {"by-word", "192.0.2.200", "reception", "", "", "07131555011"},
    {"user-before-from", "192.0.2.200", "999", "102", "", "07131555011"},
    {"from-does-not-help-the-user", "192.0.2.200", "101", "999", "", "5550"},
    {"extension-and-network", "192.0.2.3", "201", "", "", "+497131555012"},
    {"extension-elsewhere", "192.0.2.200", "201", "", "", "5550"},
    {"by-network", "192.0.2.40", "nobody", "", "", "07131555013"},
    {"asserted", "192.0.2.70", "101", "", "07131555014", "07131555014"},
    {"asserted-with-plus", "192.0.2.70", "101", "", "497131555012", "+497131555012"},
    {"asserted-unknown", "192.0.2.70", "999", "", "0800123", "5550"},
    {"asserted-from-elsewhere", "192.0.2.200", "999", "", "07131555014", "5550"},
    {"phone-names-it", "192.0.2.200", "301", "", "", "07131555014"},
    {"phone-elsewhere", "192.0.2.200", "302", "", "", "5550"},
    {"nobody", "192.0.2.200", "", "", "", "5550"},
};

static void place_is_found(gconstpointer data)
{
    const Place *place = data;
    Settings *settings = settings_with(PLACES);
    CallOrigin origin = origin_at(place->address, place->caller);

    g_strlcpy(origin.user, place->user, sizeof(origin.user));
    g_strlcpy(origin.asserted, place->asserted, sizeof(origin.asserted));
    g_assert_cmpstr(emergency_callback_number(settings, &origin, "one"), ==, place->number);
    settings_free(settings);
}

static void trunk_has_its_own_number(void)
{
    Settings *settings = settings_with(PLACES);
    CallOrigin origin = origin_at("192.0.2.200", "");

    g_assert_cmpstr(emergency_callback_number(settings, &origin, "two"), ==, "5552");
    g_assert_cmpstr(emergency_callback_number(settings, &origin, NULL), ==, "5550");
    settings_free(settings);
    settings = settings_with(NUMBERS);
    g_assert_null(emergency_callback_number(settings, &origin, "one"));
    settings_free(settings);
}

/* ---- how often ---- */

static void rate_counts_a_minute(void)
{
    EmergencyRate *rate = emergency_rate_new();
    const gint64 second = G_USEC_PER_SEC;

    g_assert_cmpuint(emergency_rate_note(rate, "a", 0), ==, 1);
    g_assert_cmpuint(emergency_rate_note(rate, "a", 30 * second), ==, 2);
    g_assert_cmpuint(emergency_rate_note(rate, "b", 30 * second), ==, 1);
    g_assert_cmpuint(emergency_rate_note(rate, "a", 60 * second), ==, 2);
    g_assert_cmpuint(emergency_rate_note(rate, "a", 200 * second), ==, 1);
    /* A thousand strangers do not make it forget who has just called. */
    g_assert_cmpuint(emergency_rate_note(rate, "a", 200 * second + 2), ==, 2);
    for (guint i = 0; i < 3000; i++) {
        g_autofree char *stranger = g_strdup_printf("s%u", i);

        g_assert_cmpuint(emergency_rate_note(rate, stranger, 200 * second + 3 + i), ==, 1);
        if (i % 500 == 0)
            g_assert_cmpuint(emergency_rate_note(rate, "a", 200 * second + 3 + i), >, 2);
    }
    emergency_rate_free(rate);
}

/* ---- the call back ---- */

typedef struct Saved {
    GHashTable *values; /* key -> "UNTIL VALUE" */
} Saved;

static void saver(void *user, const char *key, const char *value, gint64 until_us)
{
    GHashTable *values = user;

    for (const char *c = value ? value : ""; *c; c++)
        g_assert_true(g_ascii_isprint(*c));
    if (value)
        g_hash_table_replace(values, g_strdup(key), g_strdup(value));
    else
        g_hash_table_remove(values, key);
}

static ElinEntry entry_of(const char *number, const char *contact, gint64 until_us)
{
    ElinEntry entry = {.until_us = until_us};

    g_strlcpy(entry.number, number, sizeof(entry.number));
    g_strlcpy(entry.trunk, "one", sizeof(entry.trunk));
    g_strlcpy(entry.user, "reception desk", sizeof(entry.user));
    g_strlcpy(entry.contact, contact, sizeof(entry.contact));
    g_strlcpy(entry.source, "192.0.2.7:5062", sizeof(entry.source));
    return entry;
}

static const ElinEntry *find(ElinBook *book, const Settings *settings, const char *trunk,
                             const char *called, TypeOfNumber ton, gboolean complete, gint64 now_us)
{
    Number number = digits(called);

    if (ton)
        number.ton = ton;
    return elin_book_find(book, settings, trunk, &number, complete, now_us);
}

static void call_back_finds_its_phone(void)
{
    Settings *settings = settings_with(NUMBERS "trunks = two\n");
    ElinBook *book = elin_book_new();
    ElinEntry entry = entry_of("+497131555012", "sip:201@10.0.0.9:5060;line=2", 1000);
    char uri[URI_MAX];

    elin_book_note(book, &entry, 10);
    /* In every form an exchange may send it. */
    g_assert_nonnull(find(book, settings, "one", "+497131555012", 0, TRUE, 20));
    g_assert_nonnull(find(book, settings, "one", "7131555012", TON_NATIONAL, FALSE, 20));
    g_assert_nonnull(find(book, settings, "one", "07131555012", 0, TRUE, 20));
    g_assert_nonnull(find(book, settings, "one", "555012", TON_SUBSCRIBER, TRUE, 20));
    g_assert_null(find(book, settings, "one", "012", 0, TRUE, 20)); /* two digits, after the 0 */
    g_assert_nonnull(find(book, settings, "one", "5012", 0, TRUE, 20));
    /* Digits that may yet grow, another number, a trunk that did not carry it, too late. */
    g_assert_null(find(book, settings, "one", "5012", 0, FALSE, 20));
    g_assert_null(find(book, settings, "one", "5013", 0, TRUE, 20));
    g_assert_null(find(book, settings, "pbx", "+497131555012", 0, TRUE, 20));
    g_assert_null(find(book, settings, "one", "+497131555012", 0, TRUE, 1000));
    g_assert_null(find(book, settings, "one", "", 0, TRUE, 20));
    /* [emergency] trunks may all call back. */
    g_assert_nonnull(find(book, settings, "two", "+497131555012", 0, TRUE, 20));

    g_assert_true(elin_entry_uri(&entry, uri, sizeof(uri)));
    g_assert_cmpstr(uri, ==, "sip:201@192.0.2.7:5062");
    entry =
        entry_of("1", "<sip:201@192.0.2.7:5060;line=2>", 1000); /* it speaks from another port */
    g_assert_true(elin_entry_uri(&entry, uri, sizeof(uri)));
    g_assert_cmpstr(uri, ==, "sip:201@192.0.2.7:5060");
    entry = entry_of("1", "<sip:10.0.0.9:5060>", 1000);
    g_assert_true(elin_entry_uri(&entry, uri, sizeof(uri)));
    g_assert_cmpstr(uri, ==, "sip:reception%20desk@192.0.2.7:5062");
    entry.source[0] = '\0';
    g_assert_false(elin_entry_uri(&entry, uri, sizeof(uri)));
    elin_book_free(book);
    settings_free(settings);
}

static void book_outlives_a_restart(void)
{
    Settings *settings = settings_with(NUMBERS);
    g_autoptr(GHashTable) values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    ElinBook *book = elin_book_new();
    ElinEntry entry = entry_of("07131555012", "sip:201@10.0.0.9", 1000);
    const ElinEntry *found;
    const char *value;

    elin_book_set_saver(book, saver, values);
    elin_book_note(book, &entry, 10);
    elin_book_free(book);

    value = g_hash_table_lookup(values, "07131555012");
    g_assert_nonnull(value);
    book = elin_book_new();
    g_assert_false(elin_book_load(book, "07131555012", value, 1000, 1000)); /* over */
    g_assert_false(elin_book_load(book, "07131555012", "nonsense", 1000, 20));
    g_assert_true(elin_book_load(book, "07131555012", value, 1000, 20));
    found = find(book, settings, "one", "07131555012", 0, TRUE, 20);
    g_assert_nonnull(found);
    g_assert_cmpstr(found->user, ==, "reception desk");
    g_assert_cmpstr(found->contact, ==, "sip:201@10.0.0.9");
    g_assert_cmpstr(found->source, ==, "192.0.2.7:5062");

    /* Who calls later takes the number over, and what is over is forgotten everywhere. */
    elin_book_set_saver(book, saver, values);
    entry = entry_of("07131555012", "sip:202@10.0.0.9", 2000);
    elin_book_note(book, &entry, 30);
    g_assert_cmpuint(elin_book_count(book), ==, 1);
    entry = entry_of("5550", "sip:203@10.0.0.9", 5000);
    elin_book_note(book, &entry, 2500);
    g_assert_cmpuint(elin_book_count(book), ==, 1);
    g_assert_null(g_hash_table_lookup(values, "07131555012"));
    /* callback-time = 0: nothing is kept. */
    entry = entry_of("5551", "sip:203@10.0.0.9", 2600);
    elin_book_note(book, &entry, 2600);
    g_assert_cmpuint(elin_book_count(book), ==, 1);
    elin_book_free(book);
    settings_free(settings);
}

static void book_has_an_end(void)
{
    ElinBook *book = elin_book_new();

    for (guint i = 0; i < 1500; i++) {
        g_autofree char *number = g_strdup_printf("%u", 10000 + i);
        ElinEntry entry = entry_of(number, "", 5000 + i);

        elin_book_note(book, &entry, 10);
    }
    g_assert_cmpuint(elin_book_count(book), ==, 1000);
    elin_book_free(book);
}

/* ---- settings that cannot be ---- */

typedef struct Mistake {
    const char *name, *text, *said;
} Mistake;

static const Mistake mistakes[] = {
    {"service", "services = fire:112\n", "services: \"fire:112\" is not allowed"},
    {"service-no-number", "services = sos\n", "services: \"sos\" is not allowed"},
    {"trunk", "trunks = three\n", "trunks: no [trunk three] is configured"},
    {"trunk-twice", "trunks = one, one\n", "trunks: one is named twice"},
    {"callback-trunk", "callback-number = three:5\n", "no [trunk three] is configured"},
    {"callback", "callback-number = 5a\n", "callback-number: \"5a\" is not allowed"},
    {"hook", "hook = notify\n", "hook: \"notify\" is not allowed; allowed: the absolute path"},
    {"drill-alone", "drill = 199\n", "drill-to: is missing: drill needs it"},
    {"drill-to-help", "drill = 199\ndrill-to = 112\n", "drill-to: 112 is an emergency number"},
    {"drill-is-help", "drill = 112\ndrill-to = 205\n", "drill: 112 is an emergency number"},
    {"elin", "[elin a]\nnumber = x\n", "[elin a] number: \"x\" is not allowed"},
    {"phone", "[phone 201]\nelin = lift\n", "[phone 201] elin: no [elin lift] is configured"},
    {"elin-none", "[elin a]\nextension = 1\n", "[elin a] number: is missing"},
};

static void mistake_is_told(gconstpointer data)
{
    const Mistake *mistake = data;
    g_autofree char *text = g_strdup(settings_text);
    g_autofree char *whole = NULL;
    g_autoptr(GError) error = NULL;

    *strstr(text, "[emergency]") = '\0';
    whole = g_strconcat(text, NUMBERS, mistake->text, NULL);
    g_assert_null(settings_parse("t", whole, &error));
    g_assert_nonnull(error);
    if (!strstr(error->message, mistake->said))
        g_error("\"%s\" does not say \"%s\"", error->message, mistake->said);
}

#define STORY(name) g_test_add_func("/emergency/" #name, name)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    STORY(numbers_are_known);
    STORY(services_lead_to_numbers);
    STORY(drill_is_no_call_for_help);
    for (guint i = 0; i < G_N_ELEMENTS(places); i++) {
        g_autofree char *path = g_strdup_printf("/emergency/place/%s", places[i].name);

        g_test_add_data_func(path, &places[i], place_is_found);
    }
    STORY(trunk_has_its_own_number);
    STORY(rate_counts_a_minute);
    STORY(call_back_finds_its_phone);
    STORY(book_outlives_a_restart);
    STORY(book_has_an_end);
    for (guint i = 0; i < G_N_ELEMENTS(mistakes); i++) {
        g_autofree char *path = g_strdup_printf("/emergency/mistake/%s", mistakes[i].name);

        g_test_add_data_func(path, &mistakes[i], mistake_is_told);
    }
    return g_test_run();
}
