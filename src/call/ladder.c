/* Ladders of the last calls: SIP on the left, the call map in the middle, Q.931 on the right. */
#include "call_private.h"
#include "clock.h"

#include <stdarg.h>
#include <string.h>
#include <time.h>

#define LADDER_CALLS 200
#define LADDER_ROWS 500 /* of one call; a flood of messages must not fill the memory */

/* 9 of time, a space between, 131 in all. */
#define TIME_WIDTH 9
#define SIDE_WIDTH 34
#define MIDDLE_WIDTH 50
#define MESSAGE_LINES 4 /* of one message */

/* A message of one side, or an event of the map. */
typedef struct LadderRow {
    gint64 at_us;
    char *message; /* NULL: an event */
    guint8 side, way;
    guint8 event, sip_to, isdn_to;
    guint8 cause;
    guint16 status;
    guint8 actions[CALL_RULE_ACTIONS];
} LadderRow;

G_STATIC_ASSERT(CALL_EVENT_COUNT < 256 && CALL_ACTION_COUNT < 256);

typedef struct Ladder {
    guint32 call;
    gint64 began_us, wall_us;
    char *title;
    GArray *rows; /* of LadderRow */
    guint left_out;
} Ladder;

struct LadderBook {
    GQueue ladders; /* of Ladder*, oldest first */
    GHashTable *by_call;
};

static void row_clear(gpointer data)
{
    g_free(((LadderRow *)data)->message);
}

static void ladder_free(gpointer data)
{
    Ladder *ladder = data;

    g_array_unref(ladder->rows);
    g_free(ladder->title);
    g_free(ladder);
}

LadderBook *ladder_book_new(void)
{
    LadderBook *book = g_new0(LadderBook, 1);

    g_queue_init(&book->ladders);
    book->by_call = g_hash_table_new(NULL, NULL);
    return book;
}

void ladder_book_free(LadderBook *book)
{
    g_hash_table_unref(book->by_call);
    g_queue_clear_full(&book->ladders, ladder_free);
    g_free(book);
}

void ladder_begin(LadderBook *book, const Call *call)
{
    Ladder *ladder = g_new0(Ladder, 1);

    ladder->call = call->id;
    ladder->began_us = call->began_us;
    ladder->wall_us = clock_wall_us();
    ladder->title =
        g_strdup_printf("C%u from %s: %s to %s", call->id,
                        *call->origin.trunk  ? call->origin.trunk
                        : *call->origin.peer ? call->origin.peer
                                             : "SIP",
                        *call->asked.calling.digits ? call->asked.calling.digits : "(no number)",
                        *call->asked.called.digits ? call->asked.called.digits : "(no digits yet)");
    ladder->rows = g_array_new(FALSE, FALSE, sizeof(LadderRow));
    g_array_set_clear_func(ladder->rows, row_clear);
    g_queue_push_tail(&book->ladders, ladder);
    g_hash_table_insert(book->by_call, GUINT_TO_POINTER(ladder->call), ladder);
    if (book->ladders.length > LADDER_CALLS) {
        Ladder *oldest = g_queue_pop_head(&book->ladders);

        g_hash_table_remove(book->by_call, GUINT_TO_POINTER(oldest->call));
        ladder_free(oldest);
    }
}

static void ladder_add(Ladder *ladder, const LadderRow *row)
{
    if (ladder->rows->len < LADDER_ROWS) {
        g_array_append_val(ladder->rows, *row);
        return;
    }
    ladder->left_out++;
    g_free(row->message);
}

void ladder_trace(LadderBook *book, const CallTrace *trace, const CallRule *done)
{
    Ladder *ladder = g_hash_table_lookup(book->by_call, GUINT_TO_POINTER(trace->call));
    LadderRow row = {
        .at_us = trace->at_us,
        .event = (guint8)trace->event,
        .sip_to = (guint8)trace->sip_to,
        .isdn_to = (guint8)trace->isdn_to,
        .cause = trace->news->cause,
        .status = trace->news->status,
    };

    if (!ladder)
        return;
    for (guint i = 0; i < CALL_RULE_ACTIONS; i++)
        row.actions[i] = (guint8)done->actions[i];
    ladder_add(ladder, &row);
}

