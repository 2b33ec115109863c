/* Messages that wait: bodies of RFC 3842 as text and values, Facility elements as octets and
 * values, and the book of mailboxes.
 */
#include "mwi.h"
#include "elements.h"
#include "hex_read.h"
#include "mwi_component.h"

#include <string.h>

/* ---- bodies -------------------------------------------------------------------------------------
 */

typedef struct BodyRow {
    const char *text;
    const char *state; /* NULL: it is refused */
    const char *account;
} BodyRow;

static const BodyRow bodies[] = {
    {"Messages-Waiting: yes\r\n", "waiting", ""},
    {"Messages-Waiting: no\r\n", "none", ""},
    {"Messages-Waiting: no", "none", ""},
    {"messages-waiting:YES\r\nvoice-message:2/8\r\n", "2 new, 8 old", ""},
    {"Messages-Waiting : yes\nMessage-Account : sip:200@pbx.example.com\nVoice-Message : 2 / 8 ( 0 "
     "/ 2 )\n",
     "2 new, 8 old", "200"},
    {"Messages-Waiting: yes\r\nMessage-Account: <sip:%2b4971@h;transport=tcp>\r\n", "waiting",
     "+4971"},
    {"Messages-Waiting: yes\r\nMessage-Account: tel:+4971;x=y\r\n", "waiting", "+4971"},
    {"Messages-Waiting: yes\r\nMessage-Account: sip:pbx.example.com\r\n", "waiting", ""},
    {"Messages-Waiting: yes\r\nMessage-Account: mailto:a@b\r\n", "waiting", ""},
    {"Messages-Waiting: yes\r\nFax-Message: 1/0\r\nText-Message: 9/9 (1/1)\r\n", "waiting", ""},
    {"Messages-Waiting: no\r\nVoice-Message: 0/5\r\n", "0 new, 5 old", ""},
    {"Messages-Waiting: yes\r\nVoice-Message: 4294967295/0\r\n\r\nTo: x\r\nnonsense\r\n",
     "4294967295 new, 0 old", ""},
    {"Messages-Waiting: yes\r\nX-Unknown: whatever it says\r\n", "waiting", ""},
    /* refused */
    {"", NULL, NULL},
    {"\r\n", NULL, NULL},
    {"Voice-Message: 2/8\r\n", NULL, NULL},
    {"Messages-Waiting: maybe\r\n", NULL, NULL},
    {"Messages-Waiting yes\r\n", NULL, NULL},
    {"Messages-Waiting: yes\r\nVoice-Message: 2\r\n", NULL, NULL},
    {"Messages-Waiting: yes\r\nVoice-Message: -1/0\r\n", NULL, NULL},
    {"Messages-Waiting: yes\r\nVoice-Message: 1/0 (1/\r\n", NULL, NULL},
    {"Messages-Waiting: yes\r\nVoice-Message: 1/0 x\r\n", NULL, NULL},
    {"Messages-Waiting: yes\r\nVoice-Message: 4294967296/0\r\n", NULL, NULL},
    {"Messages-Waiting: yes\r\nVoice-Message: 1/0\r\nVoice-Message: 2/0\r\n", NULL, NULL},
    {"Messages-Waiting: yes\r\nFax-Message: many\r\n", NULL, NULL},
    {"Messages-Waiting: yes\rVoice-Message: 1/0\r\n", NULL, NULL},
    {"Messages-Waiting: yes\r\nMessage-Account: sip:2\x01@h\r\n", NULL, NULL},
    {"Messages-Waiting: yes\r\n: x\r\n", NULL, NULL},
};

static void bodies_are_read(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(bodies); i++) {
        const BodyRow *row = &bodies[i];
        const char *why = "";
        char text[64];
        MwiBody body;
        gboolean read = mwi_body_read(row->text, strlen(row->text), &body, &why);

        g_test_message("%s: %s", row->text, why ? why : "read");
        g_assert_cmpint(read, ==, row->state != NULL);
        g_assert_cmpint(why == NULL, ==, read);
        if (!read)
            continue;
        g_assert_cmpstr(mwi_state_describe(&body.state, text, sizeof text), ==, row->state);
        g_assert_cmpstr(body.account, ==, row->account);
    }
}

