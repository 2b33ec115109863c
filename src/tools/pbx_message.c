/* Q.931 octets into a value, checked element by element before libpri may see them. */
#include "pbx_message.h"

#include <string.h>

/* Q.931 table 4-3, codeset 0. */
typedef enum PbxElement {
    ELEMENT_CHANGE_STATUS = 0x01, /* of SERVICE */
    ELEMENT_BEARER = 0x04,
    ELEMENT_CAUSE = 0x08,
    ELEMENT_CONNECTED_ADDRESS = 0x0c,
    ELEMENT_CALL_STATE = 0x14,
    ELEMENT_CHANNEL = 0x18,
    ELEMENT_FACILITY = 0x1c,
    ELEMENT_PROGRESS = 0x1e,
    ELEMENT_NOTIFICATION = 0x27,
    ELEMENT_DISPLAY = 0x28,
    ELEMENT_KEYPAD = 0x2c,
    ELEMENT_CONNECTED = 0x4c,
    ELEMENT_CALLING = 0x6c,
    ELEMENT_CALLED = 0x70,
    ELEMENT_ORIGINAL_CALLED = 0x73,
    ELEMENT_REDIRECTING = 0x74,
    ELEMENT_RESTART = 0x79,
    ELEMENT_COMPLETE = 0xa1,
} PbxElement;

typedef struct MessageName {
    guint8 type;
    const char *name;
    const char *also; /* a short form people write in scripts */
} MessageName;

static const MessageName message_names[] = {
    {MESSAGE_ALERTING, "ALERTING", NULL},
    {MESSAGE_CALL_PROCEEDING, "CALL PROCEEDING", "PROCEEDING"},
    {MESSAGE_PROGRESS, "PROGRESS", NULL},
    {MESSAGE_SETUP, "SETUP", NULL},
    {MESSAGE_CONNECT, "CONNECT", NULL},
    {MESSAGE_SETUP_ACKNOWLEDGE, "SETUP ACKNOWLEDGE", "SETUP ACK"},
    {MESSAGE_CONNECT_ACKNOWLEDGE, "CONNECT ACKNOWLEDGE", "CONNECT ACK"},
    {0x20, "USER INFORMATION", NULL},
    {0x24, "HOLD", NULL},
    {0x28, "HOLD ACKNOWLEDGE", "HOLD ACK"},
    {0x30, "HOLD REJECT", NULL},
    {0x31, "RETRIEVE", NULL},
    {0x33, "RETRIEVE ACKNOWLEDGE", "RETRIEVE ACK"},
    {0x37, "RETRIEVE REJECT", NULL},
    {MESSAGE_DISCONNECT, "DISCONNECT", NULL},
    {MESSAGE_RESTART, "RESTART", NULL},
    {MESSAGE_RELEASE, "RELEASE", NULL},
    {MESSAGE_RESTART_ACKNOWLEDGE, "RESTART ACKNOWLEDGE", "RESTART ACK"},
    {MESSAGE_RELEASE_COMPLETE, "RELEASE COMPLETE", NULL},
    {0x60, "SEGMENT", NULL},
    {MESSAGE_FACILITY, "FACILITY", NULL},
    {0x64, "REGISTER", NULL},
    {MESSAGE_NOTIFY, "NOTIFY", NULL},
    {MESSAGE_STATUS_ENQUIRY, "STATUS ENQUIRY", NULL},
    {0x79, "CONGESTION CONTROL", NULL},
    {MESSAGE_INFORMATION, "INFORMATION", NULL},
    {MESSAGE_STATUS, "STATUS", NULL},
    {MESSAGE_SERVICE, "SERVICE", NULL},
    {MESSAGE_SERVICE_ACKNOWLEDGE, "SERVICE ACKNOWLEDGE", "SERVICE ACK"},
};

#define PROTOCOL_ATT 0x03
#define PROTOCOL_NATIONAL 0x43

/* 0x07 is SERVICE ACKNOWLEDGE of AT&T's, and SERVICE of NI-2's. */
static guint8 maintenance_type(guint8 protocol, guint8 type)
{
    if ((type & 0x7f) != 0x07 && (type & 0x7f) != 0x0f)
        return type;
    return ((type & 0x7f) == 0x07) == (protocol == PROTOCOL_NATIONAL) ? MESSAGE_SERVICE
                                                                      : MESSAGE_SERVICE_ACKNOWLEDGE;
}

const char *pbx_message_name(guint8 protocol, guint8 type, char *buffer, gsize size)
{
    (void)protocol;
    for (gsize i = 0; i < G_N_ELEMENTS(message_names); i++)
        if (message_names[i].type == type)
            return message_names[i].name;
    g_snprintf(buffer, size, "0x%02x", type);
    return buffer;
}

