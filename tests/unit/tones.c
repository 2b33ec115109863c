/* Tones: libtonezone's notation, the countries' cadences to the sample, frequencies and level. */
#include "tones.h"

#include <math.h>
#include <string.h>

/* Power of FREQUENCY in COUNT samples, relative to a sine of full scale of 1 (Goertzel). */
static double power_at(const double *samples, guint count, double frequency)
{
    double w = 2 * G_PI * frequency / 8000, c = 2 * cos(w), a = 0, b = 0;

    for (guint i = 0; i < count; i++) {
        double next = samples[i] + c * a - b;

        b = a;
        a = next;
    }
    return (a * a + b * b - c * a * b) / ((double)count * count / 4);
}

/* A sine whose peak is 3.14 dB (A-law) or 3.17 dB (mu-law) above 0 dBm0's reaches full scale (G.711
 * Table 5, 6). */
static double dbm0(double power)
{
    return 10 * log10(power) + 3.14;
}

static void play(const char *country, Tone tone, Law law, guint8 *out, gsize count, gsize chunk)
{
    ToneScript script;
    TonePlayer player;

    g_assert_true(tone_script_find(&script, country, tone));
    tone_player_start(&player, &script);
    for (gsize at = 0; at < count; at += chunk)
        tone_player_play(&player, law, out + at, MIN(chunk, count - at));
}

static void test_countries(void)
{
    g_assert_true(tone_country_known("us"));
    g_assert_true(tone_country_known("de"));
    g_assert_true(tone_country_known("FR"));
    g_assert_false(tone_country_known("xx"));
    g_assert_false(tone_country_known(""));
    g_assert_false(tone_country_known(NULL));
}

static void test_notation(void)
{
    static const char *const wrong[] = {"",      "a",    "440/",    "440+/100",
                                        "440/0", "440,", "4000/10", "440/100x",
                                        "+440",  "!",    "440/-1",  "99999999999999999999/10"};
    ToneScript script;

    g_assert_true(tone_script_parse(&script, "!350/100,!0/50,440+480/2000,0/4000"));
    g_assert_cmpuint(script.count, ==, 4);
    g_assert_cmpuint(script.loop, ==, 2);
    g_assert_cmpuint(script.steps[2].hz[0], ==, 440);
    g_assert_cmpuint(script.steps[2].hz[1], ==, 480);
    g_assert_false(script.steps[2].modulated);
    g_assert_cmpuint(script.steps[2].samples, ==, 16000);
    g_assert_true(tone_script_parse(&script, "400*25/400,425"));
    g_assert_true(script.steps[0].modulated);
    g_assert_cmpuint(script.steps[1].samples, ==, 0);
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++)
        g_assert_false(tone_script_parse(&script, wrong[i]));
}

/* Where silence begins and ends in OUT must be exactly the cadence of ON and OFF ms. */
static void check_cadence(const guint8 *out, gsize count, Law law, guint on_ms, guint off_ms)
{
    guint period = (on_ms + off_ms) * 8;

    for (gsize i = 0; i < count; i++) {
        gboolean silent = i % period >= on_ms * 8;

        if (silent)
            g_assert_cmphex(out[i], ==, law_silence(law));
    }
    /* The last sample of each sounding part is still in a sounding stretch. */
    for (gsize start = 0; start + on_ms * 8 <= count; start += period) {
        guint loud = 0;

        for (guint i = 0; i < 16; i++)
            loud += ABS(law_decode(law, out[start + on_ms * 8 - 1 - i])) > 500;
        g_assert_cmpuint(loud, >=, 4);
    }
}

typedef struct Cadence {
    const char *country;
    Tone tone;
    guint on_ms, off_ms;
} Cadence;

/* ITU-T E.180 Supplement 2, as libtonezone has it. */
static const Cadence cadences[] = {
    {"us", TONE_RINGBACK, 2000, 4000}, {"us", TONE_BUSY, 500, 500},
    {"de", TONE_RINGBACK, 1000, 4000}, {"de", TONE_BUSY, 480, 480},
    {"fr", TONE_RINGBACK, 1500, 3500}, {"it", TONE_BUSY, 500, 500},
};

