/* Every Q.931 message in every state of a call, on both sides, by a table of what Q.931 5.8
 * answers: generated from the lists of messages and states.
 *
 * A column is a state of isdn_states.c:
 *
 *      0 1 2 3 4 7 8 9 10 (we called) 10 (they called) 11 12 19 25
 *
 * and what stands there is the answer. A call that is held is in state 10 as well.
 */
#include "isdn_line.h"

#include <stdlib.h>
#include <string.h>

#define NEW_CALL 0x0123 /* a reference of the far end's that nobody has used */
#define COLUMNS 14
#define ACTIVE 9 /* the column of a call of theirs that stands; a held one is behind the last */

/* The letters of the tables. */
enum {
    NOTHING = '.', /* the message belongs there, or is to be ignored: no answer, the state stays */
    STEP = '*',    /* the call goes on by it: any answer but STATUS */
    GONE = 'x',    /* the call is at its end without a word */
    MISFIT = 'S',  /* 5.8.4: STATUS, cause 98 or 101, the state stays */
    UNKNOWN = 'U', /* 5.8.4: STATUS, cause 97 or 98, the state stays */
    ENQUIRY = 'E', /* 5.8.10: STATUS, cause 30, the state stays */
    RELEASE = 'r',
    COMPLETE = 'c',  /* RELEASE COMPLETE */
    HOLD = 'h',      /* HOLD REJECT (Q.932 6.2), the state stays */
    HOLD_LATE = 'H', /* that or nothing */
    RETRIEVE = 'v',  /* RETRIEVE REJECT, the state stays */
    RETRIEVE_LATE = 'V',
    HELD = 'a',      /* HOLD ACKNOWLEDGE */
    RETRIEVED = 'A', /* RETRIEVE ACKNOWLEDGE */
};

typedef struct MessageRow {
    const char *name;
    const char *octets; /* type and what is mandatory */
    const char *answers;
    const char *clause;
} MessageRow;

