/* The loop-back check of a card that loops itself: the order of what the driver is told, and its
 * octets turned round in the double. */
#include "dahdi_double.h"
#include "loop_virtual.h"
#include "selftest.h"

#include <errno.h>
#include <string.h>

#define FIRST 1
#define LAST 31
#define D 16
#define BLOCK 160
#define MS 1000

typedef struct Card {
    SpanSettings settings;
    Loop *loop;
    Span *span;
    Selftest *selftest;
    guint turned[LAST + 1]; /* octets of tx that have come back */
    gboolean breaks_5;      /* a bit of channel 5 stands */
    guint reports;
    SelftestReport report;
} Card;

static void on_block(void *user, guint8 channel, const guint8 *rx, guint8 *tx, gsize count)
{
    selftest_block(((Card *)user)->selftest, channel, rx, tx, count);
}

static void on_done(void *user, const SelftestReport *report)
{
    Card *card = user;

    if (!the_double.gone) /* whoever is told finds the card as it was */
        g_assert_cmpint(the_double.maintenance.command, ==, DAHDI_MAINT_NONE);
    card->report = *report;
    card->reports++;
    g_clear_pointer(&card->selftest, selftest_free);
}

static void card_init(Card *card)
{
    SpanEvents events = {.user = card, .b_block = on_block};

    *card = (Card){.settings = {.name = (char *)"e1",
                                .backend = BACKEND_DAHDI,
                                .type = SPAN_E1,
                                .law = LAW_ALAW,
                                .hardhdlc = D,
                                .first_channel = FIRST,
                                .d_channel = D,
                                .block_ms = 20,
                                .cushion_ms = 8,
                                .echo_cancel_ms = 16}};
    card->loop = loop_virtual_new();
    double_set_up(1, FIRST, LAST, DAHDI_LAW_ALAW, D, DAHDI_SIG_HARDHDLC);
    card->span = span_open(&card->settings, card->loop, &events, NULL);
}

static void card_clear(Card *card)
{
    selftest_free(card->selftest);
    span_close(card->span);
    loop_virtual_free(card->loop);
    double_tear_down();
}

/* 20 ms of the looped card's clock: each channel hears what it has written, oldest first. */
static void card_turn(Card *card)
{
    for (guint i = FIRST; i <= LAST; i++) {
        DoubleChannel *channel = &the_double.channels[i];
        guint8 block[BLOCK];
        guint ready = MIN(channel->tx->len - card->turned[i], BLOCK);

        if (i == D || channel->writes->len == 0)
            continue;
        memset(block, 0xd5, sizeof block);
        memcpy(block, channel->tx->data + card->turned[i], ready);
        card->turned[i] += ready;
        if (i == 5 && card->breaks_5)
            for (guint n = 0; n < BLOCK; n += 40)
                block[n] |= 1;
        double_hear(i, block, sizeof block);
    }
    loop_virtual_advance(card->loop, 20 * MS);
}

static void run_to_the_end(Card *card)
{
    for (guint i = 0; i < 200 && !card->reports; i++)
        card_turn(card);
    g_assert_cmpuint(card->reports, ==, 1);
}

static void a_card_loops_itself(void)
{
    const DoubleChannel *b = &the_double.channels[3];
    guint written;
    Card card;

    card_init(&card);
    card.breaks_5 = TRUE;
    card.selftest = selftest_new(card.span, card.loop, on_done, &card);
    g_assert_cmpint(the_double.maintenance.command, ==, DAHDI_MAINT_LOCALLOOP);
    g_assert_cmpint(the_double.maintenance.spanno, ==, 1);
    g_assert_cmpuint(b->writes->len, ==, 0); /* looped first, then heard */
    run_to_the_end(&card);
    g_assert_cmpint(b->audio, ==, 0); /* octets that nobody touches */
    g_assert_cmpint(b->taps, <=, 0);
    g_assert_cmpuint(the_double.maintenances, ==, 2);
    g_assert_true(card.report.looped);
    g_assert_cmpuint(card.report.count, ==, 30);
    g_assert_cmpuint(selftest_good_count(&card.report), ==, 29);
    g_assert_cmpint(card.report.channels[4].verdict, ==, SELFTEST_ERRORS);
    g_assert_cmpuint(card.report.channels[4].errors, >, 100);

    written = b->writes->len; /* its channels are closed: what comes is not answered */
    card_turn(&card);
    g_assert_cmpuint(b->writes->len, ==, written);
    card_clear(&card);
}

/* A card that cannot, or whose driver has no such order. */
static void another_waits_for_a_plug(void)
{
    Card card;

    card_init(&card);
    the_double.maintenance_errno = ENOSYS;
    card.selftest = selftest_new(card.span, card.loop, on_done, &card);
    g_assert_cmpuint(the_double.channels[3].writes->len, >, 0); /* at once */
    run_to_the_end(&card);
    g_assert_false(card.report.looped);
    g_assert_cmpuint(selftest_good_count(&card.report), ==, 30); /* the plug is there */
    g_assert_cmpuint(the_double.maintenances, ==, 0);
    card_clear(&card);
    the_double.maintenance_errno = 0;
}

/* The card is pulled in the middle: the check ends in its time, and says what it heard. */
static void a_card_that_goes_ends_it_all_the_same(void)
{
    Card card;

    card_init(&card);
    card.selftest = selftest_new(card.span, card.loop, on_done, &card);
    for (guint i = 0; i < 50; i++)
        card_turn(&card);
    the_double.gone = TRUE;
    loop_virtual_advance(card.loop, 4000 * MS);
    g_assert_cmpuint(card.reports, ==, 1);
    g_assert_cmpuint(selftest_good_count(&card.report), ==, 0);
    g_assert_cmpint(card.report.channels[0].verdict, ==, SELFTEST_SHORT);
    the_double.gone = FALSE;
    card_clear(&card);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/dahdi/selftest/card", a_card_loops_itself);
    g_test_add_func("/dahdi/selftest/plug", another_waits_for_a_plug);
    g_test_add_func("/dahdi/selftest/gone", a_card_that_goes_ends_it_all_the_same);
    return g_test_run();
}
