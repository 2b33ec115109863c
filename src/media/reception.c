/* RFC 3550 appendix A: sequence numbers, losses and interarrival jitter of one source. */
#include "reception.h"

#define MAX_DROPOUT 3000
#define MAX_MISORDER 100
#define NO_SEQUENCE (1u << 16) /* matches no sequence number */
#define JITTER_UNBELIEVED 8000 /* a transit step of a second is a restarted clock, not jitter */

static void reception_start(Reception *self, guint16 sequence)
{
    self->base = sequence;
    self->max_sequence = sequence;
    self->bad_sequence = NO_SEQUENCE;
    self->cycles = 0;
    self->received = 0;
    self->expected_prior = 0;
    self->received_prior = 0;
}

static void reception_restart(Reception *self, const RtpPacket *packet)
{
    self->lost_before = reception_lost_total(self);
    reception_start(self, packet->sequence);
    self->started = TRUE;
    self->ssrc = packet->ssrc;
    self->timed = FALSE;
    self->jitter = 0;
    self->received = 1;
}

/* A.1; without probation, because the source address has been checked. */
static void reception_follow_sequence(Reception *self, guint16 sequence)
{
    guint16 ahead = (guint16)(sequence - self->max_sequence);

    if (ahead < MAX_DROPOUT) {
        if (sequence < self->max_sequence)
            self->cycles += 1u << 16;
        self->max_sequence = sequence;
    } else if (ahead <= (1u << 16) - MAX_MISORDER) {
        if (sequence != self->bad_sequence) {
            self->bad_sequence = (guint16)(sequence + 1);
            return;
        }
        /* Two in a row: the far end restarted its numbers. */
        self->lost_before = reception_lost_total(self);
        reception_start(self, sequence);
    } /* else: a duplicate or out of order */
    self->received++;
}

void reception_count(Reception *self, const RtpPacket *packet)
{
    if (!self->started || packet->ssrc != self->ssrc)
        reception_restart(self, packet);
    else
        reception_follow_sequence(self, packet->sequence);
}

/* A.8, with the jitter kept times 16. */
void reception_time(Reception *self, const RtpPacket *packet, guint32 arrival)
{
    guint32 transit = arrival - packet->timestamp;
    gint32 step = (gint32)(transit - self->transit);

    if (self->timed && step > -JITTER_UNBELIEVED && step < JITTER_UNBELIEVED)
        self->jitter += (guint32)ABS(step) - ((self->jitter + 8) >> 4);
    self->transit = transit;
    self->timed = TRUE;
}

guint32 reception_highest(const Reception *self)
{
    return self->cycles + self->max_sequence;
}

static guint32 reception_expected(const Reception *self)
{
    return self->started ? reception_highest(self) - self->base + 1 : 0;
}

gint32 reception_lost(const Reception *self)
{
    return (gint32)(reception_expected(self) - self->received);
}

guint64 reception_lost_total(const Reception *self)
{
    return self->lost_before + (guint64)MAX(reception_lost(self), 0);
}

guint32 reception_jitter(const Reception *self)
{
    return self->jitter >> 4;
}

guint8 reception_take_fraction(Reception *self)
{
    guint32 expected = reception_expected(self) - self->expected_prior;
    guint32 received = self->received - self->received_prior;

    self->expected_prior += expected;
    self->received_prior += received;
    if (expected == 0 || received >= expected)
        return 0;
    return (guint8)MIN(((guint64)(expected - received) << 8) / expected, 255);
}
