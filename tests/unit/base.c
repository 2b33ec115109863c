/* Base keeps its promises: timers fire in order, posts cross threads, time never steps. */
#include "clock.h"
#include "log.h"
#include "loop.h"
#include "loop_virtual.h"
#include "names.h"

#include <string.h>
#include <sys/time.h>
#include <unistd.h>

typedef struct Story {
    Loop *loop;
    GString *told;
    LoopTimer *first, *second;
    LoopWatch *watch;
} Story;

static void tell_first(void *user)
{
    Story *story = user;

    g_string_append(story->told, "first ");
}

static void tell_second(void *user)
{
    Story *story = user;

    g_string_append(story->told, "second ");
    loop_epoll_quit(story->loop);
}

static void timers_fire_in_order_of_time(void)
{
    Story story = {.loop = loop_epoll_new(NULL), .told = g_string_new(NULL)};

    story.first = loop_timer_new(story.loop, tell_first, &story);
    story.second = loop_timer_new(story.loop, tell_second, &story);
    loop_timer_start(story.loop, story.second, 3000);
    loop_timer_start(story.loop, story.first, 1000);
    loop_epoll_run(story.loop);
    g_assert_cmpstr(story.told->str, ==, "first second ");
    loop_timer_free(story.loop, story.first);
    loop_timer_free(story.loop, story.second);
    loop_epoll_free(story.loop);
    g_string_free(story.told, TRUE);
}

static void free_own_timer(void *user)
{
    Story *story = user;

    loop_timer_free(story->loop, g_steal_pointer(&story->first));
    loop_epoll_quit(story->loop);
}

static void a_timer_may_free_itself(void)
{
    Story story = {.loop = loop_epoll_new(NULL)};

    story.first = loop_timer_new(story.loop, free_own_timer, &story);
    loop_timer_start(story.loop, story.first, 0);
    loop_epoll_run(story.loop);
    g_assert_null(story.first);
    loop_epoll_free(story.loop);
}

static void read_once_and_quit(void *user, int fd, LoopReady ready)
{
    Story *story = user;
    char octet;

    g_assert_true(ready & LOOP_READABLE);
    g_assert_cmpint(read(fd, &octet, 1), ==, 1);
    loop_unwatch(story->loop, g_steal_pointer(&story->watch));
    loop_epoll_quit(story->loop);
}

static void a_watch_may_unwatch_itself(void)
{
    Story story = {.loop = loop_epoll_new(NULL)};
    int ends[2];

    g_assert_cmpint(pipe(ends), ==, 0);
    g_assert_cmpint(write(ends[1], "xy", 2), ==, 2);
    story.watch = loop_watch(story.loop, ends[0], LOOP_READABLE, read_once_and_quit, &story);
    loop_epoll_run(story.loop);
    close(ends[0]);
    close(ends[1]);
    loop_epoll_free(story.loop);
}

static gpointer post_from_elsewhere(gpointer user)
{
    Story *story = user;

    for (int i = 0; i < 999; i++)
        loop_post(story->loop, tell_first, story, NULL);
    loop_post(story->loop, tell_second, story, NULL);
    return NULL;
}

static void posts_cross_threads_in_order(void)
{
    Story story = {.loop = loop_epoll_new(NULL), .told = g_string_new(NULL)};
    GThread *thread = g_thread_new("elsewhere", post_from_elsewhere, &story);

    loop_epoll_run(story.loop);
    g_thread_join(thread);
    g_assert_cmpuint(story.told->len, ==, 999 * strlen("first ") + strlen("second "));
    g_assert_true(g_str_has_suffix(story.told->str, "first second "));
    loop_epoll_free(story.loop);
    g_string_free(story.told, TRUE);
}

