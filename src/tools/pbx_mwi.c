/* Message waiting: components of QSIG (ECMA-242) and EuroISDN (EN 300 745-1), written and read as
 * octets. */
#include "pbx_mwi.h"

#include <string.h>

#define ELEMENT_FACILITY 0x1c
#define ELEMENT_CHANNEL 0x18
#define ELEMENT_CALLED 0x70

static const guint8 etsi_oid[] = {0x06, 0x06, 0x04, 0x00, 0x85, 0x69, 0x01};

/* ---- telling ----------------------------------------------------------------------------------
 */

static void append_number(GByteArray *out, const char *number)
{
    guint8 head[] = {0x80, (guint8)strlen(number)}; /* unknownPartyNumber */

    g_byte_array_append(out, head, sizeof head);
    g_byte_array_append(out, (const guint8 *)number, head[1]);
}

/* The argument behind number and service: a count is [3] on QSIG, [2] EXPLICIT on EuroISDN. */
static GByteArray *argument_new(const PbxLine *line, const char *number, guint count)
{
    static const guint8 speech[] = {0x0a, 0x01, 0x01};
    guint8 octets[] = {0xa2, 0x03, 0x02, 0x01, (guint8)count};
    GByteArray *out = g_byte_array_new();

    append_number(out, number);
    g_byte_array_append(out, speech, sizeof speech);
    if (count && line->settings->switch_type == SWITCH_QSIG) {
        octets[2] = 0x83;
        g_byte_array_append(out, octets + 2, 3);
    } else if (count) {
        g_byte_array_append(out, octets, sizeof octets);
    }
    return out;
}

/* The Facility element, whole. Caller frees. */
static GByteArray *facility_new(const PbxLine *line, const char *number, gboolean wait, guint count)
{
    static const guint8 qsig[] = {0x9f, 0xaa, 0x06, 0x80, 0x01, 0x00,
                                  0x82, 0x01, 0x00, 0x8b, 0x01, 0x00};
    static guint8 invoke;
    g_autoptr(GByteArray) argument = argument_new(line, number, wait ? count : 0);
    gboolean is_qsig = line->settings->switch_type == SWITCH_QSIG;
    GByteArray *out = g_byte_array_new();
    guint8 head[] = {0xa1, 0, 0x02, 0x01, (guint8)(++invoke & 0x7f)};
    guint8 local[] = {0x02, 0x01, wait ? 0x50 : 0x51}, last = wait ? 1 : 2;
    guint8 sequence[] = {0x30, (guint8)argument->len}, element[] = {ELEMENT_FACILITY, 0};

    head[1] = (guint8)(3 + (is_qsig ? sizeof local : sizeof etsi_oid + 1) + 2 + argument->len);
    element[1] = (guint8)((is_qsig ? sizeof qsig : 1) + 2 + head[1]);
    g_byte_array_append(out, element, sizeof element);
    if (is_qsig)
        g_byte_array_append(out, qsig, sizeof qsig);
    else
        g_byte_array_append(out, (const guint8 *)"\x91", 1);
    g_byte_array_append(out, head, sizeof head);
    if (is_qsig) {
        g_byte_array_append(out, local, sizeof local);
    } else {
        g_byte_array_append(out, etsi_oid, sizeof etsi_oid);
        g_byte_array_append(out, &last, 1);
    }
    g_byte_array_append(out, sequence, sizeof sequence);
    g_byte_array_append(out, argument->data, argument->len);
    return out;
}

/* libpri makes the connection and clears it; its Facility says no count. */
static gboolean connection_open(PbxLine *line, const char *number, gboolean wait,
                                GByteArray *facility)
{
    q931_call *call = pri_new_call(line->isdn);
    char called[32], none[] = "";
    PbxEdit edit = {.type = MESSAGE_SETUP};
    gboolean sent;

    if (!call)
        return FALSE;
    g_strlcpy(called, number, sizeof called);
    edit.reference = pbx_line_reference(line, call);
    edit.extra = g_bytes_new(facility->data, facility->len);
    pbx_edits_add(&line->edits, &edit);
    sent = (wait ? pri_mwi_activate : pri_mwi_deactivate)(line->isdn, call, none, PRI_UNKNOWN, none,
                                                          PRES_NUMBER_NOT_AVAILABLE, called,
                                                          PRI_UNKNOWN) == 0;
    pbx_line_settle(line);
    return sent;
}

