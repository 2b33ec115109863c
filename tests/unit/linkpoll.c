/* Our own question to layer 2, octet by octet: what is asked, whose answer it is, and what libpri
 * sees of it. */
#include "linkpoll.h"

typedef struct Row {
    const char *name;
    gboolean network;
    guint8 command, answer; /* second octet of an address is 01 */
} Row;

static const Row sides[] = {{"network", TRUE, 0x02, 0x02}, {"user", FALSE, 0x00, 0x00}};

static void our_question_is_rr_with_the_poll_bit(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(sides); i++) {
        const guint8 sent[] = {sides[i].command, 0x01, 0x08, 0x0a, 0x08, 0x02, 0x00, 0x01, 0x75};
        guint8 frame[LINKPOLL_LENGTH];
        const guint8 first[] = {sides[i].command, 0x01, 0x01, 0x01};
        const guint8 later[] = {sides[i].command, 0x01, 0x01, 0x0b};
        const guint8 sabme[] = {sides[i].command, 0x01, 0x7f};
        LinkPoll poll = {0};

        linkpoll_ask(&poll, sides[i].network, frame);
        g_assert_cmpmem(frame, sizeof frame, first, sizeof first);
        linkpoll_sent(&poll, sides[i].network, sent, sizeof sent); /* N(R) is 5 by now */
        linkpoll_ask(&poll, sides[i].network, frame);
        g_assert_cmpmem(frame, sizeof frame, later, sizeof later);
        linkpoll_sent(&poll, sides[i].network, sabme, sizeof sabme);
        linkpoll_ask(&poll, sides[i].network, frame);
        g_assert_cmpmem(frame, sizeof frame, first, sizeof first);
    }
}

/* The final bit of an answer, after it has passed. */
static guint8 final_bit(LinkPoll *poll, const Row *side, guint8 address)
{
    guint8 frame[] = {address, 0x01, 0x01, 0x0b};

    linkpoll_received(poll, side->network, frame, sizeof frame);
    g_assert_cmpint(frame[3] & 0xfe, ==, 0x0a);
    return frame[3] & 1;
}

static void the_answer_loses_its_final_bit_once(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(sides); i++) {
        guint8 frame[LINKPOLL_LENGTH];
        LinkPoll poll = {0};

        linkpoll_ask(&poll, sides[i].network, frame);
        g_assert_cmpint(final_bit(&poll, &sides[i], sides[i].answer ^ 0x02), ==, 1); /* its poll */
        g_assert_cmpint(final_bit(&poll, &sides[i], sides[i].answer), ==, 0);
        g_assert_cmpint(final_bit(&poll, &sides[i], sides[i].answer), ==, 1);
    }
}

/* libpri is in recovery and needs its answer more than we do. */
static void the_answer_to_libpri_stays_whole(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(sides); i++) {
        const guint8 its[] = {sides[i].command, 0x01, 0x01, 0x0b};
        const guint8 response[] = {sides[i].command ^ 0x02, 0x01, 0x01, 0x0b};
        guint8 frame[LINKPOLL_LENGTH];
        LinkPoll poll = {0};

        linkpoll_ask(&poll, sides[i].network, frame);
        linkpoll_sent(&poll, sides[i].network, response, sizeof response); /* asks nothing */
        linkpoll_sent(&poll, sides[i].network, its, sizeof its);
        g_assert_cmpint(final_bit(&poll, &sides[i], sides[i].answer), ==, 1);
        g_assert_cmpint(final_bit(&poll, &sides[i], sides[i].answer), ==, 0);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/linkpoll/question", our_question_is_rr_with_the_poll_bit);
    g_test_add_func("/linkpoll/answer", the_answer_loses_its_final_bit_once);
    g_test_add_func("/linkpoll/libpri", the_answer_to_libpri_stays_whole);
    return g_test_run();
}
