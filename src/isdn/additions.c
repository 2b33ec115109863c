/* Elements by call and message: what waits, and what has left with one. */
#include "additions.h"

#include <string.h>

typedef struct Addition {
    int call;
    guint8 message;
    guint8 place; /* FramePlace */
    guint breath;
    guint8 element[2 + 255];
} Addition;

/* Elements as large as these are seldom and few; an array of them is simplest. */
static GArray *list_new(void)
{
    return g_array_new(FALSE, FALSE, sizeof(Addition));
}

void additions_init(Additions *additions)
{
    *additions = (Additions){.waiting = list_new()};
}

static void sent_clear(Additions *additions)
{
    for (guint i = 0; i < ADDITIONS_SENT; i++) {
        g_clear_pointer(&additions->sent[i].added, g_array_unref);
        additions->sent[i].hash = 0;
    }
}

void additions_clear(Additions *additions)
{
    sent_clear(additions);
    g_clear_pointer(&additions->waiting, g_array_unref);
}

void additions_add(Additions *additions, int call, Q931Message message, FramePlace place,
                   const guint8 *element)
{
    Addition addition = {
        .call = call, .message = (guint8)message, .place = place, .breath = additions->breath};

    memcpy(addition.element, element, frame_element_size(element));
    if (additions->waiting->len == ADDITIONS_MAX)
        g_array_remove_index(additions->waiting, 0);
    g_array_append_val(additions->waiting, addition);
}

void additions_end_breath(Additions *additions)
{
    additions->breath++;
}

void additions_forget_call(Additions *additions, int call)
{
    GArray *waiting = additions->waiting;

    for (guint i = waiting->len; i-- > 0;) {
        const Addition *addition = &g_array_index(waiting, Addition, i);

        if (addition->call == call && addition->message != MESSAGE_RELEASE_COMPLETE)
            g_array_remove_index(waiting, i);
    }
}

void additions_forget(Additions *additions)
{
    g_array_set_size(additions->waiting, 0);
    sent_clear(additions);
}

/* Q.931 9: T303 and T308 have libpri send these anew. */
static gboolean message_is_repeated(guint8 message)
{
    return message == MESSAGE_SETUP || message == MESSAGE_RELEASE;
}

/* A call sends these as often as it likes: one of them takes what was added in one breath. */
static gboolean message_is_frequent(guint8 message)
{
    switch (message) {
    case MESSAGE_PROGRESS:
    case MESSAGE_FACILITY:
    case MESSAGE_NOTIFY:
    case MESSAGE_STATUS:
    case MESSAGE_STATUS_ENQUIRY:
    case MESSAGE_INFORMATION:
        return TRUE;
    default: /* a network's octet, not an enum of ours */
        return FALSE;
    }
}

/* Takes what waits for MESSAGE of CALL; NULL: nothing does. */
static GArray *additions_take(Additions *additions, int call, guint8 message)
{
    GArray *waiting = additions->waiting, *taken = NULL;

    for (guint i = 0; i < waiting->len;) {
        Addition addition = g_array_index(waiting, Addition, i);

        if (addition.call != call || addition.message != message ||
            (taken && message_is_frequent(message) &&
             addition.breath != g_array_index(taken, Addition, 0).breath)) {
            i++;
            continue;
        }
        if (!taken)
            taken = list_new();
        g_array_append_val(taken, addition);
        if (message_is_repeated(message) && addition.place != FRAME_WHOLE)
            i++;
        else
            g_array_remove_index(waiting, i);
    }
    return taken;
}

static guint hash_of(const guint8 *frame, gsize length)
{
    guint hash = 5381;

    for (gsize i = 4; i < length; i++)
        hash = hash * 33 + frame[i];
    return hash ? hash : 1;
}

/* What goes into the message in FRAME: what it left with before, or what waits for it. Borrowed. */
static const GArray *additions_for(Additions *additions, const guint8 *frame, gsize length,
                                   const FrameNews *news)
{
    guint hash = hash_of(frame, length), place;

    for (guint i = 0; i < ADDITIONS_SENT; i++)
        if (additions->sent[i].hash == hash && additions->sent[i].sequence == news->sequence)
            return additions->sent[i].added;
    place = additions->next_sent++ % ADDITIONS_SENT;
    g_clear_pointer(&additions->sent[place].added, g_array_unref);
    additions->sent[place].sequence = news->sequence;
    additions->sent[place].hash = hash;
    additions->sent[place].added =
        additions_take(additions, news->call ^ FRAME_CALL_FLAG, news->message);
    return additions->sent[place].added;
}

gsize additions_compose(Additions *additions, guint8 *frame, gsize length, FrameNews *news,
                        guint *left_out)
{
    const GArray *added;

    if (news->resets)
        sent_clear(additions);
    if (news->kind != FRAME_MESSAGE || news->discriminator != 0x08)
        return length;
    added = additions_for(additions, frame, length, news);
    for (guint i = 0; added && i < added->len; i++) {
        const Addition *addition = &g_array_index(added, Addition, i);

        *left_out += !frame_compose(frame, &length, addition->element, (FramePlace)addition->place);
    }
    if (added)
        frame_read(frame, length, news);
    return length;
}
