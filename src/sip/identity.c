/* Who calls whom: SIP URIs, P-Asserted-Identity and Privacy read into numbers, and numbers written
 * as these. */
#include "sip_room.h"

#include "emergency.h"
#include "fields.h"
#include "number.h"

#include <sofia-sip/sip_extra.h>
#include <string.h>

/* The parameters of the number in URL, ";isub=1;x": of a sip: URI in its user part, of a tel: URI behind it. Caller frees. */
static char *number_params(url_t const *url)
{
    const char *in_user = url->url_user ? strchr(url->url_user, ';') : NULL;

    if (in_user)
        return g_strdup(in_user);
    if (url->url_type == url_tel && url->url_params)
        return g_strconcat(";", url->url_params, NULL);
    return g_strdup("");
}

/* The value of parameter NAME, unescaped; NULL: it is not there, or no text. Caller frees. */
static char *number_param(const char *params, const char *name)
{
    g_auto(GStrv) all = g_strsplit(params, ";", -1);
    gsize length = strlen(name);

    for (char **param = all; *param; param++)
        if (g_ascii_strncasecmp(*param, name, length) == 0 && (*param)[length] == '=')
            return g_uri_unescape_string(*param + length + 1, NULL);
    return NULL;
}

/* The number in a URI: the user part without its parameters; a tel: URI may keep it as host. */
NumberResult identity_number(url_t const *url, Number *number)
{
    g_autofree char *params = number_params(url);
    g_autofree char *context = number_param(params, "phone-context");
    const char *user = url->url_user;
    g_autofree char *plain = NULL;
    NumberResult result;

    memset(number, 0, sizeof(*number));
    if (url->url_type == url_tel && !user)
        user = url->url_host;
    /* An escaped NUL would cut the name to a number it is not. */
    if (!user || strstr(user, "%00"))
        return NUMBER_NOT_A_NUMBER;
    plain = g_strdup(user);
    plain[strcspn(plain, ";")] = '\0';
    url_unescape(plain, plain);
    result = number_from_user(plain, number);
    /* RFC 3966 5.1.5: a domain's own numbers; a context of digits is a public one. */
    if (result == NUMBER_OK && number->ton == TON_UNKNOWN && context && *context && *context != '+')
        number->npi = NPI_PRIVATE;
    return result;
}

static void identity_subaddress(url_t const *url, Subaddress *subaddress)
{
    g_autofree char *params = number_params(url);
    g_autofree char *isub = number_param(params, "isub");
    g_autofree char *encoding = number_param(params, "isub-encoding");

    subaddress_from_isub(isub, encoding, subaddress);
}

NumberResult identity_called(sip_t const *sip, CallSetup *setup)
{
    identity_subaddress(sip->sip_request->rq_url, &setup->called_subaddress);
    return identity_number(sip->sip_request->rq_url, &setup->called);
}

static gboolean from_is_anonymous(sip_from_t const *from)
{
    const char *user = from->a_url->url_user, *host = from->a_url->url_host;

    return (user && g_ascii_strcasecmp(user, "anonymous") == 0) ||
           (host && g_ascii_strcasecmp(host, "anonymous.invalid") == 0);
}

static gboolean privacy_wanted(sip_t const *sip)
{
    sip_privacy_t const *privacy = sip->sip_privacy;
    gboolean wanted = sip->sip_request && from_is_anonymous(sip->sip_from); /* else we are From */

    for (guint i = 0; privacy && privacy->priv_values && privacy->priv_values[i]; i++) {
        const char *value = privacy->priv_values[i];

        if (g_ascii_strcasecmp(value, "none") == 0)
            return FALSE;
        if (g_ascii_strcasecmp(value, "id") == 0 || g_ascii_strcasecmp(value, "user") == 0 ||
            g_ascii_strcasecmp(value, "header") == 0)
            wanted = TRUE;
    }
    return wanted;
}

/* Sofia hands display names over with their quotes and escapes. */
static void display_read(const char *display, char *name, gsize size)
{
    g_autoptr(GString) plain = g_string_new(NULL);

    for (const char *c = display ? display : ""; *c; c++) {
        if (*c == '"')
            continue;
        if (*c == '\\' && c[1])
            c++;
        g_string_append_c(plain, *c);
    }
    name_clean(plain->str, name, size);
}

/* The asserted identity that carries a number; of a tel: and a sip: one, the tel: one. */
static sip_p_asserted_identity_t const *identity_asserted(sip_t const *sip, Number *number)
{
    sip_p_asserted_identity_t const *best = NULL;

    for (sip_p_asserted_identity_t const *at = sip_p_asserted_identity(sip); at;
         at = at->paid_next) {
        Number read;

        if (identity_number(at->paid_url, &read) != NUMBER_OK)
            continue;
        if (best && at->paid_url->url_type != url_tel)
            continue;
        best = at;
        *number = read;
    }
    return best;
}

