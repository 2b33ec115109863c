/* Frames in words: the line a ladder or a log shows for one. */
#include "frame.h"

typedef struct MessageName {
    guint8 message;
    const char *name;
} MessageName;

static const MessageName message_names[] = {
    {MESSAGE_ALERTING, "ALERTING"},
    {MESSAGE_CALL_PROCEEDING, "CALL PROCEEDING"},
    {MESSAGE_PROGRESS, "PROGRESS"},
    {MESSAGE_SETUP, "SETUP"},
    {MESSAGE_CONNECT, "CONNECT"},
    {MESSAGE_SETUP_ACKNOWLEDGE, "SETUP ACKNOWLEDGE"},
    {MESSAGE_CONNECT_ACKNOWLEDGE, "CONNECT ACKNOWLEDGE"},
    {MESSAGE_DISCONNECT, "DISCONNECT"},
    {MESSAGE_RESTART, "RESTART"},
    {MESSAGE_RELEASE, "RELEASE"},
    {MESSAGE_RESTART_ACKNOWLEDGE, "RESTART ACKNOWLEDGE"},
    {MESSAGE_RELEASE_COMPLETE, "RELEASE COMPLETE"},
    {MESSAGE_FACILITY, "FACILITY"},
    {MESSAGE_REGISTER, "REGISTER"},
    {MESSAGE_NOTIFY, "NOTIFY"},
    {MESSAGE_STATUS_ENQUIRY, "STATUS ENQUIRY"},
    {MESSAGE_INFORMATION, "INFORMATION"},
    {MESSAGE_STATUS, "STATUS"},
    {MESSAGE_USER_INFORMATION, "USER INFORMATION"},
    {0x21, "SUSPEND REJECT"},
    {0x22, "RESUME REJECT"},
    {0x24, "HOLD"},
    {0x25, "SUSPEND"},
    {0x26, "RESUME"},
    {0x28, "HOLD ACKNOWLEDGE"},
    {0x2d, "SUSPEND ACKNOWLEDGE"},
    {0x2e, "RESUME ACKNOWLEDGE"},
    {0x30, "HOLD REJECT"},
    {0x31, "RETRIEVE"},
    {0x33, "RETRIEVE ACKNOWLEDGE"},
    {0x37, "RETRIEVE REJECT"},
    {0x60, "SEGMENT"},
    {0x79, "CONGESTION CONTROL"},
};

/* The maintenance discriminators number SERVICE and its answer the other way round. */
static const char *maintenance_name(guint8 discriminator, guint8 message)
{
    gboolean national = discriminator == 0x43;

    if (message != 0x07 && message != 0x0f)
        return NULL;
    return (message == 0x07) == national ? "SERVICE" : "SERVICE ACKNOWLEDGE";
}

gboolean frame_is_service(const FrameNews *news)
{
    return (news->discriminator == 0x03 && news->message == 0x0f) ||
           (news->discriminator == 0x43 && news->message == 0x07);
}

const char *frame_message_name(guint8 discriminator, guint8 message)
{
    if (discriminator != 0x08)
        return maintenance_name(discriminator, message);
    for (gsize i = 0; i < G_N_ELEMENTS(message_names); i++)
        if (message_names[i].message == message)
            return message_names[i].name;
    return NULL;
}

static void append_numbers(GString *text, const FrameNews *news)
{
    if (news->message == MESSAGE_SETUP)
        g_string_append_printf(text, " %s→%s", news->calling, news->called);
    else if (news->called[0])
        g_string_append_printf(text, " '%s'", news->called);
    if (news->channel)
        g_string_append_printf(text, " ch %u", news->channel);
}

const char *frame_describe(const FrameNews *news, char *buffer, gsize size)
{
    g_autoptr(GString) text = g_string_new(NULL);
    const char *name = frame_message_name(news->discriminator, news->message);

    if (news->kind != FRAME_MESSAGE && !news->misplaced)
        g_string_append(text, news->kind == FRAME_LINK ? "link frame" : "unusable frame");
    else if (name)
        g_string_append(text, name);
    else
        g_string_append_printf(text, "message 0x%02x", news->message);
    append_numbers(text, news);
    if (news->sending_complete)
        g_string_append(text, " complete");
    if (news->cause)
        g_string_append_printf(text, " cause %u", news->cause);
    if (news->has_call_state)
        g_string_append_printf(text, " state %u", news->call_state);
    for (guint i = 0; i < 32; i++)
        if (news->progress & 1u << i)
            g_string_append_printf(text, " progress %u", i);
    if (news->why)
        g_string_append_printf(text, " (refused: %s)", news->why);
    if (news->misplaced)
        g_string_append_printf(text, " (misplaced: %s)", news->misplaced);
    g_strlcpy(buffer, text->str, size);
    return buffer;
}
