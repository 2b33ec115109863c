/* SipHash-2-4 with 128 bits against the vectors its authors publish, and OpenSSL agrees with. */
#include "seal.h"

/* Of the octets 00 01 02 ..., as many as the row says, under the key 00 01 ... 0f. */
static const struct {
    gsize size;
    const char *mark;
} vectors[] = {
    {0, "a3817f04ba25a8e66df67214c7550293"},  {1, "da87c1d86b99af44347659119b22fc45"},
    {2, "8177228da4a45dc7fca38bdef60affe4"},  {7, "a1f1ebbed8dbc153c0b84aa61ff08239"},
    {8, "3b62a9ba6258f5610f83e264f31497b4"},  {9, "264499060ad9baabc47f8b02bb6d71ed"},
    {15, "5493e99933b0a8117e08ec0f97cfc3d9"}, {63, "5150d1772f50834a503e069a973fbd7c"},
};

static void seal_of(const guint8 *octets, gsize size, gsize step, char text[2 * SEAL_SIZE + 1])
{
    guint8 key[SEAL_KEY_SIZE], mark[SEAL_SIZE];
    Seal seal;

    for (guint i = 0; i < SEAL_KEY_SIZE; i++)
        key[i] = (guint8)i;
    seal_begin(&seal, key);
    for (gsize at = 0; at < size; at += step)
        seal_add(&seal, octets + at, MIN(step, size - at));
    seal_end(&seal, mark);
    seal_write(mark, sizeof(mark), text);
}

static void test_vectors(void)
{
    guint8 octets[64];
    char text[2 * SEAL_SIZE + 1];

    for (guint i = 0; i < sizeof(octets); i++)
        octets[i] = (guint8)i;
    for (guint i = 0; i < G_N_ELEMENTS(vectors); i++) {
        for (gsize step = 1; step <= 9; step++) {
            seal_of(octets, vectors[i].size, step, text);
            g_assert_cmpstr(text, ==, vectors[i].mark);
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/seal/vectors", test_vectors);
    return g_test_run();
}