static void test_cadences(void)
{
    const gsize count = 13 * 8000;
    g_autofree guint8 *out = g_malloc(count), *again = g_malloc(count);

    for (gsize i = 0; i < G_N_ELEMENTS(cadences); i++) {
        const Cadence *c = &cadences[i];

        play(c->country, c->tone, LAW_ALAW, out, count, 40);
        check_cadence(out, count, LAW_ALAW, c->on_ms, c->off_ms);
        play(c->country, c->tone, LAW_ALAW, again, count, 7); /* the block size changes nothing */
        g_assert_cmpmem(out, count, again, count);
    }
}

static void decode(double *samples, const guint8 *octets, guint count, Law law)
{
    for (guint i = 0; i < count; i++)
        samples[i] = law_decode(law, octets[i]) / 32768.0;
}

static void test_frequencies(void)
{
    guint8 out[8000];
    double samples[8000];

    play("us", TONE_RINGBACK, LAW_ULAW, out, 8000, 160);
    decode(samples, out, 8000, LAW_ULAW);
    g_assert_cmpfloat_with_epsilon(dbm0(power_at(samples, 8000, 440)), -13, 0.5);
    g_assert_cmpfloat_with_epsilon(dbm0(power_at(samples, 8000, 480)), -13, 0.5);
    g_assert_cmpfloat(dbm0(power_at(samples, 8000, 620)), <, -45);

    play("de", TONE_BUSY, LAW_ALAW, out, 480 * 8, 160);
    decode(samples, out, 480 * 8, LAW_ALAW);
    g_assert_cmpfloat_with_epsilon(dbm0(power_at(samples, 480 * 8, 425)), -10, 0.5);
    g_assert_cmpfloat(dbm0(power_at(samples, 480 * 8, 480)), <, -35);
}

/* 400 Hz swelling with 25 Hz has side tones 25 Hz away, 6 dB below (full depth). */
/* Every zone has a dial tone; the United States' has no end. */
static void test_dial_tone(void)
{
    static const char *const countries[] = {"us", "uk", "de", "fr", "it", "jp"};
    ToneScript script;

    for (gsize i = 0; i < G_N_ELEMENTS(countries); i++)
        g_assert_true(tone_script_find(&script, countries[i], TONE_DIAL));
    g_assert_true(tone_script_find(&script, "us", TONE_DIAL));
    g_assert_cmpuint(script.count, ==, 1);
    g_assert_cmpuint(script.steps[0].hz[0], ==, 350);
    g_assert_cmpuint(script.steps[0].hz[1], ==, 440);
    g_assert_cmpuint(script.steps[0].samples, ==, 0);
}

static void test_modulated(void)
{
    guint8 out[3200];
    double samples[3200];

    play("in", TONE_RINGBACK, LAW_ALAW, out, 3200, 160);
    decode(samples, out, 3200, LAW_ALAW);
    g_assert_cmpfloat_with_epsilon(
        dbm0(power_at(samples, 3200, 400)) - dbm0(power_at(samples, 3200, 425)), 6, 0.5);
    g_assert_cmpfloat_with_epsilon(dbm0(power_at(samples, 3200, 375)),
                                   dbm0(power_at(samples, 3200, 425)), 0.5);
}

static void test_once_and_for_ever(void)
{
    ToneScript script;
    TonePlayer player;
    guint8 out[1600];

    g_assert_true(tone_script_parse(&script, "!0/100,425"));
    tone_player_start(&player, &script);
    tone_player_play(&player, LAW_ALAW, out, 1600);
    for (guint i = 0; i < 800; i++)
        g_assert_cmphex(out[i], ==, 0xd5);
    for (guint round = 0; round < 100; round++) {
        guint loud = 0;

        tone_player_play(&player, LAW_ALAW, out, 160);
        for (guint i = 0; i < 160; i++)
            loud += out[i] != 0xd5;
        g_assert_cmpuint(loud, >, 100);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/tones/countries", test_countries);
    g_test_add_func("/tones/the-librarys-notation", test_notation);
    g_test_add_func("/tones/cadences-to-the-sample", test_cadences);
    g_test_add_func("/tones/frequencies-and-level", test_frequencies);
    g_test_add_func("/tones/dial-tone", test_dial_tone);
    g_test_add_func("/tones/a-modulated-tone", test_modulated);
    g_test_add_func("/tones/once-then-for-ever", test_once_and_for_ever);
    return g_test_run();
}