void hall_note(Hall *hall, guint32 call, LadderSide side, LadderWay way, const char *format, ...)
{
    LadderRow row = {.at_us = clock_now_us(), .side = (guint8)side, .way = (guint8)way};
    Ladder *ladder;
    va_list args;

    g_return_if_fail(hall);
    ladder = g_hash_table_lookup(hall->ladders->by_call, GUINT_TO_POINTER(call));
    if (!ladder)
        return;
    va_start(args, format);
    row.message = g_strdup_vprintf(format, args);
    va_end(args);
    /* What comes from the network must not move the reader's cursor. */
    for (char *c = row.message; *c; c++)
        if ((guchar)*c < ' ' || *c == 0x7f)
            *c = '?';
    ladder_add(ladder, &row);
}

/* ---- drawing ------------------------------------------------------------------------------------
 */

/* TEXT valid and clipped to WIDTH characters, padded with FILL behind or, with LAST, before it. */
static void draw_text(GString *out, const char *text, glong width, char fill, gboolean last)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    glong length = g_utf8_strlen(valid, -1);
    g_autofree char *shown = g_utf8_substring(valid, 0, MIN(length, width));

    if (!last)
        g_string_append(out, shown);
    for (glong i = length; i < width; i++)
        g_string_append_c(out, fill);
    if (last)
        g_string_append(out, shown);
}

/* An arrow of SIDE_WIDTH with its message: "INVITE --->" points right, "<--- 180 Ringing" left. */
static void draw_arrow(GString *out, const char *text, gboolean right)
{
    g_autofree char *spaced = right ? g_strconcat(text, " ", NULL) : g_strconcat(" ", text, NULL);

    if (!right)
        g_string_append_c(out, '<');
    draw_text(out, spaced, SIDE_WIDTH - 1, '-', !right);
    if (right)
        g_string_append_c(out, '>');
}

static void draw_blank(GString *out, guint width)
{
    g_string_append_printf(out, "%*s", (int)width, "");
}

/* TEXT as lines of at most WIDTH characters, cut between words; a longer word is cut in itself. */
static GPtrArray *wrap(const char *text, glong width)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    const char *at = valid;
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);

    while (g_utf8_strlen(at, -1) > width) {
        const char *end = g_utf8_offset_to_pointer(at, width);
        const char *blank = g_strrstr_len(at, end - at + 1, " ");

        if (blank && blank > at)
            end = blank;
        g_ptr_array_add(lines, g_strndup(at, end - at));
        at = *end == ' ' ? end + 1 : end;
    }
    g_ptr_array_add(lines, g_strdup(at));
    return lines;
}

/* One line of a message: the first with its arrow, what did not fit on it below. */
static void draw_message_line(GString *out, const LadderRow *row, const char *text, gboolean first)
{
    /* SIP stands left of us: what comes in points right. The PBX stands right of us: what comes
     * in points left. */
    gboolean right = (row->way == LADDER_IN) == (row->side == LADDER_SIP);

    if (!first)
        draw_blank(out, TIME_WIDTH + 1);
    if (row->side == LADDER_ISDN) {
        draw_blank(out, SIDE_WIDTH);
        g_string_append(out, " |");
        draw_blank(out, MIDDLE_WIDTH);
        g_string_append(out, "| ");
    }
    if (first)
        draw_arrow(out, text, right);
    else
        draw_text(out, text, SIDE_WIDTH, ' ', !right);
    if (row->side == LADDER_SIP) {
        g_string_append(out, " |");
        draw_blank(out, MIDDLE_WIDTH);
        g_string_append_c(out, '|');
    }
    g_string_append_c(out, '\n');
}

