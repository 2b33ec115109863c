/* The data link of Q.921: two ends of it with a line between them that loses what it is told to. */
#include "lapd.h"
#include "loop_virtual.h"

#include <string.h>

typedef struct Line Line;

typedef struct End {
    Line *line;
    Lapd *lapd;
    GString *heard; /* messages, one octet each */
    GString *unsent;
    guint ups, downs;
    guint frames;         /* sent */
    gboolean deaf;        /* what it is sent is lost */
    gboolean loses_final; /* what it is sent with F = 1 is */
} End;

struct Line {
    Loop *loop;
    End ends[2];
};

typedef struct Passing {
    End *to;
    gsize length;
    guint8 frame[512];
} Passing;

static void pass(void *user)
{
    Passing *passing = user;
    gboolean final = (passing->frame[2] & 3) == 1 && (passing->frame[3] & 1) &&
                     (passing->frame[0] != 0) == (passing->to == &passing->to->line->ends[0]);

    if (!passing->to->deaf && !(final && passing->to->loses_final))
        lapd_receive(passing->to->lapd, passing->frame, passing->length);
}

static void post(End *to, const guint8 *frame, gsize length)
{
    Passing *passing = g_new0(Passing, 1);

    passing->to = to;
    passing->length = length;
    memcpy(passing->frame, frame, length);
    loop_post(to->line->loop, pass, passing, g_free);
}

static void end_sends(void *user, const guint8 *frame, gsize length)
{
    End *end = user;

    end->frames++;
    post(&end->line->ends[end == end->line->ends], frame, length);
}

static void end_delivers(void *user, const guint8 *information, gsize length)
{
    End *end = user;

    g_assert_cmpuint(length, >, 0);
    g_string_append_c(end->heard, (char)information[0]);
}

static void end_changed(void *user, gboolean up)
{
    End *end = user;
    GQueue unsent = G_QUEUE_INIT;
    GBytes *bytes;

    end->ups += up;
    end->downs += !up;
    lapd_take_unsent(end->lapd, &unsent);
    while ((bytes = g_queue_pop_head(&unsent))) {
        g_string_append_c(end->unsent, *(const char *)g_bytes_get_data(bytes, NULL));
        g_bytes_unref(bytes);
    }
}

static void run(Line *line, guint ms)
{
    loop_virtual_advance(line->loop, (gint64)ms * 1000);
}

/* Ends 0, the network's, and 1; both open and up. */
static Line *line_new(void)
{
    Line *line = g_new0(Line, 1);

    line->loop = loop_virtual_new();
    for (guint i = 0; i < 2; i++) {
        End *end = &line->ends[i];
        LapdOps ops = {end, end_sends, end_delivers, end_changed};

        end->line = line;
        end->heard = g_string_new(NULL);
        end->unsent = g_string_new(NULL);
        end->lapd = lapd_new(line->loop, &ops, i == 0);
    }
    for (guint i = 0; i < 2; i++)
        lapd_open(line->ends[i].lapd);
    run(line, 100);
    for (guint i = 0; i < 2; i++) {
        g_assert_true(lapd_is_up(line->ends[i].lapd));
        line->ends[i].ups = 0;
    }
    return line;
}

static void line_free(Line *line)
{
    for (guint i = 0; i < 2; i++) {
        lapd_free(line->ends[i].lapd);
        g_string_free(line->ends[i].heard, TRUE);
        g_string_free(line->ends[i].unsent, TRUE);
    }
    loop_virtual_free(line->loop);
    g_free(line);
}

static void say(End *end, const char *messages)
{
    for (; *messages; messages++)
        g_assert_true(lapd_send(end->lapd, (const guint8 *)messages, 1));
}

static void what_is_lost_is_sent_again_in_its_order(void)
{
    Line *line = line_new();
    End *us = &line->ends[0], *them = &line->ends[1];

    them->deaf = TRUE;
    say(us, "ab");
    run(line, 10);
    them->deaf = FALSE;
    say(us, "cdefghijkl"); /* out of sequence, and more than a window */
    run(line, 2500);
    g_assert_cmpstr(them->heard->str, ==, "abcdefghijkl");
    g_assert_cmpuint(us->downs + them->downs, ==, 0);
    line_free(line);
}

