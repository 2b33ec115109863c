/* The packet jitter buffer of a pseudowire. */
#include "cesopsn_buffer.h"

#include <string.h>

typedef enum SlotState { SLOT_EMPTY, SLOT_HELD, SLOT_PLAYED, SLOT_LOST } SlotState;

typedef struct BufferSlot {
    SlotState state;
    CesopsnControl control;
    guint8 *payload;
} BufferSlot;

struct CesopsnBuffer {
    CesopsnBufferSettings settings;
    guint target;     /* packets wanted here when one is played */
    gboolean synced;  /* next means something */
    gboolean played;  /* something has been played since synced */
    gboolean filling; /* waiting for target */
    guint16 next;     /* the number to be played next */
    guint16 newest;
    guint held;
    guint starved;      /* turns since the last one with something to play */
    gboolean has_stray; /* the last packet was far out of sequence ... */
    guint16 stray;      /* ... and this number would follow it */
    guint8 *octets;     /* the payloads of all slots */
    BufferSlot
        slots[CESOPSN_BUFFER_SLOTS]; /* by number; behind next they remember what became of it */
};

CesopsnBuffer *cesopsn_buffer_new(const CesopsnBufferSettings *settings)
{
    CesopsnBuffer *self = g_new0(CesopsnBuffer, 1);

    self->settings = *settings;
    self->target = MAX(settings->depth / 2, 1);
    self->octets = g_malloc0(settings->payload * CESOPSN_BUFFER_SLOTS);
    for (guint i = 0; i < CESOPSN_BUFFER_SLOTS; i++)
        self->slots[i].payload = self->octets + settings->payload * i;
    return self;
}

void cesopsn_buffer_free(CesopsnBuffer *self)
{
    if (!self)
        return;
    g_free(self->octets);
    g_free(self);
}

/* A slot seen by its number: EMPTY when it holds another one's history. */
static BufferSlot *slot_of(CesopsnBuffer *self, guint16 sequence)
{
    BufferSlot *slot = &self->slots[sequence % CESOPSN_BUFFER_SLOTS];

    if (slot->control.sequence != sequence && slot->state != SLOT_HELD)
        slot->state = SLOT_EMPTY;
    return slot;
}

/* Begins a new sequence at NUMBER, forgetting the old one. */
static void sync_to(CesopsnBuffer *self, guint16 number)
{
    if (self->synced)
        self->settings.counters->slips += self->held;
    for (guint i = 0; i < CESOPSN_BUFFER_SLOTS; i++)
        self->slots[i].state = SLOT_EMPTY;
    self->synced = TRUE;
    self->played = FALSE;
    self->filling = TRUE;
    self->next = number;
    self->newest = (guint16)(number - 1);
    self->held = 0;
    self->starved = 0;
    self->has_stray = FALSE;
}

static void skip_lost(CesopsnBuffer *self)
{
    BufferSlot *slot = slot_of(self, self->next);

    slot->state = SLOT_LOST;
    slot->control.sequence = self->next++;
    self->settings.counters->lost++;
}

/* A number beyond reach, or after a long silence: a restarted far end, an outage, or a stray
 * packet. */
static gboolean follow_jump(CesopsnBuffer *self, guint16 number)
{
    guint16 forward = (guint16)(number - self->next);

    /* While nothing is played there is nothing to lose; else two in a row must agree. */
    if (self->starved == 0 && !(self->has_stray && self->stray == number)) {
        self->has_stray = TRUE;
        self->stray = (guint16)(number + 1);
        self->settings.counters->late++;
        return FALSE;
    }
    /* An outage moved the far end on by about as much as we starved; a restart did not. */
    if (self->played && self->held == 0 && forward <= self->starved + CESOPSN_BUFFER_REACH)
        self->settings.counters->lost += forward;
    sync_to(self, number);
    return TRUE;
}