static void draw_message(GString *out, const LadderRow *row)
{
    g_autoptr(GPtrArray) lines = wrap(row->message, SIDE_WIDTH - 2);

    for (guint i = 0; i < lines->len && i < MESSAGE_LINES; i++)
        draw_message_line(out, row, lines->pdata[i], i == 0);
}

static void draw_event_line(GString *out, const GString *line, gboolean first)
{
    if (!first)
        draw_blank(out, TIME_WIDTH + 1);
    draw_blank(out, SIDE_WIDTH);
    g_string_append(out, " |");
    draw_text(out, line->str, MIDDLE_WIDTH, ' ', FALSE);
    g_string_append(out, "|\n");
}

/* "ISDN.CONNECT ->(ANSWERED,ACTIVE): isdn_connect_ack ...": where the legs came from stands in the
 * row before. */
static GString *event_text(const LadderRow *row)
{
    GString *text = g_string_new(NULL);

    g_string_printf(text, "%s ->(%s,%s)%s", call_event_name(row->event),
                    sip_state_name(row->sip_to), isdn_state_name(row->isdn_to),
                    row->actions[0] ? ":" : "");
    for (guint i = 0; i < CALL_RULE_ACTIONS && row->actions[i] != ACTION_END; i++)
        g_string_append_printf(text, " %s", call_action_name(row->actions[i]));
    if (row->cause)
        g_string_append_printf(text, " cause=%u", row->cause);
    if (row->status)
        g_string_append_printf(text, " status=%u", row->status);
    return text;
}

/* Words wrapped into the middle column, the second line on indented. */
static void draw_event(GString *out, const LadderRow *row)
{
    g_autoptr(GString) text = event_text(row);
    g_auto(GStrv) words = g_strsplit(text->str, " ", -1);
    g_autoptr(GString) line = g_string_new(" ");
    gboolean first = TRUE;

    for (guint i = 0; words[i]; i++) {
        if (i && line->len + 1 + strlen(words[i]) > MIDDLE_WIDTH) {
            draw_event_line(out, line, first);
            first = FALSE;
            g_string_assign(line, "    ");
        }
        if (i && line->str[line->len - 1] != ' ')
            g_string_append_c(line, ' ');
        g_string_append(line, words[i]);
    }
    draw_event_line(out, line, first);
}

static void draw_head(GString *out, const Ladder *ladder)
{
    time_t seconds = ladder->wall_us / G_USEC_PER_SEC;
    struct tm local;
    char when[32];

    localtime_r(&seconds, &local);
    strftime(when, sizeof(when), "%F %T", &local);
    g_string_append_printf(out, "%s, began %s\n", ladder->title, when);
    draw_text(out, "seconds", TIME_WIDTH, ' ', TRUE);
    g_string_append_c(out, ' ');
    draw_text(out, "SIP", SIDE_WIDTH, ' ', FALSE);
    g_string_append(out, " |");
    draw_text(out, " call map", MIDDLE_WIDTH, ' ', FALSE);
    g_string_append(out, "| Q.931\n");
}

static char *ladder_draw(const Ladder *ladder)
{
    GString *out = g_string_new(NULL);

    draw_head(out, ladder);
    for (guint i = 0; i < ladder->rows->len; i++) {
        const LadderRow *row = &g_array_index(ladder->rows, LadderRow, i);
        gint64 ms = (row->at_us - ladder->began_us) / 1000;

        g_string_append_printf(out, "%*" G_GINT64_FORMAT ".%03d ", TIME_WIDTH - 4, ms / 1000,
                               (int)(ms % 1000));
        if (row->message)
            draw_message(out, row);
        else
            draw_event(out, row);
    }
    if (ladder->left_out)
        g_string_append_printf(out, "%u further rows were not kept\n", ladder->left_out);
    return g_string_free(out, FALSE);
}

char *hall_ladder(Hall *hall, guint32 call)
{
    Ladder *ladder;

    if (!call)
        call = hall->last_id;
    ladder = g_hash_table_lookup(hall->ladders->by_call, GUINT_TO_POINTER(call));
    return ladder ? ladder_draw(ladder) : NULL;
}
