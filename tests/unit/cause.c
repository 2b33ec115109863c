/* Every cause and every status has its answer, with overrides, and tells where it comes from. */
#include "cause.h"

#include <string.h>

/* The project column of the mapping, written down again by hand: 500 is not listed. */
static const struct {
    guint8 cause;
    guint16 status;
} to_sip[] = {
    {1, 404},  {2, 404},  {3, 404},  {6, 503},  {16, 480}, {17, 486},  {18, 408},
    {19, 480}, {20, 480}, {21, 403}, {22, 410}, {23, 410}, {26, 404},  {27, 502},
    {28, 484}, {29, 501}, {31, 480}, {34, 503}, {38, 503}, {41, 503},  {42, 503},
    {44, 503}, {47, 503}, {55, 403}, {57, 403}, {58, 503}, {65, 488},  {69, 501},
    {70, 488}, {79, 501}, {82, 503}, {87, 403}, {88, 503}, {102, 504},
};

/* The same back: 31 is not listed, nor 23 for 3xx. */
static const struct {
    guint16 status;
    guint8 cause;
} to_isdn[] = {
    {400, 41},  {401, 21},  {402, 21},  {403, 21},  {404, 1},   {405, 63}, {406, 79},
    {407, 21},  {408, 102}, {410, 22},  {413, 127}, {414, 127}, {415, 79}, {416, 127},
    {420, 127}, {421, 127}, {423, 127}, {480, 18},  {481, 41},  {482, 25}, {483, 25},
    {484, 28},  {485, 1},   {486, 17},  {500, 41},  {501, 79},  {502, 38}, {503, 41},
    {504, 102}, {505, 127}, {513, 127}, {600, 17},  {603, 21},  {604, 1},
};

static void every_cause_becomes_its_status(void)
{
    for (guint cause = 1; cause <= 127; cause++) {
        guint16 expected = 500;

        for (gsize i = 0; i < G_N_ELEMENTS(to_sip); i++)
            if (to_sip[i].cause == cause)
                expected = to_sip[i].status;
        g_assert_cmpuint(cause_to_status(NULL, (guint8)cause, CAUSE_LOCATION_NONE), ==, expected);
        g_assert_cmpstr(cause_name((guint8)cause), !=, "");
        /* Where the number is ours to say, the phrase can be said too. */
        g_assert_cmpstr(status_phrase(expected), !=, "");
    }
}

static void every_status_becomes_its_cause(void)
{
    for (guint status = 300; status <= 699; status++) {
        guint8 expected = status < 400 ? 23 : 31;

        for (gsize i = 0; i < G_N_ELEMENTS(to_isdn); i++)
            if (to_isdn[i].status == status)
                expected = to_isdn[i].cause;
        g_assert_cmpuint(status_to_cause(NULL, (guint16)status, FALSE), ==, expected);
    }
}

static void warning_304_means_the_bearer(void)
{
    g_assert_cmpuint(status_to_cause(NULL, 488, TRUE), ==, 65);
    g_assert_cmpuint(status_to_cause(NULL, 606, TRUE), ==, 65);
    g_assert_cmpuint(status_to_cause(NULL, 486, TRUE), ==, 17);
}

static void rejection_by_the_user_is_603(void)
{
    for (gint location = CAUSE_LOCATION_NONE; location < 16; location++)
        g_assert_cmpuint(cause_to_status(NULL, 21, (gint8)location), ==, location == 0 ? 603 : 403);
    g_assert_cmpuint(cause_to_status(NULL, 17, 0), ==, 486);
}

static void odd_values_are_answered(void)
{
    g_assert_cmpuint(cause_to_status(NULL, 0, CAUSE_LOCATION_NONE), ==, 480);
    g_assert_cmpuint(cause_to_status(NULL, 128, CAUSE_LOCATION_NONE), ==, 480);
    g_assert_cmpuint(cause_to_status(NULL, 255, 99), ==, 480);
    g_assert_cmpuint(status_to_cause(NULL, 0, FALSE), ==, 41);
    g_assert_cmpuint(status_to_cause(NULL, 200, FALSE), ==, 41);
    g_assert_cmpuint(status_to_cause(NULL, 700, FALSE), ==, 41);
    g_assert_cmpuint(status_to_cause(NULL, 65535, TRUE), ==, 41);
    g_assert_cmpstr(cause_name(0), !=, "");
    g_assert_cmpstr(cause_name(200), !=, "");
    g_assert_cmpstr(cause_name(10), ==, "Normal class (00)");
    g_assert_cmpstr(status_phrase(999), ==, "");
}

