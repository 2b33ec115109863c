/* The frame tap's check: lengths and structure of Q.921 and Q.931 frames, element by element.
 *
 *      +---------+---------+------------------+------+--------+------+----+----+---------+---
 *      | address | control | discriminator 08 | 0 00 | call   | type | id | ln | content | ...
 *      | 2       | 2 or 1  |                  |  len | refer. |      |    |    |         |
 *      +---------+---------+------------------+------+--------+------+----+----+---------+---
 *
 * A malformed element is taken out (Q.931 5.8.7.2 treats it as absent, and libpri answers a missing
 * mandatory one with cause 96); a message that cannot be read at all becomes an empty I frame,
 * because an I frame withheld from libpri would be repeated until the link resets.
 */
#include "frame.h"

#include <string.h>

enum {
    ELEMENT_CHANGE_STATUS = 0x01,
    ELEMENT_BEARER = 0x04,
    ELEMENT_CAUSE = 0x08,
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
    SHAPE_CAUSE,
    SHAPE_CHANNEL,
} ElementShape;

typedef struct ElementRule {
    guint8 id; /* in codeset 0 */
    guint8 least;
    ElementShape shape;
    const char *why;
} ElementRule;

static const ElementRule rules[] = {
    {ELEMENT_CHANGE_STATUS, 1, SHAPE_PLAIN, "change status"},
    {ELEMENT_BEARER, 2, SHAPE_ENDED, "bearer capability"},
    {ELEMENT_CAUSE, 2, SHAPE_CAUSE, "cause"},
    {ELEMENT_CONNECTED_ADDRESS, 1, SHAPE_GROUP, "connected address"},
    {ELEMENT_CALL_STATE, 1, SHAPE_PLAIN, "call state"},
    {ELEMENT_CHANNEL, 1, SHAPE_CHANNEL, "channel identification"},
    {ELEMENT_FACILITY, 2, SHAPE_PLAIN, "facility"},
    {ELEMENT_PROGRESS, 2, SHAPE_ENDED, "progress indicator"},
    {ELEMENT_NETWORK_FACILITY, 1, SHAPE_PLAIN, "network-specific facilities"},
    {ELEMENT_NOTIFICATION, 1, SHAPE_PLAIN, "notification indicator"},
    {ELEMENT_DISPLAY, 1, SHAPE_PLAIN, "display"},
    {ELEMENT_KEYPAD, 1, SHAPE_PLAIN, "keypad facility"},
    {ELEMENT_SIGNAL, 1, SHAPE_PLAIN, "signal"},
    {ELEMENT_REVERSE_CHARGE, 1, SHAPE_PLAIN, "reverse charging indication"},
    {ELEMENT_CONNECTED_NUMBER, 1, SHAPE_GROUP, "connected number"},
    {ELEMENT_CONNECTED_SUBADDRESS, 2, SHAPE_PLAIN, "connected subaddress"},
    {ELEMENT_CALLING_NUMBER, 1, SHAPE_GROUP, "calling party number"},
    {ELEMENT_CALLING_SUBADDRESS, 2, SHAPE_PLAIN, "calling party subaddress"},
    {ELEMENT_CALLED_NUMBER, 1, SHAPE_GROUP, "called party number"},
    {ELEMENT_CALLED_SUBADDRESS, 2, SHAPE_PLAIN, "called party subaddress"},
    {ELEMENT_ORIGINAL_CALLED, 1, SHAPE_GROUP, "original called number"},
    {ELEMENT_REDIRECTING_NUMBER, 1, SHAPE_GROUP, "redirecting number"},
    {ELEMENT_REDIRECTING_SUBADDRESS, 2, SHAPE_PLAIN, "redirecting subaddress"},
    {ELEMENT_REDIRECTION_NUMBER, 1, SHAPE_GROUP, "redirection number"},
    {ELEMENT_RESTART, 1, SHAPE_PLAIN, "restart indicator"},
    {ELEMENT_LLC, 2, SHAPE_PLAIN, "low layer compatibility"},
    {ELEMENT_HLC, 2, SHAPE_PLAIN, "high layer compatibility"},
    {ELEMENT_USER_USER, 1, SHAPE_PLAIN, "user-user"},
};

