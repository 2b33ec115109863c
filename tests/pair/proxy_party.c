/* The words of the proxy's stories: requests, responses, and what one party knows of a call. */
#include "proxy_story.h"

#include <string.h>

/* ---- reading ---- */

static const char *lines_joined(Scene *scene, const char *message, const char *name,
                                const char *before, const char *between, guint *count)
{
    g_auto(GStrv) lines = g_strsplit(message, "\r\n", -1);
    g_autoptr(GString) text = g_string_new(NULL);
    gsize length = strlen(name);

    *count = 0;
    for (char **line = lines + 1; *line && **line; line++) {
        if (g_ascii_strncasecmp(*line, name, length) != 0 || (*line)[length] != ':')
            continue;
        g_string_append_printf(text, "%s%s%s", *count && between ? between : "", before,
                               g_strstrip(*line + length + 1));
        if (!between)
            g_string_append(text, "\r\n");
        ++*count;
    }
    return text_keep(scene, g_strdup(text->str));
}

const char *values(Scene *scene, const char *message, const char *name)
{
    guint count;

    return lines_joined(scene, message, name, "", "|", &count);
}

guint value_count(Scene *scene, const char *message, const char *name)
{
    guint count;

    lines_joined(scene, message, name, "", "|", &count);
    return count;
}

const char *value(Scene *scene, const char *message, const char *name)
{
    guint count;
    const char *all = lines_joined(scene, message, name, "", "|", &count);

    return count ? text_keep(scene, g_strndup(all, strcspn(all, "|"))) : NULL;
}

const char *body_of(const char *message)
{
    const char *end = strstr(message, "\r\n\r\n");

    return end ? end + 4 : "";
}

static const char *uri_in(Scene *scene, const char *contact)
{
    const char *start = contact ? strchr(contact, '<') : NULL;

    return start ? text_keep(scene, g_strndup(start + 1, strcspn(start + 1, ">"))) : NULL;
}

/* ---- calls ---- */

static guint last_number;

static const char *own_tag(const End *end)
{
    return text_of(end_scene(end), "t%s", strrchr(end_place(end), ':') + 1);
}

static const char *own_contact(const End *end)
{
    return text_of(end_scene(end), "<sip:u@%s%s>", end_place(end),
                   end_is_stream(end) ? ";transport=tcp" : "");
}

ProxyParty *party_new(End *end, const char *target)
{
    Scene *scene = end_scene(end);
    ProxyParty *call = (ProxyParty *)text_keep(scene, g_malloc0(sizeof(ProxyParty)));

    last_number++;
    *call = (ProxyParty){.end = end,
                    .target = target,
                    .call_id = text_of(scene, "call-%u@%s", last_number, end_place(end)),
                    .own = text_of(scene, "\"A\" <sip:100@127.0.0.1>;tag=a%u", last_number),
                    .far = text_of(scene, "<%s>", target),
                    .routes = "",
                    .contact = own_contact(end)};
    return call;
}

ProxyParty *party_of(End *end, const char *request)
{
    Scene *scene = end_scene(end);
    ProxyParty *call = party_new(end, uri_in(scene, value(scene, request, "Contact")));
    guint count;

    call->call_id = value(scene, request, "Call-ID");
    call->far = value(scene, request, "From");
    call->own = text_of(scene, "%s;tag=%s", value(scene, request, "To"), own_tag(end));
    call->routes = lines_joined(scene, request, "Record-Route", "Route: ", NULL, &count);
    return call;
}

/* Record-Route of a response, from the last to the first. */
static const char *routes_back(Scene *scene, const char *response)
{
    g_auto(GStrv) all = g_strsplit(values(scene, response, "Record-Route"), "|", -1);
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = g_strv_length(all); i--;)
        g_string_append_printf(text, "Route: %s\r\n", all[i]);
    return *all ? text_keep(scene, g_strdup(text->str)) : "";
}

void party_learn(ProxyParty *call, const char *response)
{
    Scene *scene = end_scene(call->end);
    const char *target = uri_in(scene, value(scene, response, "Contact"));

    call->far = value(scene, response, "To");
    call->routes = routes_back(scene, response);
    if (target)
        call->target = target;
}

