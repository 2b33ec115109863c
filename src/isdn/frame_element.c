/* The information elements libpri reads: their lengths and shapes, and what they say. */
#include "frame_element.h"

enum {
    ELEMENT_CHANGE_STATUS = 0x01,
    ELEMENT_BEARER = 0x04,
    ELEMENT_CAUSE = FRAME_ELEMENT_CAUSE,
    ELEMENT_CONNECTED_ADDRESS = 0x0c,
    ELEMENT_CALL_STATE = 0x14,
    ELEMENT_CHANNEL = 0x18,
    ELEMENT_FACILITY = 0x1c,
    ELEMENT_PROGRESS = 0x1e,
    ELEMENT_NETWORK_FACILITY = 0x20,
    ELEMENT_NOTIFICATION = 0x27,
    ELEMENT_DISPLAY = 0x28,
    ELEMENT_KEYPAD = 0x2c,
    ELEMENT_SIGNAL = 0x34,
    ELEMENT_REVERSE_CHARGE = 0x4a,
    ELEMENT_CONNECTED_NUMBER = 0x4c,
    ELEMENT_CONNECTED_SUBADDRESS = 0x4d,
    ELEMENT_CALLING_NUMBER = 0x6c,
    ELEMENT_CALLING_SUBADDRESS = 0x6d,
    ELEMENT_CALLED_NUMBER = 0x70,
    ELEMENT_CALLED_SUBADDRESS = 0x71,
    ELEMENT_ORIGINAL_CALLED = 0x73,
    ELEMENT_REDIRECTING_NUMBER = 0x74,
    ELEMENT_REDIRECTING_SUBADDRESS = 0x75,
    ELEMENT_REDIRECTION_NUMBER = 0x76,
    ELEMENT_RESTART = 0x79,
    ELEMENT_LLC = 0x7c,
    ELEMENT_HLC = 0x7d,
    ELEMENT_USER_USER = 0x7e,
    ELEMENT_SENDING_COMPLETE = 0xa1,
};

typedef enum ElementShape {
    SHAPE_PLAIN, /* only a least length */
    SHAPE_GROUP, /* octet 3 and its extensions end within the first three octets */
    SHAPE_ENDED, /* the last octet ends a group */
    SHAPE_BEARER,
    SHAPE_CAUSE,
    SHAPE_CHANNEL,
} ElementShape;

typedef struct ElementRule {
    guint8 id; /* in codeset 0 */
    guint8 least;
    guint8 most; /* Q.931 Table 4-3, without identifier and length; 0: libpri takes what fits */
    gboolean once;
    ElementShape shape;
    const char *why;
} ElementRule;

static const ElementRule rules[] = {
    {ELEMENT_CHANGE_STATUS, 1, 0, TRUE, SHAPE_PLAIN, "change status"},
    {ELEMENT_BEARER, 2, 10, TRUE, SHAPE_BEARER, "bearer capability"},
    {ELEMENT_CAUSE, 2, 30, TRUE, SHAPE_CAUSE, "cause"},
    {ELEMENT_CONNECTED_ADDRESS, 1, 0, FALSE, SHAPE_GROUP, "connected address"},
    {ELEMENT_CALL_STATE, 1, 1, TRUE, SHAPE_PLAIN, "call state"},
    {ELEMENT_CHANNEL, 1, 0, TRUE, SHAPE_CHANNEL, "channel identification"},
    {ELEMENT_FACILITY, 2, 0, FALSE, SHAPE_PLAIN, "facility"},
    {ELEMENT_PROGRESS, 2, 2, FALSE, SHAPE_ENDED, "progress indicator"},
    {ELEMENT_NETWORK_FACILITY, 1, 0, FALSE, SHAPE_PLAIN, "network-specific facilities"},
    {ELEMENT_NOTIFICATION, 1, 0, FALSE, SHAPE_PLAIN, "notification indicator"},
    {ELEMENT_DISPLAY, 1, 0, FALSE, SHAPE_PLAIN, "display"},
    {ELEMENT_KEYPAD, 1, 0, TRUE, SHAPE_PLAIN, "keypad facility"},
    {ELEMENT_SIGNAL, 1, 1, TRUE, SHAPE_PLAIN, "signal"},
    {ELEMENT_REVERSE_CHARGE, 1, 0, TRUE, SHAPE_PLAIN, "reverse charging indication"},
    {ELEMENT_CONNECTED_NUMBER, 1, 0, FALSE, SHAPE_GROUP, "connected number"},
    {ELEMENT_CONNECTED_SUBADDRESS, 2, 0, TRUE, SHAPE_PLAIN, "connected subaddress"},
    {ELEMENT_CALLING_NUMBER, 1, 0, FALSE, SHAPE_GROUP, "calling party number"},
    {ELEMENT_CALLING_SUBADDRESS, 2, 0, TRUE, SHAPE_PLAIN, "calling party subaddress"},
    {ELEMENT_CALLED_NUMBER, 1, 0, TRUE, SHAPE_GROUP, "called party number"},
    {ELEMENT_CALLED_SUBADDRESS, 2, 0, TRUE, SHAPE_PLAIN, "called party subaddress"},
    {ELEMENT_ORIGINAL_CALLED, 1, 0, TRUE, SHAPE_GROUP, "original called number"},
    {ELEMENT_REDIRECTING_NUMBER, 1, 0, FALSE, SHAPE_GROUP, "redirecting number"},
    {ELEMENT_REDIRECTING_SUBADDRESS, 2, 0, FALSE, SHAPE_PLAIN, "redirecting subaddress"},
    {ELEMENT_REDIRECTION_NUMBER, 1, 0, TRUE, SHAPE_GROUP, "redirection number"},
    {ELEMENT_RESTART, 1, 1, TRUE, SHAPE_PLAIN, "restart indicator"},
    {ELEMENT_LLC, 2, 16, FALSE, SHAPE_PLAIN, "low layer compatibility"},
    {ELEMENT_HLC, 2, 3, FALSE, SHAPE_PLAIN, "high layer compatibility"},
    {ELEMENT_USER_USER, 1, 129, TRUE, SHAPE_PLAIN, "user-user"},
};

