/* Information elements and what SIP says in their place: the rows of field_vectors.tsv, both ways.
 */
#include "fields.h"
#include "elements.h"
#include "hex_read.h"

#include <string.h>

static const TrunkSettings trunk = {.country_code = (char *)"49"};
static const Number called = {.digits = "300"};
static guint rows_run;

/* "74 03 00 00 80 | ..." of elements as they stand in a row. */
static void octets_append(GString *text, const guint8 *element)
{
    if (text->len)
        g_string_append(text, " | ");
    for (guint i = 0; i < 2u + element[1]; i++)
        g_string_append_printf(text, "%s%02x", i ? " " : "", element[i]);
}

/* A SETUP with the elements of OCTETS. */
static void setup_make(const char *octets, guint8 *frame, FrameNews *news)
{
    static const guint8 header[] = {0, 1, 0, 0, 8, 2, 0, 1, 5};
    g_auto(GStrv) elements = g_strsplit(octets, " | ", -1);
    gsize length = sizeof header;

    memcpy(frame, header, sizeof header);
    for (char **element = elements; *element; element++)
        length += hex_read(*element, frame + length);
    g_assert_cmpuint(length, <=, FRAME_MAX);
    frame_read(frame, length, news);
    news->octets = frame;
    news->length = length;
}

/* --- user-to-user information, subaddresses --- */

static char *uui_to_text(const char *octets)
{
    guint8 frame[FRAME_MAX];
    FrameNews news;
    UserInfo info;
    char *text;

    setup_make(octets, frame, &news);
    user_info_from_element(frame_find_element(&news, Q931_USER_USER, 0), &info);
    text = user_info_to_field(&info);
    return text ? text : g_strdup("");
}

static char *uui_to_octets(const char *text)
{
    g_auto(GStrv) values = g_strsplit(text, " | ", -1);
    GString *octets = g_string_new(NULL);
    guint8 element[ELEMENT_ROOM];
    UserInfo info;

    user_info_from_fields((const char *const *)values, &info);
    if (info.length) {
        element_from_user_info(&info, element);
        octets_append(octets, element);
    }
    return g_string_free(octets, FALSE);
}

static char *isub_to_text(const char *octets)
{
    guint8 frame[FRAME_MAX];
    FrameNews news;
    Subaddress subaddress;

    setup_make(octets, frame, &news);
    subaddress_from_element(frame_find_element(&news, Q931_CALLED_SUBADDRESS, 0), &subaddress);
    return subaddress_to_isub(&subaddress);
}

/* The value of a URI parameter in TEXT, unescaped; NULL: not there. */
static char *param_find(const char *text, const char *name)
{
    g_auto(GStrv) params = g_strsplit(text, ";", -1);

    for (char **param = params; *param; param++)
        if (g_str_has_prefix(*param, name) && (*param)[strlen(name)] == '=')
            return g_uri_unescape_string(*param + strlen(name) + 1, NULL);
    return NULL;
}

static char *isub_to_octets(const char *text)
{
    g_autofree char *isub = param_find(text, "isub");
    g_autofree char *encoding = param_find(text, "isub-encoding");
    GString *octets = g_string_new(NULL);
    guint8 element[ELEMENT_ROOM];
    Subaddress subaddress;

    if (subaddress_from_isub(isub, encoding, &subaddress)) {
        element_from_subaddress(Q931_CALLED_SUBADDRESS, &subaddress, element);
        octets_append(octets, element);
    }
    return g_string_free(octets, FALSE);
}

/* --- diversions --- */

static const DiversionText *text_of(gboolean trusted)
{
    static DiversionText text = {
        .trunk = &trunk, .host = "gw.test", .called = "sip:300@phone.test;user=phone"};

    text.trusted = trusted;
    return &text;
}

static void diversions_read(const char *octets, Diversions *diversions)
{
    guint8 frame[FRAME_MAX];
    FrameNews news;

    setup_make(octets, frame, &news);
    g_assert_true(diversions_from_elements(&news, diversions));
}

/* Header lines without their name, as a row has them. */
static char *values_of(char *lines, const char *name)
{
    g_autofree char *whole = lines;
    g_auto(GStrv) parts = g_strsplit(whole, "\r\n", -1);

    for (char **part = parts; *part; part++) {
        char *value;

        g_assert_true(g_str_has_prefix(*part, name));
        value = g_strdup(*part + strlen(name));
        g_free(*part);
        *part = value;
    }
    return g_strjoinv(" | ", parts);
}

static char *diversion_to_text(const char *octets, gboolean trusted, gboolean history)
{
    const DiversionText *text = text_of(trusted);
    Diversions diversions;

    diversions_read(octets, &diversions);
    return history ? values_of(diversions_to_history(&diversions, text), "History-Info: ")
                   : values_of(diversions_to_diversion(&diversions, text), "Diversion: ");
}

