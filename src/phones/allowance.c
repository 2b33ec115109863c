/* Classes of service in the proxy: what an INVITE, and a 3xx to it, may call. */
#include "allowance.h"

#include "number.h"

/* The class that the user's own [phone] names, where the user's entry names none. */
static void origin_learn_class(const Settings *settings, CallOrigin *origin, const char *user)
{
    const PhoneSettings *phone = *user ? settings_find_phone(settings, user) : NULL;

    if (!*origin->class_name && phone && phone->class_name)
        g_strlcpy(origin->class_name, phone->class_name, sizeof(origin->class_name));
}

gboolean allowance_permits(Inbound *in, ClassAnswer *answer)
{
    const Phones *phones = in->phones;
    Number called = {.digits = ""};
    ClassAsk ask = {CLASS_FOR_CALL, &in->origin, &called, FALSE};

    *answer = (ClassAnswer){.verdict = CLASS_ALLOWED};
    if (!phones->gateway.classes || in->from_gateway || in->in_dialog ||
        in->sip->sip_request->rq_method != sip_method_invite || primaries_sent(in))
        return TRUE;
    origin_learn_class(phones->settings, &in->origin, in->origin.user);
    (void)number_from_user(url_user_text(msg_home(in->msg), in->sip->sip_request->rq_url), &called);
    return class_judge(phones->gateway.classes, &ask, answer) == CLASS_ALLOWED;
}

/* A refused redirection: one line, with who brought it about. */
static gboolean redirect_refuse(Fork *fork, const ClassAnswer *answer,
                                const struct sockaddr_storage *source)
{
    Phones *phones = fork->phones;
    char text[64];

    phones->counters.refused++;
    if (log_limit(&phones->refused_limit, 10, 10 * G_USEC_PER_SEC))
        log_notice("phones: %s, from %s, is not followed", answer->why,
                   address_describe((const struct sockaddr *)source, text, sizeof(text)));
    return FALSE;
}

gboolean allowance_permits_place(Fork *fork, const url_t *url)
{
    Number called = {.digits = ""};
    ClassAsk ask = {CLASS_FOR_REDIRECTED, &fork->origin, &called, FALSE};
    ClassAnswer answer;

    if (!fork->phones->gateway.classes || fork->from_gateway || fork->origin.emergency)
        return TRUE;
    (void)number_from_user(url_user_text(msg_home(fork->msg), url), &called);
    return class_judge(fork->phones->gateway.classes, &ask, &answer) == CLASS_ALLOWED ||
           redirect_refuse(fork, &answer, &fork->from.address);
}

gboolean allowance_permits_redirect(Fork *fork, const Target *from, const url_t *url)
{
    ClassBook *classes = fork->phones->gateway.classes;
    CallOrigin phone = {.kind = ORIGIN_SIP, .source = from->hop.address};
    Number called = {.digits = ""};
    ClassAsk ask = {CLASS_FOR_REDIRECT, &phone, &called, FALSE};
    su_home_t *home = msg_home(fork->msg);
    ClassAnswer answer;

    if (!classes || fork->origin.emergency)
        return TRUE;
    (void)number_from_user(url_user_text(home, url), &called);
    if (from->kind != TARGET_REDIRECT) { /* the redirect server is the house's own */
        origin_learn_class(fork->settings, &phone,
                           url_user_text(home, fork->sip->sip_request->rq_url));
        if (class_judge(classes, &ask, &answer) != CLASS_ALLOWED)
            return redirect_refuse(fork, &answer, &phone.source);
    }
    /* The caller's own class counts as if the caller had dialled it. */
    return allowance_permits_place(fork, url);
}

void phones_know_called(const Phones *phones, const char *name, CallOrigin *origin)
{
    origin->user[0] = origin->class_name[0] = '\0';
    if (guard_knows(phones->guard, name, origin->class_name))
        g_strlcpy(origin->user, name, sizeof(origin->user));
    origin_learn_class(phones->settings, origin, name);
}