/* Q.931 3.1, as far as libpri asks for them: RELEASE needs its Cause only as the first message of a
 * clearing, the answers to SETUP their channel only as the first of them. */
static const struct {
    guint8 message, id;
} mandatory[] = {
    {MESSAGE_SETUP, ELEMENT_BEARER},
    {MESSAGE_SETUP, ELEMENT_CHANNEL},
    {MESSAGE_SETUP_ACKNOWLEDGE, ELEMENT_CHANNEL},
    {MESSAGE_CALL_PROCEEDING, ELEMENT_CHANNEL},
    {MESSAGE_ALERTING, ELEMENT_CHANNEL},
    {MESSAGE_CONNECT, ELEMENT_CHANNEL},
    {MESSAGE_PROGRESS, ELEMENT_PROGRESS},
    {MESSAGE_DISCONNECT, ELEMENT_CAUSE},
    {MESSAGE_RELEASE, ELEMENT_CAUSE},
    {MESSAGE_RESTART, ELEMENT_CHANNEL},
    {MESSAGE_RESTART, ELEMENT_RESTART},
    {MESSAGE_RESTART_ACKNOWLEDGE, ELEMENT_RESTART},
    {MESSAGE_STATUS, ELEMENT_CAUSE},
    {MESSAGE_STATUS, ELEMENT_CALL_STATE},
    {MESSAGE_NOTIFY, ELEMENT_NOTIFICATION},
};

static gboolean element_is_mandatory(guint8 message, guint8 codeset, guint8 id)
{
    for (gsize i = 0; codeset == 0 && i < G_N_ELEMENTS(mandatory); i++)
        if (mandatory[i].message == message && mandatory[i].id == id)
            return TRUE;
    return FALSE;
}

static const ElementRule *rule_find(guint8 codeset, guint8 id)
{
    /* libpri reads the first octet of what it knows in other codesets too. */
    static const ElementRule other = {0, 1, 0, FALSE, SHAPE_PLAIN, "element of another codeset"};

    if (codeset != 0)
        return &other;
    for (gsize i = 0; i < G_N_ELEMENTS(rules); i++)
        if (rules[i].id == id)
            return &rules[i];
    return NULL;
}

static gsize group_length(const guint8 *content, gsize length)
{
    for (gsize i = 0; i < length; i++)
        if (content[i] & 0x80)
            return i + 1;
    return 0;
}

/* Q.931 4.5.13: octet 3, interface identifier (3.1, extended) if bit 7, then for a primary rate
 * channel "as indicated" octet 3.2 and one or more octets 3.3. */
static gboolean channel_is_sound(const guint8 *content, gsize length)
{
    gsize at = 1;

    if (!(content[0] & 0x80))
        return FALSE;
    if (content[0] & 0x40) {
        gsize identifier = group_length(content + 1, length - 1);

        if (identifier == 0)
            return FALSE;
        at += identifier;
    }
    if ((content[0] & 0x23) != 0x21 || (content[0] & 0x04) || at == length)
        return TRUE;
    if (length - at < 2 || !(content[at] & 0x80))
        return FALSE;
    if (content[at] & 0x10)
        return TRUE;
    /* A list of channels ends with bit 8; some switches leave it out of a single one. */
    return length - at == 2 || (content[length - 1] & 0x80);
}

/* Coded by ITU-T, or the place holder of QSIG's call-independent signalling (ECMA-165 11.3.1). */
static gboolean bearer_is_sound(const guint8 *content, gsize length)
{
    if (!(content[length - 1] & 0x80))
        return FALSE;
    return (content[0] & 0x60) == 0 || (content[0] == 0xa8 && content[1] == 0x80);
}

