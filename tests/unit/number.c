/* Numbers and names cross the border as they should, and nothing else does. */
#include "number.h"

#include <string.h>

static TrunkSettings trunk_of(const char *country, const char *prefix)
{
    return (TrunkSettings){.name = (char *)"pbx",
                           .country_code = (char *)country,
                           .international_prefix = (char *)prefix};
}

static void user_parts_become_digits(void)
{
    static const struct {
        const char *user;
        NumberResult result;
        const char *digits;
        TypeOfNumber ton;
    } rows[] = {
        {"100", NUMBER_OK, "100", TON_UNKNOWN},
        {"555-0002", NUMBER_OK, "5550002", TON_UNKNOWN},
        {"+49(0)7131.99 1", NUMBER_OK, "4907131991", TON_INTERNATIONAL},
        {"*21#", NUMBER_OK, "*21#", TON_UNKNOWN},
        {"1234567890123456789012345678901", NUMBER_OK, "1234567890123456789012345678901",
         TON_UNKNOWN},
        {"12345678901234567890123456789012", NUMBER_TOO_LONG, "", TON_UNKNOWN},
        {"", NUMBER_TOO_SHORT, "", TON_UNKNOWN},
        {"+", NUMBER_TOO_SHORT, "", TON_UNKNOWN},
        {"-.()", NUMBER_TOO_SHORT, "", TON_UNKNOWN},
        {NULL, NUMBER_TOO_SHORT, "", TON_UNKNOWN},
        {"alice", NUMBER_NOT_A_NUMBER, "", TON_UNKNOWN},
        {"100a", NUMBER_NOT_A_NUMBER, "", TON_UNKNOWN},
        {"1+2", NUMBER_NOT_A_NUMBER, "", TON_UNKNOWN},
        {"+49*1", NUMBER_NOT_A_NUMBER, "", TON_UNKNOWN},
        {"100\n", NUMBER_NOT_A_NUMBER, "", TON_UNKNOWN},
        {"\xc3\xbc", NUMBER_NOT_A_NUMBER, "", TON_UNKNOWN},
        {"A1", NUMBER_NOT_A_NUMBER, "", TON_UNKNOWN},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        Number number;

        memset(&number, 0xff, sizeof(number));
        g_assert_cmpint(number_from_user(rows[i].user, &number), ==, rows[i].result);
        g_assert_cmpstr(number.digits, ==, rows[i].digits);
        g_assert_cmpint(number.ton, ==, rows[i].ton);
    }
}

static void numbers_fit_the_trunk(void)
{
    static const struct {
        const char *country;
        TypeOfNumber called_ton, ton;
        const char *digits;
        TypeOfNumber ton_out;
        const char *digits_out;
        NumberingPlan npi_out;
    } rows[] = {
        {"49", TON_UNKNOWN, TON_INTERNATIONAL, "497131991", TON_NATIONAL, "7131991", NPI_E164},
        {"49", TON_UNKNOWN, TON_INTERNATIONAL, "331234", TON_INTERNATIONAL, "331234", NPI_UNKNOWN},
        {"49", TON_UNKNOWN, TON_INTERNATIONAL, "49", TON_INTERNATIONAL, "49", NPI_UNKNOWN},
        {NULL, TON_UNKNOWN, TON_INTERNATIONAL, "497131991", TON_INTERNATIONAL, "497131991",
         NPI_UNKNOWN},
        {"49", TON_UNKNOWN, TON_UNKNOWN, "4971", TON_UNKNOWN, "4971", NPI_UNKNOWN},
        {"49", TON_SUBSCRIBER, TON_UNKNOWN, "991", TON_SUBSCRIBER, "991", NPI_E164},
        {"49", TON_SUBSCRIBER, TON_NATIONAL, "7131", TON_NATIONAL, "7131", NPI_UNKNOWN},
        {"1", TON_UNKNOWN, TON_INTERNATIONAL, "12125551234", TON_NATIONAL, "2125551234", NPI_E164},
        {"49", TON_SUBSCRIBER, TON_UNKNOWN, "", TON_UNKNOWN, "", NPI_UNKNOWN},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        TrunkSettings trunk = trunk_of(rows[i].country, "00");
        Number number = {.ton = rows[i].ton};

        trunk.called_ton = rows[i].called_ton;
        g_strlcpy(number.digits, rows[i].digits, sizeof(number.digits));
        number_to_trunk(&trunk, &number);
        g_assert_cmpstr(number.digits, ==, rows[i].digits_out);
        g_assert_cmpint(number.ton, ==, rows[i].ton_out);
        g_assert_cmpint(number.npi, ==, rows[i].npi_out);
    }
}

