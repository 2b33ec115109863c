/* libpri's timers follow base's gettimeofday(), which follows the steady clock: a stepped system
 * clock moves none. */
#include "clock.h"

#include <libpri.h>
#include <sys/time.h>

static gint64 fake_us;
static guint frames;
static int sides[2];

static gint64 fake_clock(void)
{
    return fake_us;
}

static int read_nothing(struct pri *pri, void *buffer, int size)
{
    return 0;
}

static int count_frame(struct pri *pri, void *buffer, int length)
{
    frames++;
    return length;
}

static struct pri *controller_new(void)
{
    static struct pri *volatile kept; /* libpri has no destructor */

    return kept = pri_new_cb(-1, PRI_CPE, PRI_SWITCH_EUROISDN_E1, read_nothing, count_frame, sides);
}

/* T200 is one second: SABME goes out again after exactly that much of our clock. */
static void t200_runs_on_the_faked_clock(void)
{
    struct pri *pri;

    fake_us = clock_now_us();
    clock_set_source(fake_clock);
    frames = 0;
    pri = controller_new();
    g_assert_cmpuint(frames, ==, 1);
    fake_us += 999 * 1000;
    g_assert_null(pri_schedule_run(pri));
    g_assert_cmpuint(frames, ==, 1);
    fake_us += 2 * 1000;
    pri_schedule_run(pri);
    g_assert_cmpuint(frames, ==, 2);
    clock_set_source(NULL);
}

/* What a process sees when the administrator sets the clock back or forth by a day. */
static void a_step_of_the_wall_clock_is_not_seen(void)
{
    struct timeval before, after;
    gint64 start;

    gettimeofday(&before, NULL);
    start = clock_now_us();
    while (clock_now_us() - start < 20 * 1000)
        ;
    gettimeofday(&after, NULL);
    gint64 passed =
        (after.tv_sec - before.tv_sec) * G_USEC_PER_SEC + after.tv_usec - before.tv_usec;
    g_assert_cmpint(passed, >=, 20 * 1000);
    g_assert_cmpint(passed, <, 5 * G_USEC_PER_SEC);
    /* The source is the steady clock alone: it can only be moved by moving that. */
    fake_us = clock_now_us() + 60 * G_USEC_PER_SEC;
    clock_set_source(fake_clock);
    gettimeofday(&after, NULL);
    clock_set_source(NULL);
    g_assert_cmpint(after.tv_sec - before.tv_sec, >=, 60);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pri-clock/t200", t200_runs_on_the_faked_clock);
    g_test_add_func("/pri-clock/step", a_step_of_the_wall_clock_is_not_seen);
    return g_test_run();
}
