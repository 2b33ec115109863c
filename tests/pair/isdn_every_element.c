/* Every information element of every message spoiled in every way, by what Q.931 5.8.5-5.8.7 asks:
 * generated from the list of messages and their elements.
 *
 * A spoiled message is worth what a sound one is worth that lacks the element: that one is played
 * too, and both must be answered alike, and leave the call where the other does. Where the element
 * is mandatory, the answer is the refusal of that message, with cause 96 or 100.
 */
#include "isdn_line.h"

#include <string.h>

#define NEW_CALL 0x0123 /* a reference of the far end's that nobody has used */
#define ELEMENTS 14

/* How a message is answered that lacks what it needs (Q.931 5.8.6). */
typedef enum Refusal {
    BY_STATUS,           /* and nothing has happened */
    BY_RELEASE,          /* DISCONNECT */
    BY_RELEASE_COMPLETE, /* SETUP, RELEASE */
    BY_NOTHING,          /* RELEASE COMPLETE: it counts all the same */
} Refusal;

/* The elements of a message: "!" mandatory, "?" mandatory from a network, "*" may come more than
 * once; "<n": so many octets are the most (Q.931 Table 4-3). */
typedef struct MessageRow {
    const char *name;
    guint8 type;
    const char *state; /* where it comes in; NULL: a new call */
    Refusal refusal;
    const char *elements[ELEMENTS + 1];
} MessageRow;

/* clang-format off */
static const MessageRow messages[] = {
    {"SETUP", 0x05, NULL, BY_RELEASE_COMPLETE,
     {"!04 03 80 90 a3 <12", "?18 03 a9 83 83", "*1e 02 80 83 <4", "*6c 05 00 80 31 30 31", "*6d 05 80 50 31 32 33",
      "70 04 80 31 35 30", "71 05 80 50 34 35 36 <23", "73 06 00 01 81 31 37 37", "*74 06 00 01 82 31 38 38", "7d 02 91 81 <5",
      "7e 04 04 41 42 43 <131", "a1"}},
    {"SETUP ACKNOWLEDGE", 0x0d, "INITIATED", BY_STATUS, {"?18 03 a9 83 81", "*1e 02 82 88 <4", "*28 02 41 42"}},
    {"CALL PROCEEDING", 0x02, "INITIATED", BY_STATUS, {"?18 03 a9 83 81", "*1e 02 82 88 <4", "*28 02 41 42"}},
    {"ALERTING", 0x01, "INITIATED", BY_STATUS, {"?18 03 a9 83 81", "*1e 02 82 88 <4", "*28 02 41 42", "7e 03 04 31 32"}},
    {"PROGRESS", 0x03, "OUTGOING_PROCEEDING", BY_STATUS, {"!1e 02 82 88 <4", "*28 02 41 42"}},
    {"CONNECT", 0x07, "DELIVERED", BY_STATUS, {"*28 02 41 42", "29 05 1a 0b 1a 0e 0f", "4c 05 00 80 32 30 30", "7e 03 04 31 32"}},
    {"CONNECT ACKNOWLEDGE", 0x0f, "ACTIVE incoming", BY_STATUS, {"*28 02 41 42", "34 01 4f <3"}},
    {"DISCONNECT", 0x45, "ACTIVE outgoing", BY_RELEASE, {"!08 02 82 90 <32", "*1e 02 82 88 <4", "*28 02 41 42"}},
    {"RELEASE", 0x4d, "OUTGOING_PROCEEDING", BY_RELEASE_COMPLETE, {"!08 02 82 91 <32", "*28 02 41 42", "7e 03 04 31 32"}},
    {"RELEASE COMPLETE", 0x5a, "OUTGOING_PROCEEDING", BY_NOTHING, {"!08 02 82 91 <32", "*28 02 41 42"}},
    {"STATUS", 0x7d, "ACTIVE outgoing", BY_STATUS, {"!08 02 82 9e <32", "!14 01 0a <3", "*28 02 41 42"}},
    {"NOTIFY", 0x6e, "ACTIVE outgoing", BY_STATUS, {"!27 01 f1", "*28 02 41 42"}},
    {"INFORMATION", 0x7b, "OVERLAP_RECEIVING", BY_STATUS, {"*28 02 41 42", "70 03 80 35 30", "a1"}},
    {"FACILITY", 0x62, "ACTIVE outgoing", BY_STATUS, {"*1c 09 91 a1 06 02 01 01 02 01 7f", "*28 02 41 42"}},
    {"STATUS ENQUIRY", 0x75, "DELIVERED", BY_STATUS, {"*28 02 41 42"}},
};
/* clang-format on */