static gboolean element_is_sound(const ElementRule *rule, const guint8 *content, gsize length)
{
    gsize group;

    if (length < rule->least || (rule->most && length > rule->most))
        return FALSE;
    switch (rule->shape) {
    case SHAPE_PLAIN:
        return TRUE;
    case SHAPE_GROUP:
        group = group_length(content, length);
        return group >= 1 && group <= 3;
    case SHAPE_ENDED:
        return (content[length - 1] & 0x80) != 0;
    case SHAPE_BEARER:
        return bearer_is_sound(content, length);
    case SHAPE_CAUSE:
        return (content[0] & 0x80) || (length >= 3 && (content[1] & 0x80));
    case SHAPE_CHANNEL:
        return channel_is_sound(content, length);
    }
    return FALSE;
}

/* Digits of a number element, printable, for people. */
static void number_read(char *digits, const guint8 *content, gsize length)
{
    gsize group = group_length(content, length), at = 0;

    if (group == 0)
        return;
    for (gsize i = group; i < length && at < FRAME_NUMBER_MAX; i++)
        digits[at++] = g_ascii_isgraph(content[i]) ? (char)content[i] : '?';
    digits[at] = '\0';
}

static void cause_read(FrameNews *news, const guint8 *content)
{
    news->location = content[0] & 0x0f;
    news->cause = ((content[0] & 0x80) ? content[1] : content[2]) & 0x7f;
}

static void channel_read(FrameNews *news, const guint8 *content, gsize length)
{
    gsize at = 1;

    news->has_channel = TRUE;
    news->exclusive = (content[0] & 0x08) != 0;
    if (content[0] & 0x40) {
        news->has_interface = TRUE;
        news->interface = content[1] & 0x7f;
        at += group_length(content + 1, length - 1);
    }
    if ((content[0] & 0x20) == 0) /* basic interface: B1 or B2 */
        news->channel = (content[0] & 0x03) != 3 ? content[0] & 0x03 : 0;
    else if ((content[0] & 0x23) == 0x21 && length - at >= 2 && !(content[at] & 0x10))
        news->channel = content[at + 1] & 0x7f;
}

/* Notes what a sound element of codeset 0 says. */
static void element_read(FrameNews *news, guint8 id, const guint8 *content, gsize length)
{
    switch (id) {
    case ELEMENT_CAUSE:
        cause_read(news, content);
        break;
    case ELEMENT_PROGRESS:
        if ((content[0] & 0x60) == 0 && (content[1] & 0x7f) < 32)
            news->progress |= 1u << (content[1] & 0x7f);
        break;
    case ELEMENT_CALL_STATE:
        news->call_state = content[0] & 0x3f;
        news->has_call_state = TRUE;
        break;
    case 0x01: /* of SERVICE alone */
        news->change_status = content[0] & 0x0f;
        break;
    case ELEMENT_CHANNEL:
        channel_read(news, content, length);
        break;
    case ELEMENT_CALLED_NUMBER:
        number_read(news->called, content, length);
        break;
    case ELEMENT_CALLING_NUMBER:
        if (!news->calling[0])
            number_read(news->calling, content, length);
        break;
    case ELEMENT_NOTIFICATION:
        news->has_notification = TRUE;
        break;
    case ELEMENT_RESTART:
        news->restarts_channels = (content[0] & 7) == 0;
        news->restart_class = content[0] & 0x07;
        break;
    case ELEMENT_LLC:
        news->has_llc = TRUE;
        break;
    case ELEMENT_HLC:
        news->has_hlc = TRUE;
        break;
    default:
        break;
    }
}

/* Q.931 5.8.5.2: of what may come only once the first one counts. */
static gboolean element_is_again(const ElementRule *rule, FrameNews *news)
{
    guint64 bit = G_GUINT64_CONSTANT(1) << (rule - rules);

    if (!rule->once)
        return FALSE;
    if (news->elements_once & bit)
        return TRUE;
    news->elements_once |= bit;
    return FALSE;
}

/* Q.931 5.8.7.1: in codeset 0, coded so that who does not know it may not act on the message. */
static gboolean must_be_understood(const Element *element)
{
    return element->codeset == 0 && element->id < 0x10;
}

gboolean frame_element_pass(const Element *element, FrameNews *news)
{
    const guint8 *content = element->octets + 2;
    const ElementRule *rule;

    if (element->id & 0x80) {
        if (element->codeset == 0 && element->id == ELEMENT_SENDING_COMPLETE)
            news->sending_complete = TRUE;
        return TRUE;
    }
    if (element->length == 2)
        return FALSE; /* Q.931 4.5.1: as if it were not there */
    rule = rule_find(element->codeset, element->id);
    if (!rule)
        news->not_understood |= must_be_understood(element);
    if (rule && !element_is_sound(rule, content, element->length - 2)) {
        frame_element_refuse(news, element->codeset, element->id, rule->why);
        return FALSE;
    }
    if (rule && element->codeset == 0 && element_is_again(rule, news))
        return FALSE;
    if (element->codeset == 0)
        element_read(news, element->id, content, element->length - 2);
    return TRUE;
}

void frame_element_refuse(FrameNews *news, guint8 codeset, guint8 id, const char *why)
{
    news->refused_elements++;
    if (element_is_mandatory(news->message, codeset, id))
        news->mandatory_refused = TRUE;
    frame_refuse(news, why);
}

void frame_refuse(FrameNews *news, const char *why)
{
    if (!news->why)
        news->why = why;
}
