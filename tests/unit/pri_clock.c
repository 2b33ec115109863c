/* libpri's timers follow base's gettimeofday(), which follows the steady clock: a stepped system
 * clock moves none. */
#include "clock.h"

#include <libpri.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static gint64 wall_step_s;

/* The executable's clock_gettime() goes before libc's: only the wall clock is stepped. */
int clock_gettime(clockid_t id, struct timespec *now)
{
    long result = syscall(SYS_clock_gettime, id, now);

    if (result == 0 && id == CLOCK_REALTIME)
        now->tv_sec += wall_step_s;
    return (int)result;
}

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
    static GSList *kept; /* libpri has no destructor */

    kept = g_slist_prepend(
        kept, pri_new_cb(-1, PRI_CPE, PRI_SWITCH_EUROISDN_E1, read_nothing, count_frame, sides));
    return kept->data;
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

/* The administrator sets the clock by a day, and no second passes. */
static void step_the_wall_clock(gint64 seconds)
{
    gint64 wall_us = clock_wall_us(), moved_us;
    struct timeval before, after;

    gettimeofday(&before, NULL);
    wall_step_s += seconds;
    gettimeofday(&after, NULL);
    moved_us = clock_wall_us() - wall_us - seconds * G_USEC_PER_SEC;
    g_assert_cmpint(moved_us, >=, 0);
    g_assert_cmpint(moved_us, <, G_USEC_PER_SEC);
    g_assert_cmpint(after.tv_sec, ==, before.tv_sec);
    g_assert_cmpint(after.tv_usec, ==, before.tv_usec);
}

static void a_step_of_the_wall_clock_is_not_seen(void)
{
    struct pri *pri;

    fake_us = clock_now_us();
    clock_set_source(fake_clock);
    frames = 0;
    pri = controller_new();
    g_assert_cmpuint(frames, ==, 1);
    step_the_wall_clock(86400); /* T200 would have run out */
    g_assert_null(pri_schedule_run(pri));
    g_assert_cmpuint(frames, ==, 1);
    step_the_wall_clock(-2 * 86400); /* or would not for a day */
    fake_us += 1001 * 1000;
    pri_schedule_run(pri);
    g_assert_cmpuint(frames, ==, 2);
    step_the_wall_clock(86400);
    clock_set_source(NULL);
}

/* libpri's time passes as ours does. */
static void real_time_passes(void)
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
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pri-clock/t200", t200_runs_on_the_faked_clock);
    g_test_add_func("/pri-clock/step", a_step_of_the_wall_clock_is_not_seen);
    g_test_add_func("/pri-clock/passes", real_time_passes);
    return g_test_run();
}