gint pbx_message_type(const char *text)
{
    for (gsize i = 0; i < G_N_ELEMENTS(message_names); i++) {
        const MessageName *row = &message_names[i];

        if (g_ascii_strcasecmp(text, row->name) == 0 ||
            (row->also && g_ascii_strcasecmp(text, row->also) == 0))
            return row->type;
    }
    return -1;
}

gboolean pbx_number_matches(const char *pattern, const char *digits)
{
    for (; *pattern; pattern++, digits++) {
        if (*pattern == '.')
            return TRUE;
        if (!*digits)
            return FALSE;
        if (*pattern == 'X' || *pattern == 'Z' || *pattern == 'N') {
            char least = *pattern == 'X' ? '0' : *pattern == 'Z' ? '1' : '2';

            if (*digits < least || *digits > '9')
                return FALSE;
        } else if (*pattern != *digits) {
            return FALSE;
        }
    }
    return !*digits;
}

/* ---- elements -------------------------------------------------------------------------------- */

/* Octets before the one that ends an extension group; LENGTH when none does. */
static gsize group_end(const guint8 *data, gsize length)
{
    gsize i = 0;

    while (i < length && !(data[i] & 0x80))
        i++;
    return i;
}

static void text_read(char *text, gsize size, const guint8 *data, gsize length)
{
    gsize used = 0;

    for (gsize i = 0; i < length && used + 1 < size; i++)
        text[used++] = data[i] >= 0x20 && data[i] < 0x7f ? (char)data[i] : '?';
    text[used] = 0;
}

static const char *number_read(Number *number, const guint8 *data, gsize length)
{
    gsize end = group_end(data, length);

    if (end >= length)
        return "a number element without an extension bit";
    number->ton = (data[0] >> 4) & 7;
    number->npi = data[0] & 15;
    if (end >= 1) {
        number->presentation = (data[1] >> 5) & 3;
        number->screening = data[1] & 3;
    }
    text_read(number->digits, sizeof number->digits, data + end + 1, length - end - 1);
    return NULL;
}

static const char *cause_read(PbxMessage *message, const guint8 *data, gsize length)
{
    gsize at = length && !(data[0] & 0x80) ? 2 : 1; /* octet 3a, Recommendation */

    if (length < at + 1)
        return "a Cause element shorter than its fixed part";
    message->location = data[0] & 15;
    message->cause = data[at] & 0x7f;
    return NULL;
}

static const char *channel_read(PbxMessage *message, const guint8 *data, gsize length)
{
    gsize at = 1;

    if (length < 1)
        return "an empty Channel identification";
    message->exclusive = (data[0] & 0x08) != 0;
    if (data[0] & 0x40) { /* interface identifier present, octets 3.1 */
        at += group_end(data + 1, length - 1) + 1;
        if (at > length)
            return "a Channel identification whose interface identifier never ends";
        message->interface = data[1] & 0x7f;
    }
    if (!(data[0] & 0x20))
        message->channel = data[0] & 3; /* basic interface */
    else if ((data[0] & 3) == 0)
        message->channel = 0;
    else if ((data[0] & 3) == 3)
        message->any_channel = TRUE;
    else if (length >= at + 2 && !(data[at] & 0x10))
        message->channel = data[at + 1] & 0x7f;
    else if (length >= at + 1 && (data[at] & 0x10) && length < at + 4)
        return "a slot map shorter than 24 channels";
    return NULL;
}

static const char *progress_read(PbxMessage *message, const guint8 *data, gsize length)
{
    int place = message->progress[0] == MESSAGE_NOTHING ? 0 : 1;

    if (length < 2)
        return "a Progress indicator shorter than its fixed part";
    message->progress[place] = data[1] & 0x7f;
    message->progress_location = data[0] & 15;
    return NULL;
}

static const char *octet_read(gint *value, const guint8 *data, gsize length, guint8 mask)
{
    if (length < 1)
        return "an empty element where one octet is the least";
    *value = data[0] & mask;
    return NULL;
}

/* Display: a first octet with bit 8 set is the character set of national ISDN. */
static void display_read(PbxMessage *message, const guint8 *data, gsize length)
{
    gsize skip = length > 0 && (data[0] & 0x80) && data[0] != 0xa0 && length > 1 && data[0] < 0xc0;

    text_read(message->display, sizeof message->display, data + skip, length - skip);
}

