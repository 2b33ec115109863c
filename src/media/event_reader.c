/* The receiver of RFC 4733 2.5.2: what is new, what goes on, what is known already. */
#include "event_reader.h"

#define EVENT_END 0x80
#define EVENT_SEGMENT 0xffff /* the longest duration one packet can tell */
#define EVENT_DIGITS 16      /* events above are no digits */
#define BLOCK 4              /* octets of one event in a packet */
#define BLOCKS_MAX 16
#define INTERVAL_USUAL 160
#define INTERVAL_MIN 80
#define INTERVAL_MAX 400
#define STALE 40000    /* timestamps 5 s back are another stream's */
#define GOES_ON 0x8000 /* a segment is not followed by another before so many samples */
#define GONE 8000      /* a second of silence: nothing goes on */

typedef struct EventBlock {
    gboolean marker;
    guint16 sequence;
    guint32 stamp;
    guint8 event;
    gboolean end;
    guint16 duration;
} EventBlock;

static void reader_begin(EventReader *self, const EventBlock *block, DigitPlayer *player)
{
    self->started = TRUE;
    self->stamp = block->stamp;
    self->before = 0;
    self->known = block->duration;
    self->event = block->event;
    self->sequence = block->sequence;
    self->over = block->end;
    self->interval = INTERVAL_USUAL;
    self->quiet = 0;
    self->open = digit_player_begin(player, digit_names[block->event], block->duration);
    if (!self->open || !block->end)
        return;
    digit_player_end(player);
    self->open = FALSE;
}

/* One more packet of the event that is known. */
static void reader_update(EventReader *self, const EventBlock *block, DigitPlayer *player)
{
    guint32 lasted = self->before + block->duration;

    self->quiet = 0;
    self->over |= block->end;
    if (!self->open) {
        self->ignored++;
        return;
    }
    if (block->sequence == (guint16)(self->sequence + 1) && lasted > self->known)
        self->interval = CLAMP(lasted - self->known, INTERVAL_MIN, INTERVAL_MAX);
    if ((gint16)(block->sequence - self->sequence) > 0)
        self->sequence = block->sequence;
    self->known = MAX(self->known, lasted);
    digit_player_extend(player, self->known);
    if (block->end) {
        digit_player_end(player);
        self->open = FALSE;
    }
}

/* RFC 4733 2.5.1.3: an event longer than one packet can tell is cut, and its next segment begins
 * where the last one ends, without a marker. */
static gboolean reader_goes_on(const EventReader *self, const EventBlock *block, gint32 age)
{
    return !block->marker && block->event == self->event && !self->over && self->quiet < GONE &&
           age >= GOES_ON && age <= EVENT_SEGMENT && (guint32)age + self->before >= self->known;
}

static void reader_take_block(EventReader *self, const EventBlock *block, DigitPlayer *player)
{
    gint32 age = (gint32)(block->stamp - self->stamp);

    if (!self->started || age < -STALE) {
        reader_begin(self, block, player);
    } else if (age == 0) {
        /* Some count no time between two keys: a marker that is new tells of a new one. */
        if (block->marker && !self->open && (gint16)(block->sequence - self->sequence) > 0 &&
            self->over)
            reader_begin(self, block, player);
        else if (block->event == self->event)
            reader_update(self, block, player);
        else
            self->ignored++;
    } else if (age < 0) {
        self->ignored++;
    } else if (reader_goes_on(self, block, age)) {
        self->before += (guint32)age;
        self->stamp = block->stamp;
        reader_update(self, block, player);
    } else {
        reader_begin(self, block, player);
    }
}

gboolean event_reader_take(EventReader *self, const RtpPacket *packet, DigitPlayer *player)
{
    EventBlock block = {
        .marker = packet->marker, .sequence = packet->sequence, .stamp = packet->timestamp};

    if (packet->length == 0 || packet->length % BLOCK || packet->length > BLOCK * BLOCKS_MAX)
        return FALSE;
    if (self->started && packet->ssrc != self->ssrc)
        self->started = FALSE;
    self->ssrc = packet->ssrc;
    /* Several events in one packet follow each other without a gap. */
    for (gsize at = 0; at < packet->length; at += BLOCK) {
        const guint8 *data = packet->payload + at;

        block.event = data[0];
        block.end = (data[1] & EVENT_END) != 0;
        block.duration = net_read_16(data + 2);
        if (block.event < EVENT_DIGITS)
            reader_take_block(self, &block, player);
        else
            self->ignored++;
        block.stamp += block.duration;
        block.marker = FALSE;
    }
    return TRUE;
}

void event_reader_pass(EventReader *self, gsize count, DigitPlayer *player)
{
    self->quiet = (guint)MIN(self->quiet + count, G_MAXINT);
    if (!self->open || self->quiet < 3 * self->interval)
        return;
    self->open = FALSE;
    digit_player_end(player);
}
