/* Sofia's root keeps the loop treaty, and a step of the system clock moves none of its timers. */
#include "sofia.h"

#include "clock.h"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static gint64 wall_step_s;

/* The executable's clock_gettime() goes before libc's, for Sofia too: only the wall clock is
 * stepped. */
int clock_gettime(clockid_t id, struct timespec *now)
{
    long result = syscall(SYS_clock_gettime, id, now);

    if (result == 0 && id == CLOCK_REALTIME)
        now->tv_sec += wall_step_s;
    return (int)result;
}

typedef struct Story {
    Loop *loop;
    GString *told;
    LoopTimer *first, *second;
    LoopWatch *watch;
    gint64 fired_us;
    int pipe[2];
} Story;

static void story_open(Story *story)
{
    g_autoptr(GError) error = NULL;

    *story = (Story){.told = g_string_new(NULL)};
    story->loop = sofia_loop_new(&error);
    g_assert_no_error(error);
}

static void story_close(Story *story)
{
    loop_timer_free(story->loop, story->first);
    loop_timer_free(story->loop, story->second);
    sofia_loop_free(story->loop);
    g_string_free(story->told, TRUE);
}

static void tell_first(void *user)
{
    g_string_append(((Story *)user)->told, "first ");
}

static void tell_second(void *user)
{
    Story *story = user;

    g_string_append(story->told, "second ");
    story->fired_us = loop_now(story->loop);
    sofia_loop_quit(story->loop);
}

static void timers_fire_in_order_and_never_early(void)
{
    Story story;
    gint64 begun;

    story_open(&story);
    story.first = loop_timer_new(story.loop, tell_first, &story);
    story.second = loop_timer_new(story.loop, tell_second, &story);
    for (gint64 delay = 1; delay < 8000; delay += 1777) {
        g_string_truncate(story.told, 0);
        begun = loop_now(story.loop);
        loop_timer_start(story.loop, story.second, delay + 4000);
        loop_timer_start(story.loop, story.first, delay);
        sofia_loop_run(story.loop);
        g_assert_cmpstr(story.told->str, ==, "first second ");
        g_assert_cmpint(story.fired_us - begun, >=, delay + 4000);
        g_assert_cmpint(story.fired_us - begun, <, delay + 200000);
    }
    story_close(&story);
}

static void restart_first(void *user)
{
    Story *story = user;

    g_string_append(story->told, ".");
    if (story->told->len == 5)
        sofia_loop_quit(story->loop);
    loop_timer_start(story->loop, story->first, 0);
}

static void a_timer_may_start_itself_anew(void)
{
    Story story;

    story_open(&story);
    story.first = loop_timer_new(story.loop, restart_first, &story);
    loop_timer_start(story.loop, story.first, 0);
    sofia_loop_run(story.loop);
    g_assert_cmpuint(story.told->len, >=, 5);
    story_close(&story);
}

static void free_first(void *user)
{
    Story *story = user;

    loop_timer_free(story->loop, g_steal_pointer(&story->first));
    loop_timer_stop(story->loop, story->second);
    sofia_loop_quit(story->loop);
}

static void a_timer_may_free_itself_and_stop_another(void)
{
    Story story;

    story_open(&story);
    story.first = loop_timer_new(story.loop, free_first, &story);
    story.second = loop_timer_new(story.loop, tell_second, &story);
    loop_timer_start(story.loop, story.first, 0);
    loop_timer_start(story.loop, story.second, 1);
    sofia_loop_run(story.loop);
    g_assert_cmpstr(story.told->str, ==, "");
    story_close(&story);
}

static void step_wall(void *user)
{
    wall_step_s += GPOINTER_TO_INT(user);
}

static void a_clock_step_moves_no_timer(void)
{
    static const int steps[] = {3600, -7200, 86400};

    for (guint i = 0; i < G_N_ELEMENTS(steps); i++) {
        Story story;
        gint64 begun;

        story_open(&story);
        story.second = loop_timer_new(story.loop, tell_second, &story);
        begun = loop_now(story.loop);
        loop_timer_start(story.loop, story.second, 150000);
        loop_post(story.loop, step_wall, GINT_TO_POINTER(steps[i]), NULL);
        sofia_loop_run(story.loop);
        g_assert_cmpint(story.fired_us - begun, >=, 150000);
        g_assert_cmpint(story.fired_us - begun, <, 1000000);
        story_close(&story);
    }
    wall_step_s = 0;
}

static void pipe_ready(void *user, int fd, LoopReady ready)
{
    Story *story = user;
    char octet;

    g_assert_true(ready & LOOP_READABLE);
    g_assert_cmpint(read(fd, &octet, 1), ==, 1);
    g_string_append_c(story->told, octet);
    if (octet == 'b') {
        loop_unwatch(story->loop, g_steal_pointer(&story->watch));
        sofia_loop_quit(story->loop);
    }
}

static void a_watch_may_end_itself(void)
{
    Story story;

    story_open(&story);
    g_assert_cmpint(pipe(story.pipe), ==, 0);
    story.watch = loop_watch(story.loop, story.pipe[0], LOOP_READABLE, pipe_ready, &story);
    g_assert_cmpint(write(story.pipe[1], "abc", 3), ==, 3);
    sofia_loop_run(story.loop);
    g_assert_cmpstr(story.told->str, ==, "ab");
    close(story.pipe[0]);
    close(story.pipe[1]);
    story_close(&story);
}

static gpointer post_from_afar(gpointer user)
{
    Story *story = user;

    for (int i = 0; i < 1000; i++)
        loop_post(story->loop, tell_first, story, NULL);
    sofia_loop_quit(story->loop);
    return NULL;
}

static void posts_cross_threads_in_order(void)
{
    Story story;
    GThread *thread;

    story_open(&story);
    thread = g_thread_new("afar", post_from_afar, &story);
    sofia_loop_run(story.loop);
    g_thread_join(thread);
    g_assert_cmpuint(story.told->len, ==, 6000);
    story_close(&story);
}

static void what_is_still_posted_is_destroyed(void)
{
    Story story;
    GPtrArray *thing = g_ptr_array_new();

    story_open(&story);
    loop_post(story.loop, tell_first, g_ptr_array_ref(thing), (GDestroyNotify)g_ptr_array_unref);
    sofia_loop_free(story.loop);
    g_assert_cmpstr(story.told->str, ==, "");
    g_string_free(story.told, TRUE);
    g_ptr_array_unref(thing); /* the other reference would be a leak, and LeakSanitizer tells */
}

int main(int argc, char **argv)
{
    int result;

    g_test_init(&argc, &argv, NULL);
    sofia_open();
    g_test_add_func("/loop-sofia/timers-fire-in-order-and-never-early",
                    timers_fire_in_order_and_never_early);
    g_test_add_func("/loop-sofia/a-timer-may-start-itself-anew", a_timer_may_start_itself_anew);
    g_test_add_func("/loop-sofia/a-timer-may-free-itself-and-stop-another",
                    a_timer_may_free_itself_and_stop_another);
    g_test_add_func("/loop-sofia/a-clock-step-moves-no-timer", a_clock_step_moves_no_timer);
    g_test_add_func("/loop-sofia/a-watch-may-end-itself", a_watch_may_end_itself);
    g_test_add_func("/loop-sofia/posts-cross-threads-in-order", posts_cross_threads_in_order);
    g_test_add_func("/loop-sofia/what-is-still-posted-is-destroyed",
                    what_is_still_posted_is_destroyed);
    result = g_test_run();
    sofia_close();
    return result;
}
