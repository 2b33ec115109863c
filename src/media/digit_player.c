/* The queue of digits to be sounded, and its clock. */
#include "digit_player.h"

#include <string.h>

const char digit_names[17] = "0123456789*#ABCD";

int digit_event(char digit)
{
    const char *at = digit ? strchr(digit_names, g_ascii_toupper(digit)) : NULL;

    return at ? (int)(at - digit_names) : -1;
}

static DigitWanted *player_newest(DigitPlayer *self)
{
    return self->count ? &self->queue[(self->first + self->count - 1) % DIGIT_QUEUE] : NULL;
}

static gboolean player_put(DigitPlayer *self, char digit, guint32 samples, gboolean live)
{
    digit_player_end(self);
    if (self->count == DIGIT_QUEUE) {
        self->lost++;
        return FALSE;
    }
    self->count++;
    *player_newest(self) = (DigitWanted){digit, MIN(samples, DIGIT_LONGEST), live};
    self->taken++;
    return TRUE;
}

gboolean digit_player_add(DigitPlayer *self, char digit, guint32 samples)
{
    return player_put(self, digit, samples, FALSE);
}

gboolean digit_player_begin(DigitPlayer *self, char digit, guint32 samples)
{
    return player_put(self, digit, samples, TRUE);
}

void digit_player_extend(DigitPlayer *self, guint32 samples)
{
    DigitWanted *newest = player_newest(self);

    if (newest && newest->live)
        newest->samples = MAX(newest->samples, MIN(samples, DIGIT_LONGEST));
}

void digit_player_end(DigitPlayer *self)
{
    DigitWanted *newest = player_newest(self);

    if (newest)
        newest->live = FALSE;
}

gboolean digit_player_is_busy(const DigitPlayer *self)
{
    return self->count > 0 || self->pause > 0;
}

static void player_drop_first(DigitPlayer *self)
{
    self->first = (self->first + 1) % DIGIT_QUEUE;
    self->count--;
    self->played = 0;
}

static void player_pause(DigitPlayer *self, gsize *count)
{
    *count = MIN(*count, self->pause);
    self->pause -= (guint32)*count;
}

char digit_player_step(DigitPlayer *self, gsize *count)
{
    const DigitWanted *now = &self->queue[self->first];
    guint32 goal = MAX(now->samples, DIGIT_SHORTEST);
    char digit = now->digit;

    if (self->pause == 0 && self->count > 0 && !now->live && self->played >= goal) {
        player_drop_first(self);
        self->pause = self->count ? DIGIT_PAUSE : MAX(self->rest, DIGIT_PAUSE);
    }
    if (self->pause > 0 || self->count == 0) {
        /* A digit that comes in the rest after the last one waits for the pause alone. */
        if (self->count > 0)
            self->pause = MIN(self->pause, DIGIT_PAUSE);
        player_pause(self, count);
        return 0;
    }
    if (!now->live)
        *count = MIN(*count, goal - self->played);
    self->played += (guint32)*count;
    return digit;
}

char digit_player_take(DigitPlayer *self)
{
    char digit = self->count ? self->queue[self->first].digit : 0;

    if (digit)
        player_drop_first(self);
    return digit;
}

void digit_player_clear(DigitPlayer *self)
{
    self->first = self->count = 0;
    self->played = self->pause = 0;
}