static char *diversions_to_octets(const Diversions *diversions)
{
    GString *octets = g_string_new(NULL);
    guint8 element[ELEMENT_ROOM];

    if (diversions->count > 1) {
        element_from_diversion(&diversions->first, TRUE, element);
        octets_append(octets, element);
    }
    if (diversions->count > 0) {
        element_from_diversion(&diversions->last, TRUE, element);
        octets_append(octets, element);
    }
    return g_string_free(octets, FALSE);
}

static char *diversion_to_octets(const char *diversion, const char *history)
{
    g_auto(GStrv) fields = diversion ? g_strsplit(diversion, " | ", -1) : NULL;
    g_auto(GStrv) entries = history ? g_strsplit(history, " | ", -1) : NULL;
    Diversions diversions;

    diversions_from_fields((const char *const *)fields, (const char *const *)entries, &called,
                           &diversions);
    return diversions_to_octets(&diversions);
}

static char *both_to_octets(const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, " & ", 2);

    return diversion_to_octets(parts[0], parts[1]);
}

static char *count_to_octets(const char *text)
{
    g_auto(GStrv) fields = g_strsplit(text, " | ", -1);
    Diversions diversions;

    diversions_from_fields((const char *const *)fields, NULL, &called, &diversions);
    return g_strdup_printf("%u", diversions.count);
}

static char *count_to_text(const char *count)
{
    Diversions diversions = {
        .count = (guint)g_ascii_strtoull(count, NULL, 10),
        .first = {.number = {.digits = "201"}, .reason = DIVERSION_BUSY},
        .last = {.number = {.digits = "202"}, .reason = DIVERSION_UNCONDITIONAL},
    };

    return values_of(diversions_to_diversion(&diversions, text_of(TRUE)), "Diversion: ");
}

/* --- rows --- */

static char *to_text(const char *kind, const char *octets)
{
    if (strcmp(kind, "uui") == 0)
        return uui_to_text(octets);
    if (strcmp(kind, "isub") == 0)
        return isub_to_text(octets);
    if (strcmp(kind, "count") == 0)
        return count_to_text(octets);
    return diversion_to_text(octets, !g_str_has_suffix(kind, "-untrusted"),
                             g_str_has_prefix(kind, "history"));
}

static char *to_octets(const char *kind, const char *text)
{
    if (strcmp(kind, "uui") == 0)
        return uui_to_octets(text);
    if (strcmp(kind, "isub") == 0)
        return isub_to_octets(text);
    if (strcmp(kind, "both") == 0)
        return both_to_octets(text);
    if (strcmp(kind, "count") == 0)
        return count_to_octets(text);
    return strcmp(kind, "history") == 0 ? diversion_to_octets(NULL, text)
                                        : diversion_to_octets(text, NULL);
}

static void row_check(gconstpointer data)
{
    const char *const *row = data;
    const char *kind = row[0], *way = row[1], *octets = row[2], *text = row[3];

    g_test_message("%s", row[4]);
    if (*way != '<') {
        g_autofree char *said = to_text(kind, octets);

        g_assert_cmpstr(said, ==, text);
    }
    if (*way != '>') {
        g_autofree char *sent = to_octets(kind, text);

        g_assert_cmpstr(sent, ==, octets);
    }
    rows_run++;
}

static void all_rows_were_run(gconstpointer data)
{
    g_assert_cmpuint(rows_run, ==, GPOINTER_TO_UINT(data));
    g_assert_cmpuint(rows_run, >, 60);
}

/* --- what no row says --- */

static void what_is_too_long_costs_no_time(void)
{
    g_autofree char *commas = g_strnfill(65536, ','), *quotes = g_strnfill(65535, '"');
    g_autofree char *many = NULL;
    g_autoptr(GString) list = g_string_new(NULL);
    const char *values[] = {commas, quotes, NULL};
    Diversions diversions;
    UserInfo info;

    user_info_from_fields(values, &info);
    g_assert_cmpuint(info.length, ==, 0);
    diversions_from_fields(values, values, &called, &diversions);
    g_assert_cmpuint(diversions.count, ==, 0);
    for (guint i = 0; i < 10000; i++)
        g_string_append(list, "<sip:201@a>;reason=user-busy, ");
    values[0] = list->str;
    values[1] = NULL;
    diversions_from_fields(values, NULL, &called, &diversions);
    g_assert_cmpuint(diversions.count, ==, 64);
}