static void hostile_bodies_are_refused(void)
{
    g_autoptr(GString) text = g_string_new("Messages-Waiting: yes\r\n");
    const char *why;
    MwiBody body;

    /* NUL, which would hide what follows */
    g_assert_false(mwi_body_read("Messages-Waiting: yes\r\n\0\r\n", 27, &body, &why));
    g_assert_cmpstr(why, ==, "a control character");
    g_assert_false(mwi_body_read("Messages-Waiting: yes\0", 22, &body, &why));
    /* many lines */
    for (guint i = 0; i < 62; i++)
        g_string_append(text, "X-A: b\r\n");
    g_assert_true(mwi_body_read(text->str, text->len, &body, &why));
    g_string_append(text, "X-A: b\r\n");
    g_assert_false(mwi_body_read(text->str, text->len, &body, &why));
    g_assert_cmpstr(why, ==, "too many lines");
    /* one long line, a long body */
    g_string_assign(text, "Messages-Waiting: yes\r\nX-A: ");
    for (guint i = 0; i < URI_MAX; i++)
        g_string_append_c(text, 'x');
    g_assert_false(mwi_body_read(text->str, text->len, &body, &why));
    g_string_assign(text, "Messages-Waiting: yes\r\n\r\n");
    g_string_append_printf(text, "%*s", (int)(MWI_BODY_MAX - text->len), "");
    g_assert_cmpuint(text->len, ==, MWI_BODY_MAX);
    g_assert_true(mwi_body_read(text->str, text->len, &body, &why));
    g_string_append_c(text, ' ');
    g_assert_false(mwi_body_read(text->str, text->len, &body, &why));
    g_assert_cmpstr(why, ==, "the body is too long");
}

/* Every beginning of a good body, and every octet of it changed, is read or refused. */
static void broken_bodies_are_survived(void)
{
    static const char good[] = "Messages-Waiting: yes\r\nMessage-Account: <sip:200@h>\r\n"
                               "Voice-Message: 2/8 (0/2)\r\n";
    const char *why;
    MwiBody body;

    for (gsize length = 0; length < sizeof good; length++) {
        g_autofree char *copy = g_memdup2(good, length + 1);

        (void)mwi_body_read(copy, length, &body, &why);
        for (guint octet = 0; octet < 256; octet++) {
            copy[length] = (char)octet;
            g_assert_cmpint(mwi_body_read(copy, length + 1, &body, &why), ==, why == NULL);
        }
    }
}