static void party_send(ProxyParty *call, const char *method, guint cseq, const char *target,
                       const char *routes, const char *extra, const char *body)
{
    Scene *scene = end_scene(call->end);
    gboolean has = g_str_has_prefix(extra, "Contact:") || strstr(extra, "\nContact:");
    const char *contact = has ? "" : text_of(scene, "Contact: %s\r\n", call->contact);

    call->sent =
        text_of(scene,
                "%s %s SIP/2.0\r\nVia: SIP/2.0/%s %s;branch=%s;rport\r\n%s%sFrom: %s\r\nTo: %s\r\n"
                "Call-ID: %s\r\nCSeq: %u %s\r\n%s%s%sContent-Length: %zu\r\n\r\n%s",
                method, target, end_is_stream(call->end) ? "TCP" : "UDP", end_place(call->end),
                call->branch, strstr(extra, "Max-Forwards") ? "" : "Max-Forwards: 70\r\n", routes,
                call->own, call->far, call->call_id, cseq, method, contact, extra,
                body && !strstr(extra, "Content-Type") ? "Content-Type: application/sdp\r\n" : "",
                body ? strlen(body) : 0, body ? body : "");
    end_send(call->end, call->sent);
}

static const char *new_branch(ProxyParty *call)
{
    return text_of(end_scene(call->end), "z9hG4bK-%u", ++last_number);
}

void party_ask(ProxyParty *call, const char *method, const char *extra, const char *body)
{
    call->cseq++;
    call->branch = new_branch(call);
    if (strcmp(method, "INVITE") == 0) {
        call->invite_cseq = call->cseq;
        call->invite_branch = call->branch;
        call->invite_target = call->target;
    }
    party_send(call, method, call->cseq, call->target, call->routes, extra, body);
}

void party_ack(ProxyParty *call)
{
    call->branch = new_branch(call);
    party_send(call, "ACK", call->invite_cseq, call->target, call->routes, "", NULL);
}

void party_ack_refusal(ProxyParty *call)
{
    call->branch = call->invite_branch;
    party_send(call, "ACK", call->invite_cseq, call->invite_target, "", "", NULL);
}

void party_cancel(ProxyParty *call, const char *extra)
{
    call->branch = call->invite_branch;
    party_send(call, "CANCEL", call->invite_cseq, call->invite_target, "", extra, NULL);
}

/* ---- answers ---- */

static const char *answer_text(End *end, const char *tag, const char *request, const char *status,
                               const char *extra, const char *body)
{
    static const char *const copied[] = {"Via:", "From:", "Call-ID:", "CSeq:", "Record-Route:"};
    g_auto(GStrv) lines = g_strsplit(request, "\r\n", -1);
    g_autoptr(GString) text = g_string_new(NULL);
    gboolean trying = g_str_has_prefix(status, "100");

    g_string_printf(text, "SIP/2.0 %s\r\n", status);
    for (char **line = lines + 1; *line && **line; line++) {
        for (guint i = 0; i < G_N_ELEMENTS(copied); i++) {
            if (g_str_has_prefix(*line, copied[i]))
                g_string_append_printf(text, "%s\r\n", *line);
        }
        if (g_str_has_prefix(*line, "To:"))
            g_string_append_printf(text, "%s%s%s\r\n", *line,
                                   trying || strstr(*line, ";tag=") ? "" : ";tag=",
                                   trying || strstr(*line, ";tag=") ? "" : tag);
    }
    if (!strstr(extra, "Contact:"))
        g_string_append_printf(text, "Contact: %s\r\n", own_contact(end));
    g_string_append_printf(text, "%s%sContent-Length: %zu\r\n\r\n%s", extra,
                           body ? "Content-Type: application/sdp\r\n" : "", body ? strlen(body) : 0,
                           body ? body : "");
    return text_keep(end_scene(end), g_strdup(text->str));
}

void end_answer(End *end, const char *request, const char *status, const char *extra,
                const char *body)
{
    end_send(end, answer_text(end, own_tag(end), request, status, extra, body));
}

void end_answer_as(End *end, const char *tag, const char *request, const char *status,
                   const char *extra)
{
    end_send(end, answer_text(end, tag, request, status, extra, NULL));
}

void calls_up(Scene *scene, End *from, const char *user, End *to, ProxyParty **caller, ProxyParty **called)
{
    ProxyParty *call = party_new(from, at_proxy(scene, user));
    const char *heard;

    party_ask(call, "INVITE", "", SDP);
    heard = end_hear(to, "INVITE");
    *called = party_of(to, heard);
    end_answer(to, heard, "200 OK", "", SDP);
    party_learn(call, end_hear(from, "SIP/2.0 200"));
    party_ack(call);
    end_hear(to, "ACK");
    *caller = call;
}