/* Whatever comes, it is read without harm, and what is written of it is read as the same. */
static void anything_is_read_without_harm(void)
{
    static const char *const words[] = {
        "<",        ">",      ";",    ",",      "\"",        "\\",  "=",
        " ",        "sip:",   "tel:", "@",      "201",       "+49", "a",
        ".invalid", "%",      "%00",  "%2",     "?",         "&",   "00",
        "reason=",  "index=", "mp=1", "cause=", "Privacy=",  "404", "purpose=",
        "counter=", "99",     "\xff", "#",      "anonymous",
    };

    for (guint i = 0; i < 20000; i++) {
        g_autoptr(GString) text = g_string_new(NULL);
        const char *values[] = {NULL, NULL};
        Diversions diversions, back;
        Subaddress subaddress;
        UserInfo info;

        for (gint n = g_test_rand_int_range(0, 30); n > 0; n--)
            g_string_append(text, words[g_test_rand_int_range(0, G_N_ELEMENTS(words))]);
        values[0] = text->str;
        user_info_from_fields(values, &info);
        g_assert_cmpuint(info.length, <=, USER_INFO_MAX);
        subaddress_from_isub(text->str, i % 2 ? NULL : "nsap", &subaddress);
        g_assert_cmpuint(subaddress.length, <=, SUBADDRESS_MAX);
        diversions_from_fields(values, values, &called, &diversions);
        if (diversions.count) {
            g_autofree char *lines = diversions_to_diversion(&diversions, text_of(TRUE));
            g_auto(GStrv) parts = g_strsplit(lines, "\r\n", -1);

            for (char **part = parts; *part; part++)
                memmove(*part, *part + strlen("Diversion: "),
                        strlen(*part + strlen("Diversion: ")) + 1);
            diversions_from_fields((const char *const *)parts, NULL, &called, &back);
            g_assert_cmpstr(back.last.number.digits, ==, diversions.last.number.digits);
            g_assert_cmpint(back.last.reason, ==, diversions.last.reason);
        }
    }
}

static void a_gap_in_the_history_is_bounded(void)
{
    Diversions diversions = {
        .count = 1000,
        .first = {.number = {.digits = "201"}, .reason = DIVERSION_BUSY},
        .last = {.number = {.digits = "202"}, .reason = DIVERSION_UNCONDITIONAL},
    };
    g_autofree char *line = diversions_to_history(&diversions, text_of(TRUE));
    const char *values[] = {line + strlen("History-Info: "), NULL};
    Diversions back;

    g_assert_cmpuint(strlen(line), <, 2048);
    diversions_from_fields(NULL, values, &called, &back);
    g_assert_cmpuint(back.count, ==, 12);
    g_assert_cmpstr(back.first.number.digits, ==, "201");
    g_assert_cmpint(back.first.reason, ==, DIVERSION_BUSY);
    g_assert_cmpstr(back.last.number.digits, ==, "202");
}

static void a_cpe_claims_no_screening(void)
{
    Diversion diversion = {.number = {.digits = "201", .screening = SCREENING_NETWORK}};
    Number number = {.digits = "100", .screening = SCREENING_USER_PASSED};
    guint8 element[ELEMENT_ROOM];

    element_from_diversion(&diversion, FALSE, element);
    g_assert_cmphex(element[3], ==, 0x00);
    element_from_diversion(&diversion, TRUE, element);
    g_assert_cmphex(element[3], ==, 0x03);
    element_from_calling(&number, FALSE, element);
    g_assert_cmphex(element[3], ==, 0x80);
    element_from_calling(&number, TRUE, element);
    g_assert_cmphex(element[3], ==, 0x81);
}

static void high_layers_are_told_in_itu_coding_alone(void)
{
    guint8 element[ELEMENT_ROOM];

    element_from_hlc(HLC_FACSIMILE, element);
    g_assert_cmpmem(element, 4, ((guint8[]){0x7d, 2, 0x91, 0x84}), 4);
    g_assert_cmpuint(hlc_from_element(element), ==, HLC_FACSIMILE);
    element[2] = 0xf1; /* a national standard's */
    g_assert_cmpuint(hlc_from_element(element), ==, 0);
    g_assert_cmpuint(hlc_from_element(NULL), ==, 0);
}

int main(int argc, char **argv)
{
    g_autofree char *text = NULL, *path = NULL;
    g_auto(GStrv) lines = NULL;
    g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
    int result;

    g_test_init(&argc, &argv, NULL);
    path = g_build_filename(TOP_SRCDIR, "tests/unit/field_vectors.tsv", NULL);
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i]; i++) {
        char **row = g_strsplit(lines[i], "\t", -1);
        g_autofree char *name = NULL;

        if (*lines[i] == '#' || !*lines[i]) {
            g_strfreev(row);
            continue;
        }
        g_assert_cmpuint(g_strv_length(row), ==, 5);
        g_ptr_array_add(rows, row);
        name = g_strdup_printf("/fields/vectors/%03u-%s", i + 1, row[0]);
        g_test_add_data_func(name, row, row_check);
    }
    g_test_add_func("/fields/long", what_is_too_long_costs_no_time);
    g_test_add_func("/fields/anything", anything_is_read_without_harm);
    g_test_add_func("/fields/gap", a_gap_in_the_history_is_bounded);
    g_test_add_func("/fields/screening", a_cpe_claims_no_screening);
    g_test_add_func("/fields/hlc", high_layers_are_told_in_itu_coding_alone);
    g_test_add_data_func("/fields/vectors/zzz-all", GUINT_TO_POINTER(rows->len), all_rows_were_run);
    result = g_test_run();
    return result;
}