static void bodies_are_written(void)
{
    static const struct {
        MwiState state;
        const char *account, *text;
    } rows[] = {
        {{TRUE, FALSE, 0, 0, 0, 0}, NULL, "Messages-Waiting: yes\r\n"},
        {{FALSE, TRUE, 0, 0, 0, 0},
         "sip:200@h",
         "Messages-Waiting: no\r\nMessage-Account: sip:200@h\r\nVoice-Message: 0/0 (0/0)\r\n"},
        {{TRUE, TRUE, 2, 8, 0, 2},
         "sip:200@h",
         "Messages-Waiting: yes\r\nMessage-Account: sip:200@h\r\nVoice-Message: 2/8 (0/2)\r\n"},
        /* nothing that is no URI gets in */
        {{TRUE, FALSE, 0, 0, 0, 0}, "sip:2\r\nVoice-Message: 9/9", "Messages-Waiting: yes\r\n"},
        {{TRUE, FALSE, 0, 0, 0, 0}, "sip:2 3@h", "Messages-Waiting: yes\r\n"},
        {{TRUE, FALSE, 0, 0, 0, 0}, "", "Messages-Waiting: yes\r\n"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = mwi_body_write(&rows[i].state, rows[i].account);
        const char *why;
        MwiBody body;

        g_assert_cmpstr(text, ==, rows[i].text);
        g_assert_true(mwi_body_read(text, strlen(text), &body, &why));
        g_assert_true(mwi_state_equal(&body.state, &rows[i].state));
    }
}

/* ---- Facility elements --------------------------------------------------------------------------
 */

typedef struct ElementRow {
    const char *octets;
    MwiComponent component;
    const char *state; /* what an invoke says; NULL: it is none */
    gboolean written;  /* we write the same */
} ElementRow;

#define QSIG_HEAD "9f aa 06 80 01 00 82 01 00 8b 01 00"
#define NUMBER(the_digits, the_ton, the_npi)                                                       \
    {                                                                                              \
        .digits = the_digits, .ton = the_ton, .npi = the_npi                                       \
    }

static const ElementRow elements[] = {
    /* as libpri 1.6 writes mwiActivate and mwiDeactivate */
    {"1c 1e " QSIG_HEAD " a1 10 02 01 01 02 01 50 30 08 80 03 31 30 31 0a 01 01",
     {.operation = MWI_ACTIVATE, .invoke = 1, .served = NUMBER("101", 0, 0), .service = 1},
     "waiting",
     TRUE},
    {"1c 1e " QSIG_HEAD " a1 10 02 01 01 02 01 51 30 08 80 03 31 30 31 0a 01 01",
     {.operation = MWI_DEACTIVATE, .invoke = 1, .served = NUMBER("101", 0, 0), .service = 1},
     "none",
     TRUE},
    {"1c 21 " QSIG_HEAD " a1 13 02 01 01 02 01 50 30 0b 80 03 32 30 30 0a 01 01 83 01 02",
     {.operation = MWI_ACTIVATE,
      .invoke = 1,
      .served = NUMBER("200", 0, 0),
      .service = 1,
      .has_count = TRUE,
      .count = 2},
     "2 new, 0 old",
     TRUE},
    /* a public and a private number; a count of two octets, one that looks negative */
    {"1c 28 " QSIG_HEAD
     " a1 1a 02 01 02 02 01 50 30 12 a1 09 0a 01 02 12 04 37 31 33 31 0a 01 01 83 02 01 2c",
     {.operation = MWI_ACTIVATE,
      .invoke = 2,
      .served = NUMBER("7131", TON_NATIONAL, NPI_E164),
      .service = 1,
      .has_count = TRUE,
      .count = 300},
     "300 new, 0 old",
     TRUE},
    {"1c 27 " QSIG_HEAD
     " a1 19 02 01 02 02 01 50 30 11 a5 08 0a 01 00 12 03 32 30 30 0a 01 01 83 02 00 80",
     {.operation = MWI_ACTIVATE,
      .invoke = 2,
      .served = NUMBER("200", 0, NPI_PRIVATE),
      .service = 1,
      .has_count = TRUE,
      .count = 128},
     "128 new, 0 old",
     TRUE},
    /* rosetest's example of libpri: every option */
    {"1c 3b 9f a1 38 02 01 38 02 01 50 30 30 80 04 39 38 33 38 0a 01 01 82 06 31 32 33 34 35 36 83 "
     "02 19 94 "
     "a4 06 80 04 39 38 33 38 18 0e 31 39 39 37 30 36 32 31 31 39 34 35 33 30 85 01 07",
     {.operation = MWI_ACTIVATE,
      .invoke = 0x38,
      .served = NUMBER("9838", 0, 0),
      .service = 1,
      .has_count = TRUE,
      .count = 6548},
     "6548 new, 0 old",
     FALSE},
    /* all services; a count of none, though something waits */
    {"1c 16 9f a1 13 02 01 01 02 01 50 30 0b 80 03 31 30 31 0a 01 00 83 01 00",
     {.operation = MWI_ACTIVATE, .invoke = 1, .served = NUMBER("101", 0, 0), .has_count = TRUE},
     "waiting",
     FALSE},
    /* EN 300 745-1 */
    {"1c 1d 91 a1 1a 02 01 01 06 06 04 00 85 69 01 01 30 0d 80 03 32 30 30 0a 01 01 a2 03 02 01 02",
     {.dialect = MWI_ETSI,
      .operation = MWI_ACTIVATE,
      .invoke = 1,
      .served = NUMBER("200", 0, 0),
      .service = 1,
      .has_count = TRUE,
      .count = 2},
     "2 new, 0 old",
     TRUE},
    {"1c 18 91 a1 15 02 01 02 06 06 04 00 85 69 01 02 30 08 80 03 32 30 31 0a 01 01",
     {.dialect = MWI_ETSI,
      .operation = MWI_DEACTIVATE,
      .invoke = 2,
      .served = NUMBER("201", 0, 0),
      .service = 1},
     "none",
     TRUE},
    {"1c 1b 91 a1 18 02 01 01 06 06 04 00 85 69 01 03 30 0b a2 03 0a 01 01 a3 04 02 02 01 2c",
     {.dialect = MWI_ETSI,
      .operation = MWI_INDICATE,
      .invoke = 1,
      .service = 1,
      .has_count = TRUE,
      .count = 300},
     "300 new, 0 old",
     TRUE},
    {"1c 1a 91 a1 17 02 01 02 06 06 04 00 85 69 01 03 30 0a a2 03 0a 01 01 a3 03 02 01 00",
     {.dialect = MWI_ETSI, .operation = MWI_INDICATE, .invoke = 2, .service = 1, .has_count = TRUE},
     "none",
     TRUE},
    {"1c 10 91 a1 0d 02 01 02 06 06 04 00 85 69 01 03 30 00", /* libpri's, where nothing is told */
     {.dialect = MWI_ETSI, .operation = MWI_INDICATE, .invoke = 2},
     "waiting",
     FALSE},
    /* answers */
    {"1c 15 9f aa 06 80 01 00 82 01 00 a2 0a 02 01 07 30 05 02 01 50 05 00",
     {.kind = MWI_RESULT, .invoke = 7},
     NULL,
     FALSE},
    {"1c 06 91 a2 03 02 01 07", {.kind = MWI_RESULT, .invoke = 7}, NULL, FALSE},
    {"1c 09 91 a3 06 02 01 07 02 01 06", {.kind = MWI_ERROR, .invoke = 7, .error = 6}, NULL, FALSE},
    {"1c 0e 91 a3 0b 02 01 07 06 06 04 00 85 69 01 0a",
     {.kind = MWI_ERROR, .invoke = 7, .error = 10},
     NULL,
     FALSE},
    {"1c 09 91 a4 06 02 01 07 81 01 01", {.kind = MWI_REJECT, .invoke = 7}, NULL, FALSE},
    {"1c 08 91 a4 05 05 00 80 01 00", {.kind = MWI_REJECT, .invoke = -1}, NULL, FALSE},
};

static char *element_text(const guint8 *element)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < 2u + element[1]; i++)
        g_string_append_printf(text, "%s%02x", i ? " " : "", element[i]);
    return g_string_free(text, FALSE);
}

