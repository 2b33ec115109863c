/* DTMF made with spandsp's oscillators. */
#include "dtmf_tone.h"
#include "digit_player.h"

#include <spandsp.h>
#include <string.h>

#define LOW_DBM0                                                                                   \
    (-10.0f) /* the high group is louder: lines weaken it more (ITU-T Q.23, ETSI ES 201 235-2) */
#define HIGH_DBM0 (-8.0f)

static void tone_enter(DtmfTone *self, char digit)
{
    static const guint16 low[] = {697, 770, 852, 941}, high[] = {1209, 1336, 1477, 1633};
    static const char keys[] = "123A456B789C*0#D";
    const char *at = digit ? strchr(keys, digit) : NULL;
    gsize place = at ? (gsize)(at - keys) : 0;

    self->digit = at ? digit : 0;
    self->phase[0] = self->phase[1] = 0;
    self->rate[0] = dds_phase_rate(low[place / 4]);
    self->rate[1] = dds_phase_rate(high[place % 4]);
}

void dtmf_tone_play(DtmfTone *self, char digit, Law law, guint8 *out, gsize count)
{
    gint16 loud[2];

    if (digit != self->digit)
        tone_enter(self, digit);
    if (!self->digit) {
        memset(out, law_silence(law), count);
        return;
    }
    loud[0] = dds_scaling_dbm0(LOW_DBM0);
    loud[1] = dds_scaling_dbm0(HIGH_DBM0);
    for (gsize i = 0; i < count; i++)
        out[i] = law_encode(law, (gint16)(dds_mod(&self->phase[0], self->rate[0], loud[0], 0) +
                                          dds_mod(&self->phase[1], self->rate[1], loud[1], 0)));
}