static void received_numbers_become_user_parts(void)
{
    static const struct {
        const char *country;
        TypeOfNumber ton;
        const char *digits, *user;
    } rows[] = {
        {"49", TON_INTERNATIONAL, "331234", "+331234"},
        {"49", TON_NATIONAL, "7131991", "+497131991"},
        {NULL, TON_NATIONAL, "7131991", "7131991"},
        {"49", TON_UNKNOWN, "100", "100"},
        {"49", TON_SUBSCRIBER, "991", "991"},
        {"49", TON_INTERNATIONAL, "", ""},
        {"49", TON_NATIONAL, "", ""},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        TrunkSettings trunk = trunk_of(rows[i].country, "00");
        Number number = {.ton = rows[i].ton};
        g_autofree char *user = NULL;

        g_strlcpy(number.digits, rows[i].digits, sizeof(number.digits));
        user = number_to_user(&trunk, &number);
        g_assert_cmpstr(user, ==, rows[i].user);
    }
    {
        Number number = {.digits = "7131", .ton = TON_NATIONAL};
        g_autofree char *user = number_to_user(NULL, &number);

        g_assert_cmpstr(user, ==, "7131");
    }
}

static void numbers_abroad_are_known(void)
{
    static const struct {
        const char *country, *prefix;
        TypeOfNumber called_ton, ton;
        const char *digits;
        gboolean abroad;
    } rows[] = {
        {"49", "00", TON_UNKNOWN, TON_INTERNATIONAL, "331234", TRUE},
        {"49", "00", TON_UNKNOWN, TON_INTERNATIONAL, "497131", FALSE},
        {NULL, "00", TON_UNKNOWN, TON_INTERNATIONAL, "497131",
         TRUE}, /* whose country is not known */
        {"49", "00", TON_UNKNOWN, TON_UNKNOWN, "00331234", TRUE},
        {"49", "00", TON_UNKNOWN, TON_UNKNOWN, "07131", FALSE},
        {"49", "00", TON_UNKNOWN, TON_NATIONAL, "00331234", TRUE}, /* a PBX may dial it as it is */
        {"1", "011", TON_UNKNOWN, TON_UNKNOWN, "01149", TRUE},
        {"1", NULL, TON_UNKNOWN, TON_UNKNOWN, "01149", FALSE},
        {"49", "00", TON_INTERNATIONAL, TON_UNKNOWN, "331234", TRUE}, /* the trunk will say so */
        {"49", "00", TON_UNKNOWN, TON_UNKNOWN, "", FALSE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        TrunkSettings trunk = trunk_of(rows[i].country, rows[i].prefix);
        Number number = {.ton = rows[i].ton};

        trunk.called_ton = rows[i].called_ton;
        g_strlcpy(number.digits, rows[i].digits, sizeof(number.digits));
        g_test_message("%s", rows[i].digits);
        g_assert_cmpint(number_is_international(&trunk, &number), ==, rows[i].abroad);
    }
}

static void numbers_are_described(void)
{
    Number number = {.digits = "100", .ton = TON_UNKNOWN, .npi = NPI_E164};
    char buffer[64];

    g_assert_cmpstr(number_describe(&number, buffer, sizeof(buffer)), ==, "'100' (unknown/E.164)");
    number.ton = TON_INTERNATIONAL;
    g_assert_cmpstr(number_describe(&number, buffer, sizeof(buffer)), ==,
                    "'+100' (international/E.164)");
    number = (Number){.ton = (TypeOfNumber)7, .npi = (NumberingPlan)15, .digits = "1"};
    g_assert_cmpstr(number_describe(&number, buffer, sizeof(buffer)), ==, "'1' (reserved/other)");
    number = (Number){.presentation = PRESENTATION_RESTRICTED};
    g_assert_cmpstr(number_describe(&number, buffer, sizeof(buffer)), ==, "withheld");
    g_assert_cmpstr(number_describe(&(Number){0}, buffer, sizeof(buffer)), ==, "none");
}

static void names_are_cleaned(void)
{
    static const struct {
        const char *text;
        gsize size;
        const char *name;
    } rows[] = {
        {"Alice", 32, "Alice"},
        {"M\xc3\xbcller", 32, "M\xc3\xbcller"},
        {"M\xc3\xbcller", 3, "M"}, /* clipped at a character */
        {"M\xc3\xbcller", 4, "M\xc3\xbc"},
        {"a\r\nVia: x\x1b[2J\x7f", 32, "aVia: x[2J"},
        {"a\xff\xfe"
         "b\xc3",
         32, "ab"}, /* not UTF-8 */
        {"abc\xe2\x80\xae"
         "def",
         32, "abcdef"},           /* right-to-left override */
        {"x\xc2\x85y", 32, "xy"}, /* C1 control */
        {NULL, 8, ""},
        {"Alice", 1, ""},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        char name[32] = "none";

        name_clean(rows[i].text, name, rows[i].size);
        g_assert_cmpstr(name, ==, rows[i].name);
        g_assert_true(g_utf8_validate(name, -1, NULL));
    }
}

static void names_become_display_octets(void)
{
    static const struct {
        const char *name;
        NameCharset charset;
        gsize max;
        const char *octets;
    } rows[] = {
        {"Alice", CHARSET_IA5, 82, "Alice"},
        {"M\xc3\xbcller", CHARSET_LATIN1, 82, "M\xfcller"},
        {"M\xc3\xbcller", CHARSET_IA5, 82, "Mueller"},
        {"Andr\xc3\xa9", CHARSET_IA5, 82, "Andre"},
        {"Stra\xc3\x9f"
         "e",
         CHARSET_IA5, 82, "Strasse"},
        {"\xc5\x81\xc3\xb3"
         "d\xc5\xba",
         CHARSET_IA5, 82, "Lodz"}, /* Lodz in Polish letters */
        {"\xc5\x81\xc3\xb3"
         "d\xc5\xba",
         CHARSET_LATIN1, 82,
         "L\xf3"
         "dz"},
        {"\xe5\xb1\xb1", CHARSET_LATIN1, 82, "?"},
        {"e\xcc\x81", CHARSET_IA5, 82, "e"}, /* a loose accent */
        {"abcdef", CHARSET_IA5, 4, "abcd"},
        {"abc\xc3\x9f", CHARSET_IA5, 4, "abc"}, /* half an 'ss' would be another letter */
        {"5 \xe2\x82\xac", CHARSET_LATIN1, 82, "5 EUR"},
        {"", CHARSET_IA5, 82, ""},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        guint8 out[82];
        gsize count = name_to_display(rows[i].name, rows[i].charset, out, rows[i].max);

        g_assert_cmpmem(out, count, rows[i].octets, strlen(rows[i].octets));
    }
}

static void display_octets_become_names(void)
{
    char name[NAME_MAX_BYTES * 3 + 1];
    guint8 all[256];

    name_from_display((const guint8 *)"M\xfcller", 6, CHARSET_LATIN1, name, sizeof(name));
    g_assert_cmpstr(name, ==, "M\xc3\xbcller");
    name_from_display((const guint8 *)"a\x00\x07\x9f"
                                      "b",
                      5, CHARSET_IA5, name, sizeof(name));
    g_assert_cmpstr(name, ==, "ab");
    for (guint i = 0; i < 256; i++)
        all[i] = (guint8)i;
    name_from_display(all, sizeof(all), CHARSET_LATIN1, name, sizeof(name));
    g_assert_true(g_utf8_validate(name, -1, NULL));
    name_from_display(all, 0, CHARSET_LATIN1, name, sizeof(name));
    g_assert_cmpstr(name, ==, "");
}

#define CASE(name) g_test_add_func("/number/" #name, name)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    CASE(user_parts_become_digits);
    CASE(numbers_fit_the_trunk);
    CASE(received_numbers_become_user_parts);
    CASE(numbers_abroad_are_known);
    CASE(numbers_are_described);
    CASE(names_are_cleaned);
    CASE(names_become_display_octets);
    CASE(display_octets_become_names);
    return g_test_run();
}