/* What From says beside the number that was asserted. */
static void identity_second(sip_t const *sip, CallSetup *setup)
{
    Number *second = &setup->second_calling;

    if (from_is_anonymous(sip->sip_from) || privacy_wanted(sip) ||
        identity_number(sip->sip_from->a_url, second) != NUMBER_OK ||
        (second->ton == setup->calling.ton && strcmp(second->digits, setup->calling.digits) == 0))
        *second = (Number){0};
}

void identity_calling(sip_t const *sip, const CallOrigin *origin, CallSetup *setup)
{
    sip_p_asserted_identity_t const *asserted =
        origin->trusted ? identity_asserted(sip, &setup->calling) : NULL;
    gboolean restricted = privacy_wanted(sip);
    const char *display = sip->sip_from->a_display;

    if (asserted) {
        setup->calling.screening = SCREENING_NETWORK;
        identity_subaddress(asserted->paid_url, &setup->calling_subaddress);
        identity_second(sip, setup);
        if (asserted->paid_display && *asserted->paid_display)
            display = asserted->paid_display;
    } else if (!from_is_anonymous(sip->sip_from)) {
        identity_number(sip->sip_from->a_url, &setup->calling);
        identity_subaddress(sip->sip_from->a_url, &setup->calling_subaddress);
        setup->calling.screening = SCREENING_USER_NOT_SCREENED;
    }
    if (!asserted && from_is_anonymous(sip->sip_from))
        display = NULL;
    display_read(display, setup->name, sizeof(setup->name));
    setup->calling.presentation = restricted               ? PRESENTATION_RESTRICTED
                                  : *setup->calling.digits ? PRESENTATION_ALLOWED
                                                           : PRESENTATION_UNAVAILABLE;
    setup->name_presentation = restricted ? PRESENTATION_RESTRICTED : PRESENTATION_ALLOWED;
}

gboolean identity_party(sip_t const *sip, Party *party)
{
    sip_p_asserted_identity_t const *asserted = sip_p_asserted_identity(sip);
    Presentation presentation =
        privacy_wanted(sip) ? PRESENTATION_RESTRICTED : PRESENTATION_ALLOWED;
    sip_p_asserted_identity_t const *numbered;

    *party = (Party){0};
    if (!asserted)
        return FALSE;
    numbered = identity_asserted(sip, &party->number);
    party->number.screening = SCREENING_NETWORK;
    party->number.presentation = numbered || presentation == PRESENTATION_RESTRICTED
                                     ? presentation
                                     : PRESENTATION_UNAVAILABLE;
    party->name_presentation = presentation;
    display_read((numbered ? numbered : asserted)->paid_display, party->name, sizeof(party->name));
    return TRUE;
}

void identity_from_party(sip_t const *sip, Party *party)
{
    CallOrigin stranger = {.trusted = FALSE};
    CallSetup setup = {0};

    identity_calling(sip, &stranger, &setup);
    party_of_setup(&setup, party);
}

/* URL as it is written, without what a log or a file must not hold. */
static void url_keep(url_t const *url, char *text, gsize size)
{
    su_home_t home[1] = {SU_HOME_INIT(home)};
    const char *whole;

    su_home_init(home);
    whole = url_as_string(home, url);
    if (!whole || g_strlcpy(text, whole, size) >= size)
        *text = '\0';
    for (const char *c = text; *c; c++)
        if (!g_ascii_isgraph(*c))
            *text = '\0';
    su_home_deinit(home);
}

void identity_claims(sip_t const *sip, CallOrigin *origin)
{
    const char *user = sip->sip_from->a_url->url_user;
    Number asserted;

    if (user && !from_is_anonymous(sip->sip_from) && !strstr(user, "%00") &&
        strlen(user) < sizeof(origin->caller)) {
        url_unescape(origin->caller, user);
        for (char *c = origin->caller; *c; c++)
            *c = g_ascii_isprint(*c) ? *c : '?';
    }
    if (sip->sip_contact)
        url_keep(sip->sip_contact->m_url, origin->contact, sizeof(origin->contact));
    if (identity_asserted(sip, &asserted))
        g_snprintf(origin->asserted, sizeof(origin->asserted), "%s%s",
                   asserted.ton == TON_INTERNATIONAL ? "+" : "", asserted.digits);
}