static const char *element_read(PbxMessage *message, guint8 id, const guint8 *data, gsize length)
{
    switch (id) {
    case ELEMENT_BEARER:
        return length < 2 ? "a Bearer capability shorter than its fixed part"
                          : octet_read(&message->bearer, data, length, 0x1f);
    case ELEMENT_CAUSE:
        return cause_read(message, data, length);
    case ELEMENT_CALL_STATE:
        return octet_read(&message->state, data, length, 0x3f);
    case ELEMENT_CHANNEL:
        return channel_read(message, data, length);
    case ELEMENT_PROGRESS:
        return progress_read(message, data, length);
    case ELEMENT_NOTIFICATION:
        return octet_read(&message->notify, data, length, 0x7f);
    case ELEMENT_CHANGE_STATUS:
        return octet_read(&message->service, data, length, 0x0f);
    case ELEMENT_RESTART:
        return octet_read(&message->restart, data, length, 0x07);
    case ELEMENT_DISPLAY:
        display_read(message, data, length);
        return NULL;
    case ELEMENT_KEYPAD:
        text_read(message->keypad, sizeof message->keypad, data, length);
        return NULL;
    case ELEMENT_CALLED:
        return number_read(&message->called, data, length);
    case ELEMENT_CALLING:
        message->has_calling = TRUE;
        return number_read(&message->calling, data, length);
    case ELEMENT_CONNECTED_ADDRESS:
    case ELEMENT_CONNECTED:
        message->has_connected = TRUE;
        return number_read(&message->connected, data, length);
    case ELEMENT_ORIGINAL_CALLED:
    case ELEMENT_REDIRECTING:
        message->has_redirecting = TRUE;
        return number_read(&message->redirecting, data, length);
    default: /* the octet is the network's, not an enum of ours: unknown elements pass */
        return length ? NULL : id == ELEMENT_FACILITY ? "an empty Facility" : NULL;
    }
}

static const char *elements_read(PbxMessage *message, const guint8 *data, gsize length)
{
    guint codeset = 0, locked = 0;
    gsize at = 0;

    while (at < length) {
        guint8 id = data[at];
        const char *fault = NULL;

        if (id & 0x80) { /* one octet long */
            if ((id & 0xf8) == 0x90)
                codeset = locked = id & 7;
            else if ((id & 0xf8) == 0x98)
                codeset = id & 7;
            else if (codeset == 0 && id == ELEMENT_COMPLETE)
                message->complete = TRUE;
            at++;
            if ((id & 0xf0) != 0x90)
                codeset = locked;
            continue;
        }
        if (at + 2 > length || at + 2 + data[at + 1] > length)
            return "an element that runs over the message's end";
        if (codeset == 0)
            fault = element_read(message, id, data + at + 2, data[at + 1]);
        if (fault)
            return fault;
        at += 2u + data[at + 1];
        codeset = locked;
    }
    return NULL;
}

const char *pbx_message_read(PbxMessage *message, const guint8 *octets, gsize length)
{
    gsize reference_length;

    *message = (PbxMessage){
        .reference = MESSAGE_NOTHING,
        .cause = MESSAGE_NOTHING,
        .location = MESSAGE_NOTHING,
        .channel = MESSAGE_NOTHING,
        .interface = MESSAGE_NOTHING,
        .progress = {MESSAGE_NOTHING, MESSAGE_NOTHING},
        .progress_location = MESSAGE_NOTHING,
        .bearer = MESSAGE_NOTHING,
        .state = MESSAGE_NOTHING,
        .notify = MESSAGE_NOTHING,
        .service = MESSAGE_NOTHING,
        .restart = MESSAGE_NOTHING,
    };
    if (length < 3)
        return "shorter than any message";
    message->protocol = octets[0];
    reference_length = octets[1] & 0x0f;
    if ((octets[1] & 0xf0) || reference_length > 2)
        return "a call reference of a length no primary rate interface has";
    if (length < 3 + reference_length)
        return "shorter than its call reference";
    if (reference_length == 0)
        message->reference = 0;
    else
        message->reference = octets[2] & 0x7f;
    if (reference_length == 2)
        message->reference = message->reference << 8 | octets[3];
    message->to_originator = reference_length && (octets[2] & 0x80);
    message->type = octets[2 + reference_length];
    if (message->protocol == PROTOCOL_ATT || message->protocol == PROTOCOL_NATIONAL)
        message->type = maintenance_type(message->protocol, message->type);
    else if (message->protocol != MESSAGE_PROTOCOL_Q931)
        return NULL; /* libpri looks at the discriminator first and goes no further */
    return elements_read(message, octets + 3 + reference_length, length - 3 - reference_length);
}
