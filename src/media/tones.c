/* Tones from libtonezone's country tables, rendered with spandsp's oscillators. */
#include "tones.h"
#include "tone_zones.h"

#include <spandsp.h>
#include <string.h>

#define TONE_DBM0 (-10.0f)      /* ITU-T E.180 4: -10 dBm0 +- 5 */
#define TONE_PART_DBM0 (-13.0f) /* each of two that sound together */
#define SAMPLES_PER_MS 8
#define HZ_MAX 3999
#define MS_MAX 600000

/* One number of at most LIMIT at *TEXT, which is moved behind it. */
static gboolean number_read(const char **text, guint limit, guint *value)
{
    gchar *end;
    guint64 read;

    if (!g_ascii_isdigit(**text))
        return FALSE;
    read = g_ascii_strtoull(*text, &end, 10);
    *text = end;
    *value = (guint)MIN(read, (guint64)limit + 1);
    return read <= limit;
}

static gboolean tone_step_parse(ToneStep *step, const char *text)
{
    guint value = 0;

    *step = (ToneStep){0};
    if (!number_read(&text, HZ_MAX, &value))
        return FALSE;
    step->hz[0] = (guint16)value;
    if (*text == '+' || *text == '*') {
        step->modulated = *text++ == '*';
        if (!number_read(&text, HZ_MAX, &value))
            return FALSE;
        step->hz[1] = (guint16)value;
    }
    if (*text == '/') {
        text++;
        if (!number_read(&text, MS_MAX, &value) || value == 0)
            return FALSE;
        step->samples = value * SAMPLES_PER_MS;
    }
    return *text == '\0';
}

gboolean tone_script_parse(ToneScript *script, const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, ",", -1);

    *script = (ToneScript){0};
    for (guint i = 0; parts[i]; i++) {
        gboolean once = parts[i][0] == '!';

        if (i == TONE_STEPS_MAX || !tone_step_parse(&script->steps[i], parts[i] + once))
            return FALSE;
        if (once)
            script->loop = i + 1;
        script->count = i + 1;
    }
    if (script->loop == script->count)
        script->loop = 0; /* nothing to repeat but the whole */
    return script->count > 0;
}

/* tone_zone_find() compares and reads only, but asks for a writable string. */
static const struct tone_zone *zone_find(const char *country)
{
    g_autofree char *name = g_strdup(country);

    return tone_zone_find(name);
}

gboolean tone_country_known(const char *country)
{
    return country && *country && zone_find(country) != NULL;
}

gboolean tone_script_find(ToneScript *script, const char *country, Tone tone)
{
    const struct tone_zone *zone = country ? zone_find(country) : NULL;
    static const int ids[] = {
        [TONE_DIAL] = TONE_ZONE_DIAL,
        [TONE_RINGBACK] = TONE_ZONE_RINGBACK,
        [TONE_BUSY] = TONE_ZONE_BUSY,
    };

    if (!zone || tone == TONE_NONE)
        return FALSE;
    for (guint i = 0; i < TONE_ZONE_TONES; i++)
        if (zone->tones[i].toneid == ids[tone] && zone->tones[i].data[0])
            return tone_script_parse(script, zone->tones[i].data);
    return FALSE;
}

static void tone_player_enter(TonePlayer *self, guint step)
{
    const ToneStep *now = &self->script.steps[step];
    gboolean both = now->hz[1] && !now->modulated;

    self->step = step;
    self->left = now->samples;
    self->scale = dds_scaling_dbm0(both ? TONE_PART_DBM0 : TONE_DBM0);
    for (guint i = 0; i < 2; i++) {
        self->phase[i] = 0;
        self->rate[i] = dds_phase_rate(now->hz[i]);
    }
}

void tone_player_start(TonePlayer *self, const ToneScript *script)
{
    self->script = *script;
    tone_player_enter(self, 0);
}

static gint16 tone_player_sample(TonePlayer *self, const ToneStep *step)
{
    gint32 value = dds_mod(&self->phase[0], self->rate[0], self->scale, 0);

    if (!step->hz[1])
        return (gint16)value;
    if (!step->modulated)
        return (gint16)(value + dds_mod(&self->phase[1], self->rate[1], self->scale, 0));
    /* Full depth: from nothing to the level, hz[1] times a second. */
    return (gint16)(value * (dds_mod(&self->phase[1], self->rate[1], G_MAXINT16, 0) + 32768) >> 16);
}

/* COUNT samples of the step that plays. */
static void tone_player_render(TonePlayer *self, Law law, guint8 *out, gsize count)
{
    const ToneStep *step = &self->script.steps[self->step];

    if (!step->hz[0]) {
        memset(out, law_silence(law), count);
        return;
    }
    for (gsize i = 0; i < count; i++)
        out[i] = law_encode(law, tone_player_sample(self, step));
}

void tone_player_play(TonePlayer *self, Law law, guint8 *out, gsize count)
{
    while (count > 0) {
        gboolean endless = self->script.steps[self->step].samples == 0;
        gsize part = endless ? count : MIN(count, self->left);

        tone_player_render(self, law, out, part);
        out += part;
        count -= part;
        if (endless)
            continue;
        self->left -= (guint32)part;
        if (self->left == 0)
            tone_player_enter(self, self->step + 1 < self->script.count ? self->step + 1
                                                                        : self->script.loop);
    }
}