gboolean identity_settle_service(su_home_t *home, sip_request_t *request, const Ua *ua)
{
    const char *uri = url_as_string(home, request->rq_url);
    const char *number;
    g_autofree char *user = NULL;
    url_t *url;

    if (!emergency_is_urn(uri))
        return TRUE;
    number = emergency_service_number(ua->settings, uri);
    if (!number)
        return FALSE;
    user = g_uri_escape_string(number, "*", FALSE);
    url = url_make(home, su_sprintf(home, "sip:%s@%s;user=phone", user, ua->host));
    if (url)
        *request->rq_url = *url;
    return url != NULL;
}

static char *display_write(const char *name)
{
    g_autoptr(GString) quoted = g_string_new(NULL);

    if (!*name)
        return g_strdup("");
    g_string_append_c(quoted, '"');
    for (const char *c = name; *c; c++) {
        if (*c == '"' || *c == '\\')
            g_string_append_c(quoted, '\\');
        g_string_append_c(quoted, *c);
    }
    g_string_append(quoted, "\" ");
    return g_string_free(g_steal_pointer(&quoted), FALSE);
}

/* Escapes what a user part may not carry bare; '#' is the only digit among it. */
char *identity_user(const TrunkSettings *trunk, const Number *number)
{
    g_autofree char *user =
        trunk
            ? number_to_user(trunk, number)
            : g_strdup_printf("%s%s", number->ton == TON_INTERNATIONAL ? "+" : "", number->digits);
    g_auto(GStrv) parts = g_strsplit(user, "#", -1);

    return g_strjoinv("%23", parts);
}

void identity_write(const CallSetup *asked, const TrunkSettings *trunk, gboolean trusted,
                    const char *host, IdentityOut *out)
{
    const Number *calling = &asked->calling;
    /* What is neither allowed nor unavailable is not shown, whatever it may mean. */
    gboolean restricted = calling->presentation != PRESENTATION_ALLOWED &&
                          calling->presentation != PRESENTATION_UNAVAILABLE;
    gboolean believed =
        calling->screening != SCREENING_USER_FAILED &&
        (!trunk || trunk->trust_calling || calling->screening == SCREENING_USER_PASSED ||
         calling->screening == SCREENING_NETWORK);
    gboolean named = asked->name_presentation == PRESENTATION_ALLOWED && !restricted;
    g_autofree char *display = display_write(named ? asked->name : "");

    *out = (IdentityOut){0};
    if (*calling->digits) {
        g_autofree char *user = identity_user(trunk, calling);
        g_autofree char *isub = subaddress_to_isub(&asked->calling_subaddress);
        g_autofree char *shown =
            g_strdup_printf("%s<sip:%s%s@%s;user=phone>", display, user, isub, host);

        if (believed && (!restricted || trusted))
            out->pai = g_strdup(shown);
        if (!restricted)
            out->from = g_steal_pointer(&shown);
    } else if (!restricted) {
        out->from = g_strdup_printf("%s<sip:%s>", display, host);
    }
    if (restricted) {
        out->from = g_strdup("\"Anonymous\" <sip:anonymous@anonymous.invalid>");
        out->privacy = g_strdup("id");
    }
}

void identity_write_party(const Party *party, const TrunkSettings *trunk, gboolean trusted,
                          const char *host, IdentityOut *out)
{
    CallSetup setup = {.calling = party->number, .name_presentation = party->name_presentation};

    g_strlcpy(setup.name, party->name, sizeof(setup.name));
    identity_write(&setup, trunk, trusted, host, out);
}

void identity_out_clear(IdentityOut *out)
{
    g_clear_pointer(&out->from, g_free);
    g_clear_pointer(&out->pai, g_free);
    g_clear_pointer(&out->privacy, g_free);
}

char *identity_phone_uri(const char *uri, const Subaddress *subaddress)
{
    su_home_t home[1] = {SU_HOME_INIT(home)};
    url_t *url;
    char *result = NULL;
    Number number;

    su_home_init(home);
    url = url_make(home, uri);
    if (url && (url->url_type == url_sip || url->url_type == url_sips) &&
        identity_number(url, &number) == NUMBER_OK) {
        g_autofree char *isub = subaddress_to_isub(subaddress);

        if (!url_has_param(url, "user"))
            url_param_add(home, url, "user=phone");
        if (*isub)
            url->url_user = su_strcat(home, url->url_user, isub);
    }
    if (url && (url->url_type == url_sip || url->url_type == url_sips) && url->url_host &&
        *url->url_host)
        result = g_strdup(url_as_string(home, url));
    su_home_deinit(home);
    return result;
}