/* Neither what we go on sending nor what still arrives holds T200 off. */
static void a_dead_line_is_noticed_under_traffic(void)
{
    for (guint theirs = 0; theirs <= 1; theirs++) {
        Line *line = line_new();
        End *us = &line->ends[0], *them = &line->ends[1];

        them->deaf = TRUE;
        us->deaf = !theirs;
        for (guint i = 0; i < 12 && !us->downs; i++) {
            (void)lapd_send(us->lapd, (const guint8 *)"a", 1);
            if (theirs)
                (void)lapd_send(them->lapd, (const guint8 *)"b", 1);
            run(line, 500);
        }
        g_assert_cmpuint(us->downs, ==, 1);
        g_assert_cmpuint(us->unsent->len, >=, 8); /* all of them, for another link */
        line_free(line);
    }
}

static void a_lost_answer_is_asked_for_again_under_traffic(void)
{
    Line *line = line_new();
    End *us = &line->ends[0], *them = &line->ends[1];

    them->deaf = TRUE;
    say(us, "a");
    run(line, 900);
    them->deaf = FALSE;
    us->loses_final = TRUE;
    run(line, 200); /* T200: our poll is answered, and the answer lost */
    us->loses_final = FALSE;
    for (guint i = 0; i < 6; i++) {
        say(them, "b");
        run(line, 400);
    }
    g_assert_cmpstr(them->heard->str, ==, "a");
    say(us, "c");
    run(line, 10);
    g_assert_cmpstr(them->heard->str, ==, "ac");
    g_assert_cmpstr(us->heard->str, ==, "bbbbbb");
    g_assert_cmpuint(us->downs, ==, 0);
    line_free(line);
}

static void a_frame_too_long_is_dropped_and_no_more(void)
{
    Line *line = line_new();
    End *us = &line->ends[0];
    guint8 frame[4 + LAPD_INFORMATION_MAX + 1] = {0x00, 0x01, 0x00, 0x00, 'x'};
    guint8 next[] = {0x00, 0x01, 0x02, 0x00, 'y'};

    post(us, frame, sizeof frame);
    post(us, next, sizeof next);
    run(line, 10);
    g_assert_cmpstr(us->heard->str, ==, "y"); /* so the long one has its number */
    line_free(line);
}

static void a_link_established_anew_gives_back_what_was_lost(void)
{
    static const guint8 sabme[] = {0x00, 0x01, 0x7f};
    Line *line = line_new();
    End *us = &line->ends[0], *them = &line->ends[1];

    them->deaf = TRUE;
    say(us, "abcdefghi");
    run(line, 10);
    post(us, sabme, sizeof sabme);
    run(line, 10);
    g_assert_cmpuint(us->ups, ==, 1);
    g_assert_cmpuint(us->downs, ==, 0);
    g_assert_cmpstr(us->unsent->str, ==, "abcdefghi");
    g_assert_true(lapd_is_up(us->lapd));
    line_free(line);

    line = line_new();
    us = &line->ends[0];
    them = &line->ends[1];
    say(us, "a");
    run(line, 10);
    lapd_renew(us->lapd);
    g_assert_false(lapd_is_up(us->lapd));
    run(line, 10);
    g_assert_cmpuint(us->ups, ==, 1);
    g_assert_cmpuint(them->ups, ==, 1);
    say(us, "b");
    run(line, 10);
    g_assert_cmpstr(them->heard->str, ==, "ab");
    line_free(line);
}

static void a_far_end_that_takes_nothing_is_given_up(void)
{
    static const guint8 rnr[] = {0x00, 0x01, 0x05, 0x00};
    Line *line = line_new();
    End *us = &line->ends[0];
    guint sent = 0;

    post(us, rnr, sizeof rnr);
    run(line, 10);
    while (sent < 1000 && lapd_send(us->lapd, (const guint8 *)"a", 1))
        sent++;
    g_assert_cmpuint(sent, <, 1000);
    g_assert_cmpuint(us->downs, ==, 1);
    g_assert_cmpuint(us->unsent->len, ==, sent);
    line_free(line);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/lapd/loss", what_is_lost_is_sent_again_in_its_order);
    g_test_add_func("/lapd/dead", a_dead_line_is_noticed_under_traffic);
    g_test_add_func("/lapd/poll", a_lost_answer_is_asked_for_again_under_traffic);
    g_test_add_func("/lapd/too-long", a_frame_too_long_is_dropped_and_no_more);
    g_test_add_func("/lapd/anew", a_link_established_anew_gives_back_what_was_lost);
    g_test_add_func("/lapd/busy", a_far_end_that_takes_nothing_is_given_up);
    return g_test_run();
}