static void component_is(const MwiComponent *one, const MwiComponent *other)
{
    g_assert_cmpint(one->kind, ==, other->kind);
    g_assert_cmpint(one->dialect, ==, other->dialect);
    g_assert_cmpint(one->operation, ==, other->operation);
    g_assert_cmpint(one->invoke, ==, other->invoke);
    g_assert_cmpint(one->error, ==, other->error);
    g_assert_cmpstr(one->served.digits, ==, other->served.digits);
    g_assert_cmpint(one->served.ton, ==, other->served.ton);
    g_assert_cmpint(one->served.npi, ==, other->served.npi);
    g_assert_cmpint(one->service, ==, other->service);
    g_assert_cmpint(one->has_count, ==, other->has_count);
    g_assert_cmpint(one->count, ==, other->count);
}

static void elements_are_read_and_written(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(elements); i++) {
        const ElementRow *row = &elements[i];
        guint8 element[ELEMENT_ROOM], written[ELEMENT_ROOM];
        g_autofree char *text = NULL;
        MwiComponent component;
        char words[64];
        MwiState state;

        g_test_message("%s", row->octets);
        g_assert_cmpuint(hex_read(row->octets, element), ==, 2u + element[1]);
        g_assert_true(mwi_component_read(element, &component));
        component_is(&component, &row->component);
        if (row->state) {
            mwi_component_state(&component, &state);
            g_assert_cmpstr(mwi_state_describe(&state, words, sizeof words), ==, row->state);
        }
        if (!row->written)
            continue;
        mwi_component_write(&component, written);
        text = element_text(written);
        g_assert_cmpstr(text, ==, row->octets);
    }
}

static void others_components_are_none(void)
{
    static const char *const octets[] = {
        "1c 02 9f a1",
        "1c 05 9f a1 7f 02 01",
        "1c 0b 92 a1 08 02 01 01 02 01 50 05 00",                                  /* CMIP */
        "1c 16 9f a1 13 02 01 01 02 01 52 30 0b 80 03 31 30 31 0a 01 00 83 01 00", /* mwiInterrogate
                                                                                    */
        "1c 18 91 a1 15 02 01 02 06 06 04 00 85 69 01 04 30 08 80 03 32 30 31 0a 01 01",
        "1c 18 91 a1 15 02 01 02 06 06 04 00 85 68 01 01 30 08 80 03 32 30 31 0a 01 01",
        "1c 13 9f a1 10 02 01 01 02 01 50 30 08 83 03 31 30 31 0a 01 01", /* a data number */
        "1c 16 9f a1 13 02 01 01 02 01 50 30 0b 80 03 31 30 31 0a 01 01 83 01 ff", /* less than none
                                                                                    */
        "1c 33 9f a1 30 02 01 01 02 01 50 30 28 80 20 31 31 31 31 31 31 31 31 31 31 31 31 31 31 31 "
        "31 "
        "31 31 31 31 31 31 31 31 31 31 31 31 31 31 31 31 0a 01 01 05 00", /* 32 digits */
    };
    guint8 element[ELEMENT_ROOM];
    MwiComponent component;

    for (gsize i = 0; i < G_N_ELEMENTS(octets); i++) {
        g_test_message("%s", octets[i]);
        hex_read(octets[i], element);
        g_assert_false(mwi_component_read(element, &component));
    }
}