/* --- a message put together --- */

typedef struct Part {
    guint8 octets[260];
    gsize length;
    gboolean mandatory, repeatable;
    gsize most; /* 0: as long as it likes */
} Part;

static guint8 hex_octet(const char *at)
{
    return (guint8)(g_ascii_xdigit_value(at[0]) << 4 | g_ascii_xdigit_value(at[1]));
}

static Part part_read(const char *text, gboolean from_network)
{
    Part part = {.length = 0};
    const char *most = strchr(text, '<');

    part.mandatory = text[0] == '!' || (text[0] == '?' && from_network);
    part.repeatable = text[0] == '*';
    part.most = most ? (gsize)g_ascii_strtoull(most + 1, NULL, 10) : 0;
    for (text += strspn(text, "!?*"); g_ascii_isxdigit(*text); text += text[2] == ' ' ? 3 : 2)
        part.octets[part.length++] = hex_octet(text);
    return part;
}

static guint parts_read(const MessageRow *row, gboolean from_network, Part *parts)
{
    guint count = 0;

    for (; row->elements[count]; count++)
        parts[count] = part_read(row->elements[count], from_network);
    return count;
}

static void append(GString *message, const guint8 *octets, gsize length)
{
    for (gsize i = 0; i < length; i++)
        g_string_append_printf(message, " %02x", octets[i]);
}

/* --- what a message does --- */

typedef struct Line {
    const char *name;
    const char *trunk;
    gboolean from_network; /* the far end is the network */
} Line;

typedef struct Effect {
    char *answer;   /* "STATUS cause 96 state 3" */
    char *standing; /* of the call afterwards, and the numbers it is about */
} Effect;