/* clang-format off */
static const MessageRow messages[] = {
    /*                                                            0 1234 789 AB 11 12 19 25 */
    {"ALERTING",             "01 18 03 a9 83 81",                "c***SSSSSSSSSS", "5.1.7, 5.8.3.2 a, 5.8.4"},
    {"CALL PROCEEDING",      "02 18 03 a9 83 81",                "c**SSSSSSSSSSS", "5.1.5, 5.8.3.2 a, 5.8.4"},
    {"PROGRESS",             "03 1e 02 81 88",                   "c****SSSSSSSSS", "5.1.6, 5.8.3.2 a, 5.8.4"},
    {"SETUP",                "05 04 03 80 90 a3 18 03 a9 83 83 70 04 80 31 35 30 a1",
                                                                 "*.............", "5.2.1, 5.8.3.2 c"},
    {"CONNECT",              "07 18 03 a9 83 81",                "c****SSSSSSSSS", "5.1.8, 5.8.3.2 a, 5.8.4"},
    {"SETUP ACKNOWLEDGE",    "0d 18 03 a9 83 81",                "c*SSSSSSSSSSSS", "5.1.3, 5.8.3.2 a, 5.8.4"},
    {"CONNECT ACKNOWLEDGE",  "0f",                               "cSSSSS*SS.SSSS", "5.2.8, 5.8.3.2 a, 5.8.4"},
    {"DISCONNECT",           "45 08 02 81 90",                   "crrrrrrrrrrSSr", "5.3.3, 5.3.5, 5.8.3.2 a, 5.8.4"},
    {"RELEASE",              "4d 08 02 81 90",                   "ccccccccccccxc", "5.3.3, 5.3.5, 5.8.3.2 a"},
    {"RELEASE COMPLETE",     "5a 08 02 81 90",                   ".xxxxxxxxxxxxx", "5.3.3, 5.8.3.2 b, 5.8.4"},
    {"RESTART",              "46 18 03 a9 83 81 79 01 80",       "cSSSSSSSSSSSSS", "5.5, 5.8.3.2 a, 5.8.4"},
    {"RESTART ACKNOWLEDGE",  "4e 18 03 a9 83 81 79 01 80",       "cSSSSSSSSSSSSS", "5.5, 5.8.3.2 a, 5.8.4"},
    {"STATUS ENQUIRY",       "75",                               "EEEEEEEEEEEEEE", "5.8.10"},
    {"NOTIFY",               "6e 27 01 f1",                      "c.............", "5.9, 5.8.3.2 a"},
    {"INFORMATION",          "7b 70 02 80 35",                   "c............*", "5.2.4, 5.8.3.2 a; Q.932 6.1: keypad at any time"},
    {"FACILITY",             "62 1c 09 91 a1 06 02 01 01 02 01 7f", "c.............", "Q.932 6.3.1, 5.8.3.2 a"},
    {"REGISTER",             "64 1c 09 91 a1 06 02 01 01 02 01 7f", "c.............", "Q.932 6.3.2: no call-independent service here; as 5.8.3.2 c"},
    {"HOLD",                 "24",                               "chhhhhhhhhhHHh", "Q.932 6.2.5"},
    {"HOLD ACKNOWLEDGE",     "28",                               "c.............", "Q.932 6.2.5: late"},
    {"HOLD REJECT",          "30 08 02 81 90",                   "c.............", "Q.932 6.2.5: late"},
    {"RETRIEVE",             "31 18 03 a9 83 81",                "cvvvvvvvvvvVVv", "Q.932 6.2.6"},
    {"RETRIEVE ACKNOWLEDGE", "33 18 03 a9 83 81",                "c.............", "Q.932 6.2.6: late"},
    {"RETRIEVE REJECT",      "37 08 02 81 90",                   "c.............", "Q.932 6.2.6: late"},
    {"USER INFORMATION",     "20 7e 03 04 31 32",                "cUUUUUUUUUUUUU", "5.8.3.2 a, 5.8.4: service 3 is not ours"},
    {"CONGESTION CONTROL",   "79 59 01 f0",                      "cUUUUUUUUUUUUU", "5.8.3.2 a, 5.8.4: service 3 is not ours"},
    {"SEGMENT",              "60 00 02 81 05",                   "cUUUUUUUUUUUUU", "5.8.3.2 a, 5.8.4: Annex H is not ours"},
    {"SUSPEND",              "25",                               "cUUUUUUUUUUUUU", "5.8.3.2 a, 5.8.4: no terminal is moved here"},
    {"SUSPEND ACKNOWLEDGE",  "2d",                               "cUUUUUUUUUUUUU", "5.8.3.2 a, 5.8.4"},
    {"SUSPEND REJECT",       "21 08 02 81 90",                   "cUUUUUUUUUUUUU", "5.8.3.2 a, 5.8.4"},
    {"RESUME",               "26",                               "cUUUUUUUUUUUUU", "5.8.3.2 a, 5.8.4"},
    {"RESUME ACKNOWLEDGE",   "2e 18 03 a9 83 81",                "cUUUUUUUUUUUUU", "5.8.3.2 a, 5.8.4"},
    {"RESUME REJECT",        "22 08 02 81 90",                   "cUUUUUUUUUUUUU", "5.8.3.2 a, 5.8.4"},
    /* STATUS, by the state it tells of */
    {"STATUS of state 0",    "7d 08 02 81 e5 14 01 00",          ".xxxxxxxxxxxxx", "5.8.11"},
};

/* STATUS of any other state: left alone by a call, RELEASE COMPLETE 101 without one. */
static const MessageRow any_status = {"STATUS", NULL,            "c.............", "5.8.11 b, c"};
/* Octets that name no message. */
static const MessageRow any_unknown = {"unknown", NULL,          "cUUUUUUUUUUUUU", "5.8.3.2 a, 5.8.4"};

typedef struct Deviation {
    const char *name;
    const char *line;    /* of lines whose name begins so */
    const char *answers; /* space: as Q.931 has it */
    const char *why;
} Deviation;

/* Where another standard or libpri has it otherwise. */
static const Deviation deviations[] = {
    {"STATUS ENQUIRY",         "",     "c              ", "libpri: RELEASE COMPLETE 81 says as much as STATUS of state 0"},
    {"PROGRESS",               "qsig", "        ..     ", "ECMA-143 10.1.7.2: PROGRESS may come in the Active state"},
    {"HOLD",                   "hold", "        aa    h", "Q.932 6.2.3: where the trunk has it, an answered call is held once"},
    {"RETRIEVE",               "hold", "              A", "Q.932 6.2.4: and retrieved"},
    {NULL},
};
/* clang-format on */

/* --- what came --- */

/* The messages we sent since the last time, but the first line, which is the far end's. */
static char *answer_heard(const Stage *stage)
{
    g_auto(GStrv) lines = g_strsplit(stage->wire->str, "\n", -1);
    g_autoptr(GString) heard = g_string_new(NULL);

    for (guint i = 0; lines[i]; i++)
        if (lines[i][0] == '>')
            g_string_append_printf(heard, "%s%s", heard->len ? "; " : "", lines[i] + 2);
    return g_string_free(g_steal_pointer(&heard), FALSE);
}