static void what_was_never_called_is_destroyed(void)
{
    Loop *loop = loop_epoll_new(NULL);
    g_autoptr(GString) told = g_string_new(NULL);
    Story story = {.loop = loop, .told = told};

    loop_post(loop, tell_second, &story, NULL); /* quits */
    loop_epoll_run(loop);
    loop_post(loop, tell_first, g_strdup("destroyed uncalled"), g_free);
    loop_epoll_free(loop);
    g_assert_cmpstr(told->str, ==, "second ");
}

static gint64 faked_us;

static gint64 faked_clock(void)
{
    return faked_us;
}

static void gettimeofday_follows_the_steady_clock(void)
{
    struct timeval before, after;

    faked_us = clock_now_us();
    clock_set_source(faked_clock);
    gettimeofday(&before, NULL);
    faked_us += 90 * G_USEC_PER_SEC + 7;
    gettimeofday(&after, NULL);
    clock_set_source(NULL);
    g_assert_cmpint((after.tv_sec - before.tv_sec) * G_USEC_PER_SEC + after.tv_usec -
                        before.tv_usec,
                    ==, 90 * G_USEC_PER_SEC + 7);
}

static void virtual_time_passes_only_when_told(void)
{
    Story story = {.loop = loop_virtual_new(), .told = g_string_new(NULL)};

    story.first = loop_timer_new(story.loop, tell_first, &story);
    loop_timer_start(story.loop, story.first, 180 * G_USEC_PER_SEC);
    loop_virtual_advance(story.loop, 180 * G_USEC_PER_SEC - 1);
    g_assert_cmpstr(story.told->str, ==, "");
    loop_virtual_advance(story.loop, 1);
    g_assert_cmpstr(story.told->str, ==, "first ");
    loop_timer_free(story.loop, story.first);
    loop_virtual_free(story.loop);
    g_string_free(story.told, TRUE);
}

static void a_log_limit_lets_a_burst_through(void)
{
    LogLimit limit = {0};
    guint passed = 0;

    for (int i = 0; i < 100; i++)
        passed += log_limit(&limit, 3, 60 * G_USEC_PER_SEC);
    g_assert_cmpuint(passed, ==, 3);
    g_assert_cmpuint(limit.suppressed, ==, 97);
}

static void names_are_found_without_case(void)
{
    static const char *const colours[] = {"red", "green"};
    g_autofree char *list = names_list(colours, 2);

    g_assert_cmpint(names_find(colours, 2, "GREEN"), ==, 1);
    g_assert_cmpint(names_find(colours, 2, "blue"), ==, -1);
    g_assert_cmpstr(list, ==, "red, green");
}

static void a_log_line_cannot_forge_another(void)
{
    if (g_test_subprocess()) {
        log_open(LEVEL_INFO, TRUE);
        log_error("from %s", "sip:a\n<3>forged");
        log_error("name %s", "M\xc3\xbcller \xc2\x9b\x9b[2J \xff\xc3");
        log_debug("not wanted");
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_passed();
    g_test_trap_assert_stderr("<3>from sip:a?<3>forged\n<3>name M\xc3\xbcller ???[2J ??\n");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/loop/timers-fire-in-order-of-time", timers_fire_in_order_of_time);
    g_test_add_func("/loop/a-timer-may-free-itself", a_timer_may_free_itself);
    g_test_add_func("/loop/a-watch-may-unwatch-itself", a_watch_may_unwatch_itself);
    g_test_add_func("/loop/posts-cross-threads-in-order", posts_cross_threads_in_order);
    g_test_add_func("/loop/what-was-never-called-is-destroyed", what_was_never_called_is_destroyed);
    g_test_add_func("/loop/virtual-time-passes-only-when-told", virtual_time_passes_only_when_told);
    g_test_add_func("/clock/gettimeofday-follows-the-steady-clock",
                    gettimeofday_follows_the_steady_clock);
    g_test_add_func("/log/a-limit-lets-a-burst-through", a_log_limit_lets_a_burst_through);
    g_test_add_func("/log/a-line-cannot-forge-another", a_log_line_cannot_forge_another);
    g_test_add_func("/names/are-found-without-case", names_are_found_without_case);
    return g_test_run();
}
