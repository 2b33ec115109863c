/* Calling numbers and session descriptions at both borders: the rows of number_vectors.tsv, both
 * ways. Its bearers are tests/pair/isdn_extra's. */
#include "elements.h"
#include "hex_read.h"
#include "sip_room.h"

#include <sofia-sip/msg_mclass.h>
#include <sofia-sip/sip_extra.h>
#include <string.h>

static const TrunkSettings trunk = {
    .country_code = (char *)"49", .phone_context = (char *)"pbx.test", .trust_calling = TRUE};

static char *calling_to_text(const char *octets, gboolean trusted)
{
    guint8 element[ELEMENT_ROOM];
    CallSetup asked = {0};
    IdentityOut out;
    char *text;

    calling_from_element(hex_read(octets, element) ? element : NULL, &asked.calling);
    identity_write(&asked, &trunk, trusted, "gw.test", &out);
    text = g_strconcat("From: ", out.from, out.pai ? " | P-Asserted-Identity: " : "",
                       out.pai ? out.pai : "", out.privacy ? " | Privacy: " : "",
                       out.privacy ? out.privacy : "", NULL);
    identity_out_clear(&out);
    return text;
}

static char *calling_to_octets(const char *text, gboolean trusted)
{
    g_auto(GStrv) lines = g_strsplit(text, " | ", -1);
    g_autofree char *fields = g_strjoinv("\r\n", lines);
    g_autofree char *message = g_strdup_printf(
        "INVITE sip:300@gw.test SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\n"
        "To: <sip:300@gw.test>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\nContact: <sip:h>\r\n%s\r\n\r\n",
        fields);
    msg_mclass_t *mclass = sip_extend_mclass(NULL);
    CallOrigin origin = {.kind = ORIGIN_SIP, .trusted = trusted};
    CallSetup setup = {0};
    GString *octets = g_string_new(NULL);
    guint8 element[ELEMENT_ROOM];
    msg_t *msg;

    msg = msg_make(mclass, 0, message, (gssize)strlen(message));
    g_assert_nonnull(sip_object(msg)->sip_from);
    identity_calling(sip_object(msg), &origin, &setup);
    if (setup.calling.ton == TON_INTERNATIONAL)
        number_to_trunk(&trunk, &setup.calling);
    element_from_calling(&setup.calling, TRUE, element);
    for (guint i = 0; i < 2u + element[1]; i++)
        g_string_append_printf(octets, "%s%02x", i ? " " : "", element[i]);
    msg_destroy(msg);
    free(mclass);
    return g_string_free(octets, FALSE);
}

static char *sdp_to_octets(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, " / ", -1);
    g_autofree char *media = g_strjoinv("\r\n", lines);
    g_autofree char *sdp =
        g_strconcat("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\n"
                    "t=0 0\r\n",
                    media, "\r\n", NULL);
    SdpSession session;
    SdpResult result = offer_read(sdp, strlen(sdp), AF_INET, &session);

    g_assert_cmpint(result, !=, SDP_MALFORMED);
    return result == SDP_OK ? g_strdup_printf("%02x", 0x80 | BEARER_3K1_AUDIO) : g_strdup("");
}

static void row_check(gconstpointer data)
{
    const char *const *row = data;
    gboolean trusted = !g_str_has_suffix(row[0], "-untrusted");

    g_test_message("%s", row[4]);
    if (*row[1] != '<') {
        g_autofree char *said = calling_to_text(row[2], trusted);

        g_assert_cmpstr(said, ==, row[3]);
    }
    if (*row[1] != '>') {
        g_autofree char *sent =
            strcmp(row[0], "sdp") == 0 ? sdp_to_octets(row[3]) : calling_to_octets(row[3], trusted);

        g_assert_cmpstr(sent, ==, row[2]);
    }
}

int main(int argc, char **argv)
{
    g_autofree char *text = NULL, *path = NULL;
    g_auto(GStrv) lines = NULL;
    g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);

    g_test_init(&argc, &argv, NULL);
    path = g_build_filename(TOP_SRCDIR, "tests/unit/number_vectors.tsv", NULL);
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i]; i++) {
        char **row = g_strsplit(lines[i], "\t", -1);
        g_autofree char *name = g_strdup_printf("/numbers/%03u-%s", i + 1, row[0] ? row[0] : "");

        if (g_strv_length(row) != 5 || *lines[i] == '#' || strcmp(row[0], "bearer") == 0) {
            g_strfreev(row);
            continue;
        }
        g_ptr_array_add(rows, row);
        g_test_add_data_func(name, row, row_check);
    }
    g_assert_cmpuint(rows->len, >=, 35);
    return g_test_run();
}
