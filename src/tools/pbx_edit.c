/* Changes to the messages libpri writes: what a PBX may send and libpri cannot. */
#include "pbx_edit.h"

#include <string.h>

#define LOCATION_PRIVATE_LOCAL 1 /* private network serving the local user, as libpri says */

static void edit_free(PbxEdit *edit)
{
    g_clear_pointer(&edit->extra, g_bytes_unref);
    g_clear_pointer(&edit->replace, g_bytes_unref);
    g_free(edit->display);
    g_free(edit);
}

void pbx_edits_add(PbxEdits *edits, const PbxEdit *edit)
{
    g_queue_push_tail(&edits->waiting, g_memdup2(edit, sizeof *edit));
}

void pbx_edits_forget(PbxEdits *edits, gint reference, gboolean to_originator)
{
    for (GList *link = edits->waiting.head, *next; link; link = next) {
        PbxEdit *edit = link->data;

        next = link->next;
        if (edit->reference != reference || edit->to_originator != to_originator)
            continue;
        edit_free(edit);
        g_queue_delete_link(&edits->waiting, link);
    }
}

void pbx_edits_reset(PbxEdits *edits)
{
    for (gsize i = 0; i < G_N_ELEMENTS(edits->sent); i++)
        g_clear_pointer(&edits->sent[i], g_bytes_unref);
    edits->next = 0;
}

void pbx_edits_clear(PbxEdits *edits)
{
    pbx_edits_reset(edits);
    g_queue_clear_full(&edits->waiting, (GDestroyNotify)edit_free);
}

/* ---- one message ----------------------------------------------------------------------------- */

static void element_append(GByteArray *out, guint8 id, const guint8 *data, guint8 length)
{
    g_byte_array_append(out, &id, 1);
    g_byte_array_append(out, &length, 1);
    g_byte_array_append(out, data, length);
}

static void cause_append(GByteArray *out, gint cause)
{
    guint8 data[2] = {0x80 | LOCATION_PRIVATE_LOCAL, (guint8)(0x80 | cause)};

    element_append(out, 0x08, data, 2);
}

static void progress_append(GByteArray *out, gint progress)
{
    guint8 data[2] = {0x80 | LOCATION_PRIVATE_LOCAL, (guint8)(0x80 | progress)};

    element_append(out, 0x1e, data, 2);
}

static void display_append(GByteArray *out, const char *display)
{
    element_append(out, 0x28, (const guint8 *)display, (guint8)MIN(strlen(display), 82));
}

/* The elements of EXTRA from *AT on that go before an element ID. */
static void extra_append(GBytes *extra, gsize *at, GByteArray *out, guint id)
{
    gsize length = 0;
    const guint8 *octets = extra ? g_bytes_get_data(extra, &length) : NULL;

    while (*at + 1 < length && octets[*at] < id) {
        gsize size = MIN(2u + octets[*at + 1], length - *at);

        g_byte_array_append(out, octets + *at, (guint)size);
        *at += size;
    }
}

static gboolean extra_has(GBytes *extra, guint8 id)
{
    gsize length = 0;
    const guint8 *octets = extra ? g_bytes_get_data(extra, &length) : NULL;

    for (gsize at = 0; at + 1 < length; at += 2u + octets[at + 1])
        if (octets[at] == id)
            return TRUE;
    return FALSE;
}

/* What EDIT still has to add before an element ID; elements stand in ascending order (Q.931 4.5.1).
 */
static void additions_append(PbxEdit *left, GByteArray *out, guint id)
{
    if (left->cause && id > 0x08) {
        cause_append(out, left->cause);
        left->cause = 0;
    }
    if (left->progress && id > 0x1e) {
        progress_append(out, left->progress);
        left->progress = 0;
    }
    if (left->display && id > 0x28) {
        display_append(out, left->display);
        left->display = NULL;
    }
}

GBytes *pbx_edit_apply(const PbxEdit *edit, const guint8 *octets, gsize length)
{
    g_autoptr(GByteArray) out = g_byte_array_new();
    PbxEdit left = *edit;
    gsize head = MIN(length, 3u + (octets[1] & 0x0f));
    gsize at = head, extra_at = 0;

    if (edit->replace)
        return g_bytes_ref(edit->replace);
    g_byte_array_append(out, octets, (guint)head);
    if (edit->new_type)
        out->data[head - 1] = edit->new_type;
    while (at < length) {
        guint8 id = octets[at];
        gsize size = id & 0x80 || at + 1 >= length ? 1 : 2u + octets[at + 1];

        size = MIN(size, length - at);
        if (id & 0x80 && (id & 0xf0) == 0x90) /* other codesets come last */
            break;
        if (!(id & 0x80)) {
            additions_append(&left, out, id);
            extra_append(edit->extra, &extra_at, out, id);
            if (id == 0x28)
                left.display = NULL;
        }
        if (!(id == 0x08 && edit->cause) && !(id == 0x1e && edit->progress) &&
            !(!(id & 0x80) && extra_has(edit->extra, id)))
            g_byte_array_append(out, octets + at, (guint)size);
        at += size;
    }
    additions_append(&left, out, 0x100);
    extra_append(edit->extra, &extra_at, out, 0x100);
    g_byte_array_append(out, octets + at, (guint)(length - at));
    return g_byte_array_free_to_bytes(g_steal_pointer(&out));
}

/* ---- the line's messages --------------------------------------------------------------------- */

GBytes *pbx_edits_take(PbxEdits *edits, guint8 number, const guint8 *octets, gsize length,
                       gboolean *again)
{
    PbxMessage message;

    number &= 127;
    *again = number != edits->next;
    if (*again)
        return edits->sent[number];
    edits->next = (number + 1) & 127;
    g_clear_pointer(&edits->sent[number], g_bytes_unref);
    if (!edits->waiting.head || pbx_message_read(&message, octets, length))
        return NULL;
    for (GList *link = edits->waiting.head; link; link = link->next) {
        PbxEdit *edit = link->data;

        if (edit->reference != message.reference || edit->to_originator != message.to_originator ||
            edit->type != message.type)
            continue;
        edits->sent[number] = pbx_edit_apply(edit, octets, length);
        edit_free(edit);
        g_queue_delete_link(&edits->waiting, link);
        break;
    }
    return edits->sent[number];
}