/* A number that has had its turn. */
static void note_late(CesopsnBuffer *self, guint16 number)
{
    BufferSlot *slot = slot_of(self, number);

    if (slot->state == SLOT_PLAYED) {
        self->settings.counters->duplicate++;
        return;
    }
    if (slot->state == SLOT_LOST) {
        self->settings.counters->lost--;
        slot->state = SLOT_PLAYED;
    }
    self->settings.counters->late++;
}

static void hold(CesopsnBuffer *self, const CesopsnControl *control, const guint8 *payload)
{
    BufferSlot *slot = slot_of(self, control->sequence);

    if (slot->state == SLOT_HELD) {
        self->settings.counters->duplicate++;
        return;
    }
    if ((gint16)(control->sequence - self->newest) > 0)
        self->newest = control->sequence;
    else
        self->settings.counters->reordered++;
    slot->state = SLOT_HELD;
    slot->control = *control;
    if (payload && !control->invalid)
        memcpy(slot->payload, payload, self->settings.payload);
    else
        memset(slot->payload, 0xff, self->settings.payload);
    self->held++;
}

void cesopsn_buffer_put(CesopsnBuffer *self, const CesopsnControl *control, const guint8 *payload)
{
    gboolean silent = self->held == 0 && self->starved >= CESOPSN_BUFFER_REACH;
    int ahead;

    if (!self->synced)
        sync_to(self, control->sequence);
    ahead = (gint16)(control->sequence - self->next);
    if (ahead >= CESOPSN_BUFFER_REACH || ahead < -CESOPSN_BUFFER_REACH || silent) {
        if (!follow_jump(self, control->sequence))
            return;
        ahead = 0;
    }
    self->has_stray = FALSE;
    if (ahead < 0 && (self->played || ahead < -(int)self->settings.depth)) {
        note_late(self, control->sequence);
        return;
    }
    if (ahead < 0)
        self->next = control->sequence; /* nothing played yet: the first two came crosswise */
    hold(self, control, payload);
}

gboolean cesopsn_buffer_ready(const CesopsnBuffer *self)
{
    return self->held >= self->target;
}

static const guint8 *starve(CesopsnBuffer *self)
{
    if (self->settings.refill)
        self->filling = TRUE;
    if (self->synced)
        self->starved++;
    return NULL;
}

/* Something is here again: numbers still missing were lost while we starved, one a turn. Turns
 * starved beyond those were inserted, for a packet that came after its time. */
static void settle_starved(CesopsnBuffer *self)
{
    if (self->played) {
        for (; self->starved > 0 && slot_of(self, self->next)->state != SLOT_HELD; self->starved--)
            skip_lost(self);
        self->settings.counters->slips += self->starved;
    }
    self->starved = 0;
}

const guint8 *cesopsn_buffer_play(CesopsnBuffer *self, CesopsnControl *control)
{
    BufferSlot *slot;

    if (self->held == 0 || (self->filling && self->held < self->target))
        return starve(self);
    settle_starved(self);
    self->filling = FALSE;
    self->played = TRUE;
    slot = slot_of(self, self->next);
    if (slot->state != SLOT_HELD) {
        skip_lost(self);
        return NULL;
    }
    slot->state = SLOT_PLAYED;
    self->next++;
    self->held--;
    *control = slot->control;
    return slot->payload;
}

static void drop_next(CesopsnBuffer *self)
{
    BufferSlot *slot = slot_of(self, self->next);

    if (slot->state != SLOT_HELD) {
        skip_lost(self);
        return;
    }
    slot->state = SLOT_PLAYED;
    self->next++;
    self->held--;
    self->settings.counters->slips++;
}

void cesopsn_buffer_trim(CesopsnBuffer *self)
{
    guint keep = self->settings.depth;

    if (self->held <= keep)
        return;
    /* One too many is drift, and slips by one; more is a stall, and goes back to the middle. */
    if (self->held > keep + 1)
        keep = self->target;
    while (self->held > keep)
        drop_next(self);
}