static gboolean heard_status(const char *heard, guint8 state, const int *causes)
{
    for (; *causes; causes++) {
        g_autofree char *wanted = g_strdup_printf("STATUS cause %d state %u", *causes, state);

        if (g_str_equal(heard, wanted))
            return TRUE;
    }
    return FALSE;
}

static gboolean heard_fits(const char *heard, char due, guint8 state)
{
    static const int misfit[] = {98, 101, 0}, unknown[] = {97, 98, 0}, enquiry[] = {30, 0};

    switch (due) {
    case NOTHING:
    case GONE:
        return heard[0] == '\0';
    case STEP:
        return !strstr(heard, "STATUS");
    case MISFIT:
        return heard_status(heard, state, misfit);
    case UNKNOWN:
        return heard_status(heard, state, unknown);
    case ENQUIRY:
        return heard_status(heard, state, enquiry);
    case RELEASE:
        return g_str_has_prefix(heard, "RELEASE cause ");
    case COMPLETE:
        return g_str_has_prefix(heard, "RELEASE COMPLETE cause ");
    case HOLD_LATE:
    case RETRIEVE_LATE:
        return heard[0] == '\0' || heard_fits(heard, (char)g_ascii_tolower(due), state);
    case HELD:
        return g_str_equal(heard, "HOLD ACKNOWLEDGE");
    case RETRIEVED:
        return g_str_has_prefix(heard, "RETRIEVE ACKNOWLEDGE");
    case HOLD:
        return g_str_has_prefix(heard, "HOLD REJECT cause ");
    case RETRIEVE:
        return g_str_has_prefix(heard, "RETRIEVE REJECT cause ");
    default:
        g_assert_not_reached();
    }
}

/* --- one message in one state --- */

typedef struct Line {
    const char *name;
    const char *trunk;
    gboolean t1;
    guint8 without[2]; /* states in which no call of such a line stands */
} Line;

/* CONNECT is acknowledged to the user side alone, and not on QSIG; NI2 receives no overlap digits.
 */
static const Line lines[] = {
    {"euroisdn/network", "side = network\n", FALSE, {8}},
    {"euroisdn/cpe", "side = cpe\n", FALSE, {0}},
    {"ni2/network", "switch-type = ni2\nside = network\n", TRUE, {8, 25}},
    {"ni2/cpe", "switch-type = ni2\nside = cpe\n", TRUE, {25}},
    {"qsig/network", "switch-type = qsig\nside = network\n", FALSE, {8}},
    {"qsig/cpe", "switch-type = qsig\nside = cpe\n", FALSE, {8}},
    {"hold/network", "side = network\nhold = yes\n", FALSE, {8}},
    {"hold/cpe", "side = cpe\nhold = yes\n", FALSE, {0}},
};

static gboolean line_knows(const Line *line, guint8 state)
{
    return state == 0 || (state != line->without[0] && state != line->without[1]);
}

typedef struct Case {
    const Line *line;
    const StateRow *state;
    guint column;
    const MessageRow *row;
    const char *octets;
} Case;

static guint complaints;

static char answer_due(const Case *this)
{
    for (const Deviation *deviation = deviations; deviation->name; deviation++)
        if (g_str_equal(deviation->name, this->row->name) &&
            g_str_has_prefix(this->line->name, deviation->line) &&
            deviation->answers[this->column] != ' ')
            return deviation->answers[this->column];
    return this->row->answers[this->column == COLUMNS ? ACTIVE : this->column];
}

static void complain(const Case *this, const char *heard, const char *what)
{
    g_test_message("%s, state %s: %s (%s): %s; due %c (%s), came '%s'", this->line->name,
                   this->state->name, this->row->name, this->octets, what, answer_due(this),
                   this->row->clause, heard);
    complaints++;
}

static gboolean state_stays(char due)
{
    return due != STEP && due != GONE && due != RELEASE && due != COMPLETE && due != HELD &&
           due != RETRIEVED;
}

/* Where the call stands, to us and to libpri, which STATUS ENQUIRY tells. */
static void judge_state(Stage *stage, const Case *this, SipState sip, IsdnState isdn)
{
    g_autofree char *expected = g_strdup_printf("STATUS cause 30 state %u", this->state->number);
    g_autofree char *heard = NULL;
    Call *call = stage_call(stage);

    if (!call || call_sip_state(call) != sip || call_isdn_state(call) != isdn) {
        complain(this, call ? isdn_state_name(call_isdn_state(call)) : "no call", "moved");
        return;
    }
    stage_forget(stage);
    stage_far_says(stage, stage_reference(stage), "75");
    heard = answer_heard(stage);
    if (!g_str_equal(heard, expected))
        complain(this, heard, "libpri moved");
}

