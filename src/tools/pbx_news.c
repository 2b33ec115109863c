/* What the line has told and no `expect` has taken yet. */
#include "pbx_news.h"

#include <string.h>

#define NEWS_MAX 4096
#define DESCRIBE_MAX 12

void pbx_news_add(PbxNewsList *list, const PbxNews *news)
{
    if (list->queue.length >= NEWS_MAX)
        g_free(g_queue_pop_head(&list->queue));
    g_queue_push_tail(&list->queue, g_memdup2(news, sizeof *news));
}

void pbx_news_forget(PbxNewsList *list)
{
    g_queue_clear_full(&list->queue, g_free);
}

static gboolean value_meets(gint wanted, gint value)
{
    return wanted == EXPECT_ANY || (wanted == EXPECT_ABSENT ? value <= 0 : wanted == value);
}

static gboolean progress_meets(gint wanted, const gint *progress)
{
    return value_meets(wanted, progress[0]) || (wanted > 0 && progress[1] == wanted);
}

static gboolean news_meets(const PbxNews *news, const PbxExpectation *expect)
{
    const PbxMessage *message = &news->message;

    if (news->is_name != (expect->kind == EXPECT_NAME) ||
        news->is_mwi != (expect->kind == EXPECT_MWI))
        return FALSE;
    if (news->is_name || news->is_mwi)
        return g_str_equal(news->name, expect->name);
    return news->sent == expect->sent && message->type == expect->message &&
           (message->protocol == MESSAGE_PROTOCOL_Q931 || message->type == MESSAGE_SERVICE ||
            message->type == MESSAGE_SERVICE_ACKNOWLEDGE) &&
           value_meets(expect->cause, message->cause) &&
           value_meets(expect->location, message->location) &&
           value_meets(expect->channel, message->channel) &&
           value_meets(expect->interface, message->interface) &&
           value_meets(expect->state, message->state) &&
           value_meets(expect->notify, message->notify) &&
           progress_meets(expect->progress, message->progress) &&
           (!expect->called || pbx_number_matches(expect->called, message->called.digits)) &&
           (!expect->calling || pbx_number_matches(expect->calling, message->calling.digits)) &&
           (!expect->connected ||
            pbx_number_matches(expect->connected, message->connected.digits)) &&
           (!expect->name || g_str_equal(expect->name, message->display));
}

const PbxNews *pbx_news_match(PbxNewsList *list, const PbxExpectation *expect, guint call,
                              gboolean take)
{
    static PbxNews found;

    for (GList *link = list->queue.head; link; link = link->next) {
        const PbxNews *news = link->data;

        if ((call && news->call != call) || !news_meets(news, expect))
            continue;
        found = *news;
        for (GList *old = list->queue.head, *next; take && old; old = next) {
            const PbxNews *before = old->data;
            gboolean last = old == link;

            next = last ? NULL : old->next;
            if (before->call == found.call && before->sent == found.sent &&
                before->is_name == found.is_name && before->is_mwi == found.is_mwi) {
                g_free(old->data);
                g_queue_delete_link(&list->queue, old);
            }
        }
        return &found;
    }
    return NULL;
}

char *pbx_news_describe(const PbxNewsList *list, guint call, gboolean sent)
{
    GString *text = g_string_new(NULL);
    guint told = 0;

    for (const GList *link = list->queue.head; link; link = link->next) {
        const PbxNews *news = link->data;
        char name[8];

        if ((call && news->call != call) || news->is_name || news->is_mwi || news->sent != sent)
            continue;
        if (told++ == DESCRIBE_MAX) {
            g_string_append(text, ", ...");
            break;
        }
        g_string_append_printf(
            text, "%s%s", text->len ? ", " : "",
            pbx_message_name(news->message.protocol, news->message.type, name, sizeof name));
        if (news->message.cause > 0)
            g_string_append_printf(text, " cause %d", news->message.cause);
        if (news->message.progress[0] > 0)
            g_string_append_printf(text, " progress %d", news->message.progress[0]);
    }
    if (!told)
        g_string_append(text, "nothing");
    return g_string_free(text, FALSE);
}