gboolean pbx_mwi_send(PbxLine *line, const char *number, gboolean wait, guint count)
{
    static const guint8 head[] = {0x08, 0x00, MESSAGE_FACILITY};
    g_autoptr(GByteArray) facility = facility_new(line, number, wait, count), message = NULL;
    g_autoptr(GBytes) octets = NULL;

    if (line->settings->switch_type == SWITCH_QSIG)
        return connection_open(line, number, wait, facility);
    if (line->settings->switch_type != SWITCH_EUROISDN)
        return FALSE;
    message = g_byte_array_new();
    g_byte_array_append(message, head, sizeof head);
    g_byte_array_append(message, facility->data, facility->len);
    octets = g_byte_array_free_to_bytes(g_steal_pointer(&message));
    return pbx_line_send_message(line, NULL, FALSE, octets);
}

/* ---- hearing ----------------------------------------------------------------------------------
 */

/* What a component says; operation 1 activates, 2 deactivates, 3 indicates, as ETSI counts. */
typedef struct Heard {
    guint8 operation, invoke;
    gboolean qsig;
    const guint8 *number;
    gsize digits;
    gint count; /* -1: none is said */
} Heard;

/* The content of element ID in the message, and its length; NULL when there is none. */
static const guint8 *element_find(const PbxSeen *seen, guint8 id, gsize *length)
{
    gsize at = 3u + (seen->octets[1] & 0x0f);

    while (at + 1 < seen->length) {
        gsize size = seen->octets[at] & 0x80 ? 1 : 2u + seen->octets[at + 1];

        if (seen->octets[at] == id && at + size <= seen->length) {
            *length = size - 2;
            return seen->octets + at + 2;
        }
        at += size;
    }
    return NULL;
}

/* Steps over one value at AT; its TAG, content and length. FALSE at END or past it. */
static gboolean value_next(const guint8 **at, const guint8 *end, guint8 *tag,
                           const guint8 **content, gsize *length)
{
    if (end - *at < 2 || (*at)[1] & 0x80 || end - *at < 2 + (*at)[1])
        return FALSE;
    *tag = (*at)[0];
    *length = (*at)[1];
    *content = *at + 2;
    *at += 2 + *length;
    return TRUE;
}

static gint integer_of(const guint8 *content, gsize length)
{
    gint value = 0;

    for (gsize i = 0; i < length && i < 3; i++)
        value = value << 8 | content[i];
    return value;
}

static void argument_read(const guint8 *at, const guint8 *end, Heard *heard)
{
    guint8 tag;
    const guint8 *content;
    gsize length;

    while (value_next(&at, end, &tag, &content, &length)) {
        if (tag == 0x80 && !heard->number) {
            heard->number = content;
            heard->digits = length;
        } else if (tag == 0x83 && heard->qsig) {
            heard->count = integer_of(content, length);
        } else if (tag == (heard->operation == 3 ? 0xa3 : 0xa2) && !heard->qsig && length > 2) {
            heard->count = integer_of(content + 2, length - 2);
        }
    }
}

static gboolean operation_read(guint8 tag, const guint8 *content, gsize length, Heard *heard)
{
    if (tag == 0x02 && length == 1 && (content[0] == 0x50 || content[0] == 0x51)) {
        heard->qsig = TRUE;
        heard->operation = content[0] - 0x4f;
    } else if (tag == 0x06 && length == 6 && memcmp(content, etsi_oid + 2, 5) == 0) {
        heard->operation = content[5];
    }
    return heard->operation >= 1 && heard->operation <= 3;
}