static const ElementRule *rule_find(guint8 codeset, guint8 id)
{
    /* libpri reads the first octet of what it knows in other codesets too. */
    static const ElementRule other = {0, 1, SHAPE_PLAIN, "element of another codeset"};

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

static gboolean element_is_sound(const ElementRule *rule, const guint8 *content, gsize length)
{
    gsize group;

    if (length < rule->least)
        return FALSE;
    switch (rule->shape) {
    case SHAPE_PLAIN:
        return TRUE;
    case SHAPE_GROUP:
        group = group_length(content, length);
        return group >= 1 && group <= 3;
    case SHAPE_ENDED:
        return (content[length - 1] & 0x80) != 0;
    case SHAPE_CAUSE:
        return (content[0] & 0x80) || (length >= 3 && (content[1] & 0x80));
    case SHAPE_CHANNEL:
        return channel_is_sound(content, length);
    }
    return FALSE;
}

static void news_refuse(FrameNews *news, const char *why)
{
    if (!news->why)
        news->why = why;
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
    if (content[0] & 0x40)
        at += group_length(content + 1, length - 1);
    if ((content[0] & 0x23) == 0x21 && length - at >= 2 && !(content[at] & 0x10))
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

/* Where the walk over a message's elements stands. */
typedef struct ElementWalk {
    const guint8 *at, *end;
    guint8 codeset, next_codeset; /* locked; of the next element only */
} ElementWalk;

typedef struct Element {
    guint8 codeset, id;
    const guint8 *octets; /* whole, with id and length */
    gsize length;         /* of octets */
} Element;

static gboolean is_locking_shift(guint8 id)
{
    return (id & 0xf8) == 0x90;
}

static gboolean is_passing_shift(guint8 id)
{
    return (id & 0xf8) == 0x98;
}

/* FALSE at the end, or where an element runs past the frame. */
static gboolean walk_next(ElementWalk *walk, Element *element)
{
    guint8 id;

    if (walk->at >= walk->end)
        return FALSE;
    id = *walk->at;
    *element = (Element){walk->next_codeset, id, walk->at, 1};
    if (id & 0x80) {
        if (is_locking_shift(id) && (id & 7) > 0) /* to any codeset but 0, as libpri has it */
            walk->codeset = walk->next_codeset = id & 7;
        else if (is_passing_shift(id))
            walk->next_codeset = id & 7;
        else if (!is_locking_shift(id))
            walk->next_codeset = walk->codeset;
    } else {
        if (walk->end - walk->at < 2 || walk->end - walk->at < 2 + walk->at[1])
            return FALSE;
        element->length = 2 + (gsize)walk->at[1];
        walk->next_codeset = walk->codeset;
    }
    walk->at += element->length;
    return TRUE;
}

/* Notes ELEMENT and returns TRUE when libpri may see it. */
static gboolean element_pass(const Element *element, FrameNews *news)
{
    const guint8 *content = element->octets + 2;
    const ElementRule *rule;

    if (element->id & 0x80) {
        if (element->codeset == 0 && element->id == ELEMENT_SENDING_COMPLETE)
            news->sending_complete = TRUE;
        return TRUE;
    }
    rule = rule_find(element->codeset, element->id);
    if (rule && !element_is_sound(rule, content, element->length - 2)) {
        news->refused_elements++;
        news_refuse(news, rule->why);
        return FALSE;
    }
    if (element->codeset == 0)
        element_read(news, element->id, content, element->length - 2);
    return TRUE;
}

/* Copies the sound elements from WALK to OUT; returns the octets written. */
static gsize elements_copy(ElementWalk *walk, guint8 *out, FrameNews *news)
{
    Element element;
    gsize written = 0, back = 0; /* back: before a shift that is for the next element only */

    while (walk_next(walk, &element)) {
        if (!element_pass(&element, news)) {
            written = back;
            continue;
        }
        memcpy(out + written, element.octets, element.length);
        if (!is_passing_shift(element.id))
            back = written + element.length;
        written += element.length;
    }
    if (walk->at < walk->end) {
        news->refused_elements++;
        news_refuse(news, "element longer than the frame");
        written = back;
    }
    return written;
}

/* Reads discriminator, call reference and type. Returns their length, 0 when they are unusable. */
static gsize header_read(const guint8 *message, gsize length, FrameNews *news)
{
    guint8 size;

    if (length < 3 || (message[1] & 0xf0) || message[1] > 2 || length < 3u + message[1]) {
        news_refuse(news, length < 3 ? "message too short" : "call reference");
        return 0;
    }
    size = message[1];
    news->discriminator = message[0];
    if (size == 0)
        news->call = FRAME_CALL_DUMMY;
    else if (size == 1)
        news->call = (message[2] & 0x7f) | ((message[2] & 0x80) ? FRAME_CALL_FLAG : 0);
    else
        news->call = message[2] << 8 | message[3];
    news->message = message[2 + size];
    if (news->message & 0x80) {
        news_refuse(news, "extended message type");
        return 0;
    }
    if (news->discriminator != 0x08 && news->discriminator != 0x03 && news->discriminator != 0x43) {
        news_refuse(news, "protocol discriminator");
        return 0;
    }
    return 3 + (gsize)size;
}

static gsize message_check(const guint8 *frame, gsize length, guint8 *clean, FrameNews *news)
{
    const guint8 *message = frame + 4;
    gsize header, written;
    ElementWalk walk;

    memcpy(clean, frame, 4);
    news->sequence = frame[2] >> 1;
    news->kind = FRAME_HOLLOW;
    if (length > FRAME_MAX) {
        news_refuse(news, "longer than N201");
        return 4;
    }
    header = header_read(message, length - 4, news);
    if (header == 0)
        return 4;
    memcpy(clean + 4, message, header);
    walk = (ElementWalk){.at = message + header, .end = frame + length};
    written = elements_copy(&walk, clean + 4 + header, news);
    if (news->message == MESSAGE_RESTART && news->refused_elements > 0)
        written = 0; /* without its broken channel it would restart the whole interface */
    news->kind = FRAME_MESSAGE;
    return 4 + header + written;
}

static gsize link_check(const guint8 *frame, gsize length, guint8 *clean, FrameNews *news)
{
    guint8 control = frame[2];
    gsize least = 3, most = 3;

    if ((control & 3) == 1) {
        least = most = 4;
        if (control != 0x01 && control != 0x05 && control != 0x09)
            least = G_MAXSIZE;
    } else {
        switch (control & ~0x10) {
        case 0x0f: /* DM */
        case 0x43: /* DISC */
        case 0x63: /* UA */
        case 0x6f: /* SABME */
            news->resets = TRUE;
            news->establishes = (control & 0xef) == 0x6f;
            break;
        case 0x87: /* FRMR carries five octets of why */
            most = 8;
            break;
        default: /* UI and XID have no business on a primary rate D channel */
            least = G_MAXSIZE;
            break;
        }
    }
    if (length < least || length > most) {
        news_refuse(news, "link control");
        return 0;
    }
    news->kind = FRAME_LINK;
    memcpy(clean, frame, length);
    return length;
}

gsize frame_check(const guint8 *frame, gsize length, guint8 *clean, FrameNews *news)
{
    *news = (FrameNews){.kind = FRAME_REFUSED, .location = -1, .call = FRAME_CALL_DUMMY};
    /* SAPI 0, TEI 0 are a primary rate link's only address (Q.921 3.3). */
    if (length < 3 || (frame[0] & 0xfd) != 0x00 || frame[1] != 0x01) {
        news_refuse(news, length < 3 ? "frame too short" : "link address");
        return 0;
    }
    if (!(frame[2] & 1)) {
        if (length < 4) {
            news_refuse(news, "frame too short");
            return 0;
        }
        return message_check(frame, length, clean, news);
    }
    return link_check(frame, length, clean, news);
}

void frame_read(const guint8 *frame, gsize length, FrameNews *news)
{
    guint8 unused[FRAME_MAX];

    frame_check(frame, length, unused, news);
}

gboolean frame_set_cause(guint8 *frame, gsize length, guint8 cause)
{
    FrameNews news = {.location = -1};
    gsize header = length > 4 ? header_read(frame + 4, length - 4, &news) : 0;
    ElementWalk walk = {.at = frame + 4 + header, .end = frame + length};
    Element element;

    if (header == 0)
        return FALSE;
    while (walk_next(&walk, &element)) {
        guint8 *content = frame + (element.octets - frame) + 2;

        if (element.codeset != 0 || element.id != ELEMENT_CAUSE || element.length < 4)
            continue;
        if (!(content[0] & 0x80) && element.length < 5)
            return FALSE;
        content[(content[0] & 0x80) ? 1 : 2] = 0x80 | cause;
        return TRUE;
    }
    return FALSE;
}
