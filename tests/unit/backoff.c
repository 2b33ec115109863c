/* Blocking after failures: when it begins, how long it lasts, and that memory stays bounded. */
#include "backoff.h"

#define SECOND G_TIME_SPAN_SECOND

static const BackoffRule rule = {3, 60 * SECOND, 60 * SECOND, 3600 * SECOND};

static gboolean note_at(Backoff *backoff, const char *key, gint64 seconds)
{
    return backoff_note(backoff, key, &rule, seconds * SECOND);
}

static gboolean blocks_at(const Backoff *backoff, const char *key, gint64 seconds)
{
    return backoff_blocks(backoff, key, seconds * SECOND);
}

static void the_limit_begins_a_block(void)
{
    g_autoptr(Backoff) backoff = backoff_new(10);

    g_assert_false(note_at(backoff, "a", 0));
    g_assert_false(note_at(backoff, "a", 1));
    g_assert_false(note_at(backoff, "b", 1));
    g_assert_false(blocks_at(backoff, "a", 1));
    g_assert_true(note_at(backoff, "a", 2));
    g_assert_true(blocks_at(backoff, "a", 61));
    g_assert_false(blocks_at(backoff, "a", 62));
    g_assert_false(blocks_at(backoff, "b", 2));
}

static void slow_failures_begin_none(void)
{
    g_autoptr(Backoff) backoff = backoff_new(10);
    BackoffRule never = rule;

    for (gint64 i = 0; i < 1000; i++)
        g_assert_false(note_at(backoff, "a", 40 * i));
    never.limit = 0;
    for (guint i = 0; i < 1000; i++)
        g_assert_false(backoff_note(backoff, "b", &never, 0));
    g_assert_cmpuint(backoff_size(backoff), ==, 1);
}

/* Fails three times; the length of the block that begins then. */
static gint64 block_length(Backoff *backoff, gint64 seconds)
{
    gint64 length = 0;

    g_assert_false(note_at(backoff, "a", seconds));
    g_assert_false(note_at(backoff, "a", seconds));
    g_assert_true(note_at(backoff, "a", seconds));
    while (blocks_at(backoff, "a", seconds + length))
        length++;
    return length;
}

static void blocks_double_up_to_an_hour(void)
{
    g_autoptr(Backoff) backoff = backoff_new(10);
    static const gint64 lengths[] = {60, 120, 240, 480, 960, 1920, 3600, 3600};
    gint64 seconds = 0;

    for (gsize i = 0; i < G_N_ELEMENTS(lengths); i++) {
        g_assert_cmpint(block_length(backoff, seconds), ==, lengths[i]);
        seconds += lengths[i];
    }
    g_assert_cmpint(block_length(backoff, seconds + 3600), ==, 60); /* an hour of peace */
}

static void doing_well_is_remembered(void)
{
    g_autoptr(Backoff) backoff = backoff_new(10);

    note_at(backoff, "a", 0);
    note_at(backoff, "a", 0);
    backoff_forget(backoff, "a");
    backoff_forget(backoff, "nobody");
    g_assert_cmpuint(backoff_size(backoff), ==, 0);
    g_assert_false(note_at(backoff, "a", 0));
}

static void memory_is_bounded(void)
{
    g_autoptr(Backoff) backoff = backoff_new(4);

    for (guint i = 0; i < 1000; i++) {
        g_autofree char *key = g_strdup_printf("%u", i);

        note_at(backoff, key, 0);
        note_at(backoff, "a", 0); /* heard of all the time: stays */
        g_assert_cmpuint(backoff_size(backoff), <=, 4);
    }
    g_assert_true(blocks_at(backoff, "a", 1));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/backoff/the-limit-begins-a-block", the_limit_begins_a_block);
    g_test_add_func("/backoff/slow-failures-begin-none", slow_failures_begin_none);
    g_test_add_func("/backoff/blocks-double-up-to-an-hour", blocks_double_up_to_an_hour);
    g_test_add_func("/backoff/doing-well-is-remembered", doing_well_is_remembered);
    g_test_add_func("/backoff/memory-is-bounded", memory_is_bounded);
    return g_test_run();
}
