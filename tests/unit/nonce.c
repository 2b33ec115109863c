/* Nonces: each is good for its use and its time, and for every count once, in bounded memory. */
#include "nonce.h"

#include <string.h>

#define SECOND G_TIME_SPAN_SECOND
#define LIFE (300 * SECOND)

static const guint8 key[NONCE_KEY_SIZE] = "of the tests";
static const NonceUse use = {"pbx.example", DIGEST_SHA256, "192.0.2.7"};

static NonceId id_of(Nonces *nonces, const char *text, gint64 now_us)
{
    NonceId id;

    g_assert_cmpint(nonce_check(nonces, text, &use, now_us, &id), ==, NONCE_GOOD);
    return id;
}

static void good_until_its_life_ends(void)
{
    g_autoptr(Nonces) nonces = nonces_new(key, LIFE, 10);
    char text[NONCE_SIZE], next[NONCE_SIZE];
    NonceId id;

    nonce_make(nonces, &use, 7 * SECOND, text);
    nonce_make(nonces, &use, 7 * SECOND, next);
    g_assert_cmpstr(text, !=, next);
    g_assert_cmpint(nonce_check(nonces, text, &use, 7 * SECOND, &id), ==, NONCE_GOOD);
    g_assert_cmpint(nonce_check(nonces, text, &use, 7 * SECOND + LIFE - 1, &id), ==, NONCE_GOOD);
    g_assert_cmpint(nonce_check(nonces, text, &use, 7 * SECOND + LIFE, &id), ==, NONCE_STALE);
    g_assert_cmpint(nonce_check(nonces, text, &use, 6 * SECOND, &id), ==, NONCE_STALE);
    nonces_set_lifetime(nonces, SECOND);
    g_assert_cmpint(nonce_check(nonces, text, &use, 8 * SECOND, &id), ==, NONCE_STALE);
    g_assert_cmpuint(nonces_size(nonces), ==, 0); /* none of this needed memory */
}

static void good_for_its_use_alone(void)
{
    g_autoptr(Nonces) nonces = nonces_new(key, LIFE, 10);
    g_autoptr(Nonces) other = NULL;
    static const NonceUse others[] = {{"pbx.exampl", DIGEST_SHA256, "192.0.2.7"},
                                      {"pbx.example", DIGEST_MD5, "192.0.2.7"},
                                      {"pbx.example", DIGEST_SHA256, "192.0.2.70"}};
    guint8 other_key[NONCE_KEY_SIZE] = "of another start";
    char text[NONCE_SIZE];
    NonceId id;

    nonce_make(nonces, &use, 0, text);
    for (gsize i = 0; i < G_N_ELEMENTS(others); i++)
        g_assert_cmpint(nonce_check(nonces, text, &others[i], 0, &id), ==, NONCE_FOREIGN);
    other = nonces_new(other_key, LIFE, 10);
    g_assert_cmpint(nonce_check(other, text, &use, 0, &id), ==, NONCE_FOREIGN);
}

static void no_octet_can_be_changed(void)
{
    g_autoptr(Nonces) nonces = nonces_new(key, LIFE, 10);
    char text[NONCE_SIZE];
    NonceId id;

    nonce_make(nonces, &use, 5 * SECOND, text);
    for (gsize i = 0; text[i]; i++) {
        char was = text[i];

        text[i] = was == '0' ? '1' : '0';
        g_assert_cmpint(nonce_check(nonces, text, &use, 5 * SECOND, &id), ==, NONCE_FOREIGN);
        text[i] = '\0';
        g_assert_cmpint(nonce_check(nonces, text, &use, 5 * SECOND, &id), ==, NONCE_FOREIGN);
        text[i] = was;
    }
    g_assert_cmpint(nonce_check(nonces, "", &use, 0, &id), ==, NONCE_FOREIGN);
}

static void each_count_is_good_once(void)
{
    g_autoptr(Nonces) nonces = nonces_new(key, LIFE, 10);
    char text[NONCE_SIZE];
    NonceId id;

    nonce_make(nonces, &use, 0, text);
    id = id_of(nonces, text, 0);
    g_assert_cmpint(nonce_count(nonces, &id, 0, 0), ==, NONCE_REPLAYED);
    g_assert_cmpint(nonce_count(nonces, &id, 1, 0), ==, NONCE_GOOD);
    g_assert_cmpint(nonce_count(nonces, &id, 1, 0), ==, NONCE_REPLAYED);
    g_assert_cmpint(nonce_count(nonces, &id, 4, 0), ==, NONCE_GOOD);
    g_assert_cmpint(nonce_count(nonces, &id, 2, 0), ==, NONCE_GOOD); /* overtaken */
    g_assert_cmpint(nonce_count(nonces, &id, 2, 0), ==, NONCE_REPLAYED);
    g_assert_cmpint(nonce_count(nonces, &id, 4, 0), ==, NONCE_REPLAYED);
    g_assert_cmpint(nonce_count(nonces, &id, 3, 0), ==, NONCE_GOOD);
    g_assert_cmpint(nonce_count(nonces, &id, 3 + NONCE_WINDOW, 0), ==, NONCE_GOOD);
    g_assert_cmpint(nonce_count(nonces, &id, 5, 0), ==, NONCE_GOOD);
    g_assert_cmpint(nonce_count(nonces, &id, 4, 0), ==, NONCE_REPLAYED);
    g_assert_cmpint(nonce_count(nonces, &id, 3, 0), ==, NONCE_REPLAYED);
    g_assert_cmpint(nonce_count(nonces, &id, 6, LIFE), ==, NONCE_STALE);
    g_assert_cmpuint(nonces_size(nonces), ==, 1);
}