/* Every octet of every row changed to every value, every length: nothing is read past the end (ASan
 * is the judge), and what is read has digits that a SETUP may carry. */
static void broken_elements_are_survived(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(elements); i++) {
        guint8 whole[ELEMENT_ROOM];
        gsize length = hex_read(elements[i].octets, whole);

        for (gsize at = 1; at < length; at++)
            for (guint octet = 0; octet < 256; octet++) {
                g_autofree guint8 *copy = NULL;
                gsize size = at == 1 ? 2 + octet : length;
                MwiComponent component;

                if (at == 1 && size > length)
                    break;
                copy = g_memdup2(whole, size);
                copy[at] = (guint8)octet;
                if (mwi_component_read(copy, &component))
                    g_assert_cmpuint(strspn(component.served.digits, "0123456789*#"), ==,
                                     strlen(component.served.digits));
            }
    }
}

static void answers_are_written(void)
{
    static const struct {
        MwiDialect dialect;
        MwiFault fault;
        const char *octets;
    } rows[] = {
        {MWI_QSIG, MWI_FAULT_NONE,
         "1c 15 9f aa 06 80 01 00 82 01 00 a2 0a 02 01 07 30 05 02 01 50 05 00"},
        {MWI_QSIG, MWI_FAULT_NO_SUCH_USER,
         "1c 11 9f aa 06 80 01 00 82 01 00 a3 06 02 01 07 02 01 06"},
        {MWI_QSIG, MWI_FAULT_SERVICE, "1c 11 9f aa 06 80 01 00 82 01 00 a3 06 02 01 07 02 01 08"},
        {MWI_QSIG, MWI_FAULT_FULL, "1c 11 9f aa 06 80 01 00 82 01 00 a3 06 02 01 07 02 01 03"},
        {MWI_ETSI, MWI_FAULT_NONE, "1c 06 91 a2 03 02 01 07"},
        {MWI_ETSI, MWI_FAULT_NO_SUCH_USER, "1c 0e 91 a3 0b 02 01 07 06 06 04 00 85 69 01 0a"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        MwiComponent invoke = {.dialect = rows[i].dialect, .operation = MWI_ACTIVATE, .invoke = 7};
        guint8 element[ELEMENT_ROOM];
        g_autofree char *text = NULL;

        mwi_component_answer(&invoke, rows[i].fault, element);
        text = element_text(element);
        g_assert_cmpstr(text, ==, rows[i].octets);
    }
}

/* ---- the book -----------------------------------------------------------------------------------
 */

static MwiEntry entry_of(MwiSide side, const char *mailbox, guint fresh, gint64 since_us)
{
    MwiEntry entry = {.side = side,
                      .trunk = "pbx",
                      .since_us = since_us,
                      .state = {fresh > 0, TRUE, fresh, 0, 0, 0}};

    g_strlcpy(entry.mailbox, mailbox, sizeof entry.mailbox);
    return entry;
}

static MwiChange notes(MwiBook *book, MwiSide side, const char *mailbox, guint fresh,
                       gint64 since_us)
{
    MwiEntry entry = entry_of(side, mailbox, fresh, since_us);

    return mwi_book_note(book, &entry);
}

static void only_changes_are_news(void)
{
    MwiBook *book = mwi_book_new(10);

    g_assert_cmpint(notes(book, MWI_BY_PBX, "200", 0, 1), ==, MWI_CHANGED);
    g_assert_cmpint(notes(book, MWI_BY_PBX, "200", 0, 2), ==, MWI_SAME);
    g_assert_cmpint(notes(book, MWI_BY_PBX, "200", 3, 3), ==, MWI_CHANGED);
    g_assert_cmpint(notes(book, MWI_BY_SIP, "200", 3, 3), ==, MWI_CHANGED); /* another side's */
    g_assert_cmpuint(mwi_book_find(book, MWI_BY_PBX, "200")->state.fresh, ==, 3);
    mwi_book_forget(book, MWI_BY_PBX, "200");
    g_assert_null(mwi_book_find(book, MWI_BY_PBX, "200"));
    g_assert_cmpint(notes(book, MWI_BY_PBX, "200", 3, 4), ==, MWI_CHANGED);
    mwi_book_free(book);
}

static void a_full_book_keeps_what_waits(void)
{
    MwiBook *book = mwi_book_new(3);

    notes(book, MWI_BY_PBX, "1", 0, 10);
    notes(book, MWI_BY_PBX, "2", 0, 5);
    notes(book, MWI_BY_PBX, "3", 1, 1);
    g_assert_cmpint(notes(book, MWI_BY_PBX, "4", 1, 20), ==, MWI_CHANGED);
    g_assert_null(mwi_book_find(book, MWI_BY_PBX, "2")); /* the oldest without messages */
    g_assert_cmpint(notes(book, MWI_BY_PBX, "5", 1, 21), ==, MWI_CHANGED);
    g_assert_cmpint(notes(book, MWI_BY_PBX, "6", 1, 22), ==, MWI_FULL);
    g_assert_null(mwi_book_find(book, MWI_BY_PBX, "6"));
    g_assert_cmpint(notes(book, MWI_BY_PBX, "3", 2, 23), ==, MWI_CHANGED); /* it has its place */
    mwi_book_free(book);
}

static void save(void *user, const char *key, const char *value)
{
    if (value)
        g_hash_table_insert(user, g_strdup(key), g_strdup(value));
    else
        g_hash_table_remove(user, key);
}

static void a_book_outlives_a_restart(void)
{
    g_autoptr(GHashTable) kept = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    MwiBook *book = mwi_book_new(10), *next = mwi_book_new(10);
    GHashTableIter iter;
    gpointer key, value;

    mwi_book_set_saver(book, save, kept);
    notes(book, MWI_BY_PBX, "+49 \xc3\xa4/%", 2, G_GINT64_CONSTANT(1790000000000000));
    notes(book, MWI_BY_SIP, "200", 0, 7);
    notes(book, MWI_BY_SIP, "201", 1, 7);
    mwi_book_forget(book, MWI_BY_SIP, "201");
    g_assert_cmpuint(g_hash_table_size(kept), ==, 2);
    g_hash_table_iter_init(&iter, kept);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        g_assert_true(g_str_is_ascii(key) && g_str_is_ascii(value));
        g_assert_true(mwi_book_load(next, key, value));
    }
    g_assert_cmpuint(mwi_book_find(next, MWI_BY_PBX, "+49 \xc3\xa4/%")->state.fresh, ==, 2);
    g_assert_cmpint(mwi_book_find(next, MWI_BY_PBX, "+49 \xc3\xa4/%")->since_us, ==,
                    G_GINT64_CONSTANT(1790000000000000));
    g_assert_cmpstr(mwi_book_find(next, MWI_BY_SIP, "200")->trunk, ==, "pbx");
    g_assert_false(mwi_book_load(next, "pbx/9", "pbx 1 1 2 3"));
    g_assert_false(mwi_book_load(next, "pbx/", "pbx 1 1 2 3 0 0 7"));
    g_assert_false(mwi_book_load(next, "pbx/9", "pbx 2 1 2 3 0 0 7"));
    g_assert_false(mwi_book_load(next, "pbx/9", "pbx 1 1 2 3 0 0 -7"));
    g_assert_true(mwi_book_load(next, "pbx/9", "pbx 1 1 2 3 0 0 7"));
    mwi_book_free(book);
    mwi_book_free(next);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mwi/body/read", bodies_are_read);
    g_test_add_func("/mwi/body/hostile", hostile_bodies_are_refused);
    g_test_add_func("/mwi/body/broken", broken_bodies_are_survived);
    g_test_add_func("/mwi/body/written", bodies_are_written);
    g_test_add_func("/mwi/element/rows", elements_are_read_and_written);
    g_test_add_func("/mwi/element/others", others_components_are_none);
    g_test_add_func("/mwi/element/broken", broken_elements_are_survived);
    g_test_add_func("/mwi/element/answers", answers_are_written);
    g_test_add_func("/mwi/book/changes", only_changes_are_news);
    g_test_add_func("/mwi/book/full", a_full_book_keeps_what_waits);
    g_test_add_func("/mwi/book/restart", a_book_outlives_a_restart);
    return g_test_run();
}