static void effect_clear(Effect *effect)
{
    g_clear_pointer(&effect->answer, g_free);
    g_clear_pointer(&effect->standing, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Effect, effect_clear)

static char *answer_heard(const Stage *stage)
{
    g_auto(GStrv) lines = g_strsplit(stage->wire->str, "\n", -1);
    g_autoptr(GString) heard = g_string_new(NULL);

    for (guint i = 0; lines[i]; i++)
        if (lines[i][0] == '>')
            g_string_append_printf(heard, "%s%s", heard->len ? "; " : "", lines[i] + 2);
    return g_string_free(g_steal_pointer(&heard), FALSE);
}

static char *standing(Stage *stage)
{
    Call *call = stage_call(stage);
    const CallSetup *setup;

    if (!call)
        return g_strdup("no call");
    setup = call_setup(call);
    return g_strdup_printf(
        "%s,%s %s→%s ch %u cause %u, %u diversions, the last by %s, "
        "subaddresses of %u and %u, user information of %u",
        sip_state_name(call_sip_state(call)), isdn_state_name(call_isdn_state(call)),
        setup->calling.digits, setup->called.digits, call_channel(call).number, call_cause(call),
        setup->diversions.count, setup->diversions.last.number.digits,
        setup->calling_subaddress.length, setup->called_subaddress.length, setup->user_info.length);
}

static const StateRow *state_find(const char *name)
{
    for (const StateRow *state = stage_states; state->name; state++)
        if (g_str_equal(state->name, name))
            return state;
    g_assert_not_reached();
}

/* Plays MESSAGE, then the call to its end: nothing may be left of it. */
static Effect play(const Line *line, const MessageRow *row, const char *message)
{
    static guint turn;
    Stage *stage = stage_new(line->trunk, FALSE);
    Effect effect;

    if (row->state)
        state_find(row->state)->enter(stage);
    stage_forget(stage);
    stage_far_says(stage, row->state ? stage_reference(stage) : NEW_CALL, message);
    effect = (Effect){answer_heard(stage), standing(stage)};
    if (turn++ % 2)
        stage_far_ends(stage);
    else
        stage_ends(stage);
    if (stage_kept(stage) > 0)
        g_test_fail_printf("libpri keeps a call after %s", message);
    if (!isdn_is_ready(stage->isdn))
        g_test_fail_printf("the link fell by %s", message);
    stage_free(stage);
    return effect;
}

/* --- verdicts --- */

typedef struct Case {
    const Line *line;
    const MessageRow *row;
    Part parts[ELEMENTS];
    guint count;
    GHashTable *known; /* sound message -> Effect* */
} Case;

static void known_free(gpointer data)
{
    effect_clear(data);
    g_free(data);
}

/* What a sound message does that has the elements of the bits in PRESENT. */
static const Effect *effect_of(Case *this, guint present)
{
    g_autoptr(GString) message = g_string_new(NULL);
    Effect *effect;

    g_string_printf(message, "%02x", this->row->type);
    for (guint i = 0; i < this->count; i++)
        if (present & 1u << i)
            append(message, this->parts[i].octets, this->parts[i].length);
    effect = g_hash_table_lookup(this->known, message->str);
    if (!effect) {
        effect = g_new0(Effect, 1);
        *effect = play(this->line, this->row, message->str);
        g_hash_table_insert(this->known, g_strdup(message->str), effect);
    }
    return effect;
}

static guint everything(const Case *this)
{
    return (1u << this->count) - 1;
}

static void complain(const Case *this, const char *message, const char *how, const char *expected,
                     const char *came)
{
    g_test_message("%s, %s %s: %s\n  due:  %s\n  came: %s", this->line->name, this->row->name, how,
                   message, expected, came);
    g_test_fail();
}

static gboolean refused_with(const Case *this, const char *answer, guint8 cause)
{
    static const char *const names[] = {"STATUS", "RELEASE", "RELEASE COMPLETE", ""};
    g_autofree char *words = g_strdup_printf("%s cause %u", names[this->row->refusal], cause);

    if (this->row->refusal == BY_NOTHING)
        return answer[0] == '\0';
    return g_str_equal(answer, words) ||
           (g_str_has_prefix(answer, words) && answer[strlen(words)] == ' ');
}

/* CAUSES: one or more that may refuse it; ended by 0. */
static void must_be_refused(Case *this, const char *message, const char *how, const guint8 *causes)
{
    g_auto(Effect) effect = play(this->line, this->row, message);
    g_autofree char *due = g_strdup_printf("refused with %u", causes[0]);

    for (const guint8 *cause = causes; *cause; cause++)
        if (refused_with(this, effect.answer, *cause))
            return;
    complain(this, message, how, due, effect.answer);
}

static void must_be_as(Case *this, const char *message, const char *how, const Effect *other)
{
    g_auto(Effect) effect = play(this->line, this->row, message);

    if (!g_str_equal(effect.answer, other->answer))
        complain(this, message, how, other->answer, effect.answer);
    else if (!g_str_equal(effect.standing, other->standing))
        complain(this, message, how, other->standing, effect.standing);
}

/* As if the elements but those in PRESENT were not there; what is missed is refused with CAUSE. */
static void must_lack(Case *this, const char *message, const char *how, guint present, guint8 cause)
{
    guint8 causes[] = {cause, 0};

    for (guint i = 0; i < this->count; i++) {
        if (!(present & 1u << i) && this->parts[i].mandatory) {
            must_be_refused(this, message, how, causes);
            return;
        }
    }
    must_be_as(this, message, how, effect_of(this, present));
}

/* --- the ways to spoil a message --- */

/* The message with INSTEAD in the place of element AT, or before it. */
static char *message_with(const Case *this, guint at, const guint8 *instead, gsize length,
                          gboolean keep)
{
    g_autoptr(GString) message = g_string_new(NULL);

    g_string_printf(message, "%02x", this->row->type);
    for (guint i = 0; i <= this->count; i++) {
        if (i == at)
            append(message, instead, length);
        if (i < this->count && (i != at || keep))
            append(message, this->parts[i].octets, this->parts[i].length);
    }
    return g_string_free(g_steal_pointer(&message), FALSE);
}

/* Q.931 5.8.6.1; 5.8.7 does not miss what is optional. */
static void is_missing(Case *this, guint at)
{
    g_autofree char *message = message_with(this, at, NULL, 0, FALSE);

    must_lack(this, message, "missing", everything(this) & ~(1u << at), 96);
}

/* Q.931 4.5.1: an element without content is one that is not there. */
static void is_empty(Case *this, guint at)
{
    guint8 empty[] = {this->parts[at].octets[0], 0};
    g_autofree char *message = message_with(this, at, empty, sizeof empty, FALSE);

    if (!(empty[0] & 0x80))
        must_lack(this, message, "empty", everything(this) & ~(1u << at), 96);
}

/* Q.931 4.5.2-4.5.4: in codesets 5-7 it is another element, which nobody here knows. */
static void is_of_another_codeset(Case *this, guint at)
{
    for (guint8 codeset = 1; codeset < 8; codeset++) {
        guint8 passing[] = {0x98 | codeset}, locking[] = {0x90 | codeset};
        g_autofree char *one = message_with(this, at, passing, 1, TRUE);
        g_autofree char *rest = message_with(this, at, locking, 1, TRUE);

        must_lack(this, one, "in another codeset", everything(this) & ~(1u << at), 96);
        must_lack(this, rest, "in another codeset for the rest",
                  everything(this) & ((1u << at) - 1), 96);
    }
}

/* Q.931 5.8.5.2: the first one counts, where there may be only one. */
static void is_repeated(Case *this, guint at)
{
    const Part *part = &this->parts[at];
    guint8 twice[sizeof part->octets * 2];
    g_autofree char *message = NULL;

    memcpy(twice, part->octets, part->length);
    memcpy(twice + part->length, part->octets, part->length);
    if (!part->repeatable && part->length > 1)
        twice[2 * part->length - 1] ^= 0x01;
    message = message_with(this, at, twice, 2 * part->length, FALSE);
    must_be_as(this, message, "repeated", effect_of(this, everything(this)));
}

/* Q.931 5.8.6.2, 5.8.7.2: longer than it may be is of wrong content. */
static void is_too_long(Case *this, guint at)
{
    const Part *part = &this->parts[at];
    gsize others = 0, most;

    for (guint i = 0; i < this->count; i++)
        others += i == at ? 0 : this->parts[i].length;
    most = 260 - 5 - others; /* Q.921 N201 */
    for (gsize length = part->length + 1; part->length > 1 && length <= most;
         length = length < 40          ? length + 1
                  : length < most - 40 ? length + 37
                                       : length + 1) {
        guint8 longer[260];
        g_autofree char *message = NULL;

        memset(longer, 0x80, sizeof longer);
        memcpy(longer, part->octets, part->length);
        longer[1] = (guint8)(length - 2);
        message = message_with(this, at, longer, length, FALSE);
        if (part->most && length > part->most) {
            must_lack(this, message, "too long", everything(this) & ~(1u << at), 100);
        } else { /* sound or not: it ends well */
            g_auto(Effect) effect = play(this->line, this->row, message);
        }
    }
}

/* Its length tells of more octets than the frame has. */
static void is_longer_than_the_frame(Case *this)
{
    const Part *last = &this->parts[this->count - 1];
    guint8 octets[sizeof last->octets];
    g_autofree char *message = NULL;

    if (last->length == 1)
        return;
    memcpy(octets, last->octets, last->length);
    for (guint8 claim = octets[1]; claim < 255; claim += 61 + claim % 2) {
        octets[1] = claim + 1;
        g_free(message);
        message = message_with(this, this->count - 1, octets, last->length, FALSE);
        must_lack(this, message, "longer than the frame",
                  everything(this) & ~(1u << (this->count - 1)), 100);
    }
}

/* Q.931 5.8.5.1: we handle what is out of sequence. */
static void are_out_of_order(Case *this)
{
    g_autoptr(GString) message = g_string_new(NULL);

    g_string_printf(message, "%02x", this->row->type);
    for (guint i = this->count; i-- > 0;)
        append(message, this->parts[i].octets, this->parts[i].length);
    must_be_as(this, message->str, "backwards", effect_of(this, everything(this)));
    for (guint at = 0; at + 1 < this->count; at++) {
        g_string_printf(message, "%02x", this->row->type);
        for (guint i = 0; i < this->count; i++) {
            const Part *part = &this->parts[i == at ? at + 1 : i == at + 1 ? at : i];

            append(message, part->octets, part->length);
        }
        must_be_as(this, message->str, "out of order", effect_of(this, everything(this)));
    }
}

/* Q.931 5.8.7.1: what nobody knows is passed over, unless it says that it must be understood. */
static void has_unknown(Case *this, guint at)
{
    static const guint8 harmless[][4] = {{0x35, 1, 0x80}, {0x5b, 2, 0x80, 0x80}, {0x7f, 1, 0x81}};
    static const guint8 required[][3] = {{0x02, 1, 0x80}, {0x0a, 1, 0x80}, {0x0f, 1, 0x00}};
    static const guint8 causes[] = {96, 99, 0};
    /* Clearing goes on, with its own cause or that one. */
    gboolean clears = this->row->refusal == BY_RELEASE || this->row->type == 0x4d;

    for (gsize i = 0; i < G_N_ELEMENTS(harmless); i++) {
        g_autofree char *message = message_with(this, at, harmless[i], 2u + harmless[i][1], TRUE);

        must_be_as(this, message, "with an unknown element", effect_of(this, everything(this)));
    }
    for (gsize i = 0; i < G_N_ELEMENTS(required) && !clears; i++) {
        g_autofree char *message = message_with(this, at, required[i], 3, TRUE);

        must_be_refused(this, message, "with an unknown one that must be known", causes);
    }
}

/* The frame ends where it should not: it is worth the elements that are whole. */
static void is_cut(Case *this)
{
    g_autofree char *message = message_with(this, this->count, NULL, 0, TRUE);
    guint whole = 0;
    gsize end = 1;

    for (gsize octets = 1; octets * 3 < strlen(message); octets++) {
        g_autofree char *cut = g_strndup(message, octets * 3 - 1);
        static const guint8 either[] = {96, 100, 0};
        guint present, missed = 0;

        while (whole < this->count && octets >= end + this->parts[whole].length)
            end += this->parts[whole++].length;
        present = (1u << whole) - 1;
        for (guint i = whole; i < this->count; i++)
            missed += this->parts[i].mandatory;
        if (missed)
            must_be_refused(this, cut, "cut", either);
        else
            must_be_as(this, cut, "cut", effect_of(this, present));
    }
}

/* --- every one --- */

static void spoil_everything(const Line *line, const MessageRow *row)
{
    Case this = {.line = line, .row = row};

    this.count = parts_read(row, line->from_network, this.parts);
    this.known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, known_free);
    for (guint at = 0; at < this.count; at++) {
        is_missing(&this, at);
        is_empty(&this, at);
        is_of_another_codeset(&this, at);
        is_repeated(&this, at);
        is_too_long(&this, at);
        has_unknown(&this, at);
    }
    has_unknown(&this, this.count);
    is_longer_than_the_frame(&this);
    are_out_of_order(&this);
    is_cut(&this);
    g_hash_table_unref(this.known);
}

static const Line lines[] = {
    {"network", "side = network\nchannel = preferred\nrestart = no\n", FALSE},
    {"cpe", "side = cpe\nchannel = preferred\nrestart = no\n", TRUE},
};

static void every_element(gconstpointer user)
{
    const Line *line = user;

    for (gsize i = 0; i < G_N_ELEMENTS(messages); i++)
        spoil_everything(line, &messages[i]);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/isdn/element/network", &lines[0], every_element);
    g_test_add_data_func("/isdn/element/cpe", &lines[1], every_element);
    return g_test_run();
}