static void trunk_overrides_come_first(void)
{
    TrunkSettings *trunk = g_new0(TrunkSettings, 1);

    trunk->name = (char *)"pbx";
    trunk->cause_status[21] = 480;
    trunk->cause_status[120] = 486;
    trunk->status_cause[503] = 42;
    trunk->status_cause[488] = 88;
    g_assert_cmpuint(cause_to_status(trunk, 21, 0), ==, 480);
    g_assert_cmpuint(cause_to_status(trunk, 120, CAUSE_LOCATION_NONE), ==, 486);
    g_assert_cmpuint(cause_to_status(trunk, 17, CAUSE_LOCATION_NONE), ==, 486);
    g_assert_cmpuint(status_to_cause(trunk, 503, FALSE), ==, 42);
    g_assert_cmpuint(status_to_cause(trunk, 488, TRUE), ==, 88);
    g_assert_cmpuint(status_to_cause(trunk, 486, FALSE), ==, 17);
    g_free(trunk);
}

static void busy_never_tries_on(void)
{
    static const guint8 usual[] = {34, 38, 41, 42, 47};
    RouteSettings route = {.on_causes = g_array_new(FALSE, FALSE, 1)};
    const guint8 own[] = {17, 27};

    for (guint cause = 1; cause <= 127; cause++)
        g_assert_cmpint(cause_allows_alternative(NULL, (guint8)cause), ==,
                        memchr(usual, (int)cause, sizeof(usual)) != NULL);
    g_array_append_vals(route.on_causes, own, 2);
    g_assert_true(cause_allows_alternative(&route, 27));
    g_assert_false(cause_allows_alternative(&route, 34));
    g_assert_false(cause_allows_alternative(&route, 17));
    g_array_unref(route.on_causes);
    for (guint cause = 1; cause <= 127; cause++)
        g_assert_cmpint(cause_blames_channel((guint8)cause), ==,
                        cause == 6 || cause == 44 || cause == 82);
}

static void locations_have_their_token(void)
{
    static const char *const tokens[] = {"U", "LPN", "LN", "TN", "RLN", "RPN", NULL, "INTL"};

    for (gint8 i = 0; i < (gint8)G_N_ELEMENTS(tokens); i++)
        if (tokens[i])
            g_assert_cmpstr(cause_location_token(i), ==, tokens[i]);
    g_assert_cmpstr(cause_location_token(10), ==, "BI");
    g_assert_cmpstr(cause_location_token(12), ==, "LOC-12");
    g_assert_cmpstr(cause_location_token(6), ==, "LOC-6");
    g_assert_null(cause_location_token(CAUSE_LOCATION_NONE));
    g_assert_null(cause_location_token(16));
}

static void explanations_name_their_source(void)
{
    TrunkSettings *trunk = g_new0(TrunkSettings, 1);
    g_autofree char *busy = cause_explain(NULL, 17);
    g_autofree char *full = cause_explain(NULL, 44);
    g_autofree char *congested = cause_explain(NULL, 42);
    g_autofree char *status = status_explain(NULL, 488);
    g_autofree char *unnamed = status_explain(NULL, 459);
    g_autofree char *own = NULL, *own_back = NULL, *odd = cause_explain(NULL, 0);

    g_assert_cmpstr(busy, ==,
                    "cause 17: User busy (normal)\n"
                    "to SIP: 486 Busy Here (RFC 4497 Table 1)\n");
    g_assert_nonnull(strstr(full, "another channel of the trunk"));
    g_assert_null(strstr(full, "other spans"));
    g_assert_nonnull(strstr(congested, "the other spans of the trunk, each once"));
    g_assert_nonnull(strstr(status, "to ISDN with Warning 304 or 305: cause 65"));
    g_assert_nonnull(strstr(unnamed, "cause 31 Normal, unspecified (RFC 3398 8.2.6.1"));
    g_assert_nonnull(strstr(odd, "not a Q.850 value"));
    trunk->name = (char *)"pbx";
    trunk->cause_status[17] = 600;
    trunk->status_cause[486] = 34;
    own = cause_explain(trunk, 17);
    own_back = status_explain(trunk, 486);
    g_assert_nonnull(strstr(own, "to SIP: 600 Busy Everywhere (trunk pbx, cause.17)"));
    g_assert_nonnull(strstr(own, "by the table: 486"));
    g_assert_nonnull(strstr(own_back, "to ISDN: cause 34"));
    g_assert_nonnull(strstr(own_back, "by the table: cause 17"));
    g_free(trunk);
    for (guint value = 0; value <= 255; value++)
        g_free(cause_explain(NULL, (guint8)value));
    for (guint value = 0; value <= 800; value++)
        g_free(status_explain(NULL, (guint16)value));
}

#define CASE(name) g_test_add_func("/cause/" #name, name)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    CASE(every_cause_becomes_its_status);
    CASE(every_status_becomes_its_cause);
    CASE(warning_304_means_the_bearer);
    CASE(rejection_by_the_user_is_603);
    CASE(odd_values_are_answered);
    CASE(trunk_overrides_come_first);
    CASE(busy_never_tries_on);
    CASE(locations_have_their_token);
    CASE(explanations_name_their_source);
    return g_test_run();
}