/* Against a set that forgets nothing, with counts that jump about. */
static void window_agrees_with_a_set(void)
{
    g_autoptr(Nonces) nonces = nonces_new(key, LIFE, 10);
    g_autoptr(GRand) rand = g_rand_new_with_seed(4);
    g_autoptr(GHashTable) used = g_hash_table_new(NULL, NULL);
    guint32 highest = 0;
    char text[NONCE_SIZE];
    NonceId id;

    nonce_make(nonces, &use, 0, text);
    id = id_of(nonces, text, 0);
    for (guint i = 0; i < 100000; i++) {
        gint64 wished = (gint64)highest + g_rand_int_range(rand, -80, 5);
        guint32 nc = (guint32)MAX(1, wished);
        gboolean fresh = !g_hash_table_contains(used, GUINT_TO_POINTER(nc)) &&
                         (nc > highest || highest - nc < NONCE_WINDOW);

        g_assert_cmpint(nonce_count(nonces, &id, nc, 0), ==, fresh ? NONCE_GOOD : NONCE_REPLAYED);
        g_hash_table_add(used, GUINT_TO_POINTER(nc));
        highest = MAX(highest, nc);
    }
    g_assert_cmpint(nonce_count(nonces, &id, G_MAXUINT32, 0), ==, NONCE_GOOD);
    g_assert_cmpint(nonce_count(nonces, &id, G_MAXUINT32, 0), ==, NONCE_REPLAYED);
}

/* With more nonces in use than there is room for, the oldest go stale; none is good for a count
 * twice. */
static void forgotten_is_stale_not_fresh(void)
{
    g_autoptr(Nonces) nonces = nonces_new(key, LIFE, 3);
    char text[5][NONCE_SIZE], older[NONCE_SIZE];
    NonceId id[5], before;

    nonce_make(nonces, &use, 0, older);
    before = id_of(nonces, older, 0);
    for (guint i = 0; i < 5; i++) {
        nonce_make(nonces, &use, i + 1, text[i]);
        id[i] = id_of(nonces, text[i], 10);
    }
    for (guint i = 0; i < 5; i++) {
        g_assert_cmpint(nonce_count(nonces, &id[i], 1, 10), ==, NONCE_GOOD);
        g_assert_cmpuint(nonces_size(nonces), ==, MIN(i + 1, 3));
    }
    for (guint i = 0; i < 5; i++) {
        NonceId again;

        g_assert_cmpint(nonce_check(nonces, text[i], &use, 10, &again), ==,
                        i < 2 ? NONCE_STALE : NONCE_GOOD);
        g_assert_cmpint(nonce_count(nonces, &id[i], 1, 10), ==,
                        i < 2 ? NONCE_STALE : NONCE_REPLAYED);
    }
    /* One that was never used, but is as old as those. */
    g_assert_cmpint(nonce_check(nonces, older, &use, 10, &before), ==, NONCE_STALE);
    g_assert_cmpint(nonce_count(nonces, &before, 1, 10), ==, NONCE_STALE);
}

/* What is stale makes room by itself, and does not come back when lives get longer. */
static void stale_makes_room(void)
{
    g_autoptr(Nonces) nonces = nonces_new(key, LIFE, 100);
    char text[NONCE_SIZE], next[NONCE_SIZE];
    NonceId id, later;

    nonce_make(nonces, &use, 0, text);
    id = id_of(nonces, text, 0);
    g_assert_cmpint(nonce_count(nonces, &id, 1, 0), ==, NONCE_GOOD);
    nonce_make(nonces, &use, LIFE, next);
    later = id_of(nonces, next, LIFE);
    g_assert_cmpint(nonce_count(nonces, &later, 1, LIFE), ==, NONCE_GOOD);
    g_assert_cmpuint(nonces_size(nonces), ==, 1);
    nonces_set_lifetime(nonces, 10 * LIFE);
    g_assert_cmpint(nonce_check(nonces, text, &use, LIFE, &id), ==, NONCE_STALE);
    g_assert_cmpint(nonce_count(nonces, &id, 1, LIFE), ==, NONCE_STALE);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/nonce/good-until-its-life-ends", good_until_its_life_ends);
    g_test_add_func("/nonce/good-for-its-use-alone", good_for_its_use_alone);
    g_test_add_func("/nonce/no-octet-can-be-changed", no_octet_can_be_changed);
    g_test_add_func("/nonce/each-count-is-good-once", each_count_is_good_once);
    g_test_add_func("/nonce/window-agrees-with-a-set", window_agrees_with_a_set);
    g_test_add_func("/nonce/forgotten-is-stale-not-fresh", forgotten_is_stale_not_fresh);
    g_test_add_func("/nonce/stale-makes-room", stale_makes_room);
    return g_test_run();
}