static void play(const Case *this, gboolean far_ends)
{
    g_autofree char *trunk =
        g_strdup_printf("%srestart = no\ndisconnect-tones = yes\n", this->line->trunk);
    Stage *stage = stage_new(trunk, this->line->t1);
    SipState sip = SIP_IDLE;
    IsdnState isdn = ISDN_NULL;
    g_autofree char *heard = NULL;
    char due = answer_due(this);
    int reference = NEW_CALL;

    this->state->enter(stage);
    if (stage_call(stage)) {
        sip = call_sip_state(stage_call(stage));
        isdn = call_isdn_state(stage_call(stage));
        reference = stage_reference(stage);
    }
    stage_forget(stage);
    stage_far_says(stage, reference, this->octets);
    heard = answer_heard(stage);
    if (!heard_fits(heard, due, this->state->number))
        complain(this, heard, "answer");
    else if (this->state->number > 0 && state_stays(due))
        judge_state(stage, this, sip, isdn);
    if (far_ends)
        stage_far_ends(stage);
    else
        stage_ends(stage);
    if (stage_kept(stage) > 0)
        complain(this, heard, "libpri keeps a call");
    g_assert_true(isdn_is_ready(stage->isdn));
    stage_free(stage);
}

/* --- every one --- */

/* The Q.931 state of column 0. */
static void in_null(Stage *stage)
{
    (void)stage;
}

/* Behind the last column, on lines where the far end may hold a call. */
static void in_held(Stage *stage)
{
    stage_states[ACTIVE - 1].enter(stage);
    stage_far_says(stage, stage_reference(stage), "24");
    stage_stands(stage, SIP_UP, ISDN_HELD);
}

static void in_every_state(const Line *line, const MessageRow *row, const char *octets)
{
    static const StateRow null = {"NULL", 0, in_null}, held = {"HELD", 10, in_held};
    guint columns = g_str_has_prefix(line->name, "hold") ? COLUMNS + 1 : COLUMNS;
    static guint turn;

    for (guint column = 0; column < columns; column++) {
        const StateRow *state = column == 0         ? &null
                                : column == COLUMNS ? &held
                                                    : &stage_states[column - 1];
        Case this = {line, state, column, row, octets};

        g_assert_cmpuint(strlen(row->answers), ==, COLUMNS);
        g_assert_nonnull(state->name);
        if (line_knows(line, state->number))
            play(&this, turn++ % 2);
    }
    g_assert_null(stage_states[COLUMNS - 1].name);
}

static gboolean is_listed(guint8 type)
{
    for (gsize i = 0; i < G_N_ELEMENTS(messages); i++)
        if (strtoul(messages[i].octets, NULL, 16) == type)
            return TRUE;
    return FALSE;
}

static void every_message(gconstpointer user)
{
    const Line *line = user;

    complaints = 0;
    for (gsize i = 0; i < G_N_ELEMENTS(messages); i++)
        in_every_state(line, &messages[i], messages[i].octets);
    if (complaints > 0)
        g_test_fail_printf("%u answers are not as they should be", complaints);
}

static void every_status(gconstpointer user)
{
    const Line *line = user;

    complaints = 0;
    for (guint state = 1; state < 64; state += state < 26 ? 1 : 6) {
        g_autofree char *octets = g_strdup_printf("7d 08 02 81 9e 14 01 %02x", state);

        in_every_state(line, &any_status, octets);
    }
    if (complaints > 0)
        g_test_fail_printf("%u answers are not as they should be", complaints);
}

static void every_unknown_type(gconstpointer user)
{
    const Line *line = user;

    complaints = 0;
    for (guint type = 0; type < 0x80; type++) {
        g_autofree char *octets = g_strdup_printf("%02x", type);

        if (!is_listed((guint8)type))
            in_every_state(line, &any_unknown, octets);
    }
    if (complaints > 0)
        g_test_fail_printf("%u answers are not as they should be", complaints);
}

static void add(const Line *line, const char *what, GTestDataFunc func)
{
    g_autofree char *path = g_strdup_printf("/isdn/every/%s/%s", line->name, what);

    g_test_add_data_func(path, line, func);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
        add(&lines[i], "message", every_message);
        if (g_str_has_prefix(lines[i].name, "euroisdn")) { /* libpri asks for no dialect there */
            add(&lines[i], "status", every_status);
            add(&lines[i], "unknown", every_unknown_type);
        }
    }
    return g_test_run();
}