static gboolean invoke_read(const guint8 *at, const guint8 *end, Heard *heard)
{
    guint8 tag;
    const guint8 *content;
    gsize length;

    *heard = (Heard){.count = -1};
    if (!value_next(&at, end, &tag, &content, &length) || tag != 0x02 || length != 1)
        return FALSE;
    heard->invoke = content[0];
    if (!value_next(&at, end, &tag, &content, &length) ||
        !operation_read(tag, content, length, heard))
        return FALSE;
    if (value_next(&at, end, &tag, &content, &length) && tag == 0x30)
        argument_read(content, content + length, heard);
    return TRUE;
}

static gboolean facility_read(const PbxSeen *seen, Heard *heard)
{
    gsize length = 0;
    const guint8 *at = element_find(seen, ELEMENT_FACILITY, &length), *end = at + length;
    const guint8 *content;
    guint8 tag;

    if (!at || length < 3)
        return FALSE;
    at++; /* the protocol profile */
    while (value_next(&at, end, &tag, &content, &length))
        if (tag == 0xa1)
            return invoke_read(content, content + length, heard);
    return FALSE;
}

/* CONNECT with the result goes in the place of libpri's RELEASE COMPLETE, and clearing is answered
 * without its complaint that there is no call. */
static void connection_take(PbxLine *line, const PbxSeen *seen, const Heard *heard)
{
    guint8 connect[] = {0x08,
                        0x02,
                        (guint8)(0x80 | seen->message.reference >> 8),
                        (guint8)seen->message.reference,
                        MESSAGE_CONNECT,
                        ELEMENT_CHANNEL,
                        0x01,
                        0xac,
                        ELEMENT_FACILITY,
                        0x15,
                        0x9f,
                        0xaa,
                        0x06,
                        0x80,
                        0x01,
                        0x00,
                        0x82,
                        0x01,
                        0x00,
                        0xa2,
                        0x0a,
                        0x02,
                        0x01,
                        heard->invoke,
                        0x30,
                        0x05,
                        0x02,
                        0x01,
                        (guint8)(0x4f + heard->operation),
                        0x05,
                        0x00};
    PbxEdit taken = {.reference = seen->message.reference,
                     .to_originator = TRUE,
                     .type = MESSAGE_RELEASE_COMPLETE,
                     .replace = g_bytes_new(connect, sizeof connect)};
    PbxEdit cleared = {.reference = seen->message.reference,
                       .to_originator = TRUE,
                       .type = MESSAGE_RELEASE_COMPLETE,
                       .cause = 16};

    pbx_edits_forget(&line->edits, seen->message.reference, TRUE);
    pbx_edits_add(&line->edits, &taken);
    pbx_edits_add(&line->edits, &cleared);
    pbx_line_ignore(line, MESSAGE_CONNECT_ACKNOWLEDGE, 1);
}

gboolean pbx_mwi_hear(PbxLine *line, const PbxSeen *seen, char *text, gsize size)
{
    Heard heard;
    gsize length = 0;
    const guint8 *called;
    gboolean connects = seen->message.type == MESSAGE_SETUP, waits;
    g_autofree char *number = NULL;

    if (seen->sent || seen->again || seen->fault || seen->ignored ||
        (!connects && seen->message.type != MESSAGE_FACILITY) || !facility_read(seen, &heard))
        return FALSE;
    called = element_find(seen, ELEMENT_CALLED, &length);
    if (!heard.number && called && length > 1) {
        heard.number = called + 1;
        heard.digits = length - 1;
    }
    number = g_strndup((const char *)heard.number, heard.digits);
    waits = heard.operation == 1 || (heard.operation == 3 && heard.count != 0);
    if (waits && heard.count > 0)
        g_snprintf(text, size, "%s waiting %d", number, heard.count);
    else
        g_snprintf(text, size, "%s %s", number, waits ? "waiting" : "none");
    if (connects)
        connection_take(line, seen, &heard);
    return TRUE;
}
