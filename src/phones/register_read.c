/* Reading a REGISTER: its address of record, its contacts, its path, and where the phone will be
 * reached. */
#include "register_read.h"

#include "uri.h"

#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_util.h>
#include <stdlib.h>
#include <string.h>

#define CONTACT_MAX 512 /* octets of a contact's URI */
#define PATH_MAX_HOPS 8
#define PATH_MAX_OCTETS 1024
#define INSTANCE_MAX 200
#define TEXT_MAX 128 /* of what only people read */

static gboolean fault_set(RegisterFault *fault, int status, const char *phrase, const char *why)
{
    *fault = (RegisterFault){status, phrase, why};
    return FALSE;
}

void register_ask_clear(RegisterAsk *ask)
{
    g_free(ask->aor);
    g_free(ask->call_id);
    g_clear_pointer(&ask->bindings, g_ptr_array_unref);
}

/* ---- the address of record ---- */

static gboolean aor_read(const RegisterReader *reader, sip_t const *sip, RegisterAsk *ask,
                         RegisterFault *fault)
{
    url_t const *url = sip->sip_to->a_url;
    g_autofree char *user = g_strdup(url->url_user ? url->url_user : "");

    if (url->url_type != url_sip && url->url_type != url_sips) /* RFC 4475 3.3.4 */
        return fault_set(fault, 400, "To Is No SIP URI", "its To is no SIP URI");
    uri_cut_user(user);
    if (strstr(user, "%00"))
        return fault_set(fault, 404, NULL, "its To is nobody's");
    url_unescape(user, user);
    for (const char *at = user; *at; at++) {
        if ((guchar)*at < ' ' || *at == 0x7f)
            return fault_set(fault, 404, NULL, "its To is nobody's");
    }
    if (!*user || strlen(user) >= TAG_MAX || !g_utf8_validate(user, -1, NULL))
        return fault_set(fault, 404, NULL, "its To is nobody's");
    if (!reader->room->is_ours(reader->room->user, url))
        return fault_set(fault, 404, NULL, "its To is of another domain");
    ask->aor = g_strdup(location_aor(reader->location, user));
    return TRUE;
}

/* ---- the path, and who stands between ---- */

static gboolean path_read(const RegisterReader *reader, sip_t const *sip, const RegisterWay *way,
                          su_home_t *home, GStrv *path, RegisterFault *fault)
{
    g_autoptr(GPtrArray) hops = g_ptr_array_new_with_free_func(g_free);
    gsize octets = 0;

    for (sip_path_t const *hop = sip->sip_path; hop; hop = hop->r_next) {
        char *text = sip_header_as_string(home, (sip_header_t const *)hop);

        octets += text ? strlen(text) : PATH_MAX_OCTETS;
        if (hops->len == PATH_MAX_HOPS || octets > PATH_MAX_OCTETS)
            return fault_set(fault, 403, "Path Too Long", "its Path is too long");
        g_ptr_array_add(hops, g_strdup(text));
    }
    if (!hops->len)
        return TRUE;
    /* RFC 3327 5.3: who does not know of paths would not learn that there is one. */
    if (!reader->elsewhere && !sip_has_feature(sip->sip_supported, "path"))
        return fault_set(fault, 420, NULL, "it has a Path and does not support it");
    /* Calls would go wherever the phone says, past its class. An answer tells our own, too. */
    if (!way->believed && !sip->sip_status)
        return fault_set(fault, 403, "Path Not Allowed", "a Path from no trusted peer");
    g_ptr_array_add(hops, NULL);
    *path = (GStrv)g_ptr_array_steal(hops, NULL);
    return TRUE;
}

static gboolean came_directly(sip_t const *sip)
{
    return sip->sip_via && !sip->sip_via->v_next;
}

/* RFC 5626 5.1: the first hop said that it keeps the flow. Each hop puts itself in front, so it
 * stands last. */
static gboolean first_hop_keeps_flow(sip_t const *sip)
{
    sip_path_t const *last = sip->sip_path;

    while (last && last->r_next)
        last = last->r_next;
    return last && last->r_url->url_params && url_has_param(last->r_url, "ob");
}

/* ---- contacts ---- */

static gboolean contact_is_anywhere(const struct sockaddr_storage *address)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
    guint32 host;

    if (address->ss_family == AF_INET6)
        return IN6_IS_ADDR_UNSPECIFIED(&v6->sin6_addr) || IN6_IS_ADDR_MULTICAST(&v6->sin6_addr);
    host = g_ntohl(v4->sin_addr.s_addr);
    return host == 0 || host >= 0xe0000000; /* multicast, reserved, broadcast */
}

/* May calls be sent there? */
static gboolean contact_judge(const RegisterReader *reader, sip_t const *sip,
                              const RegisterWay *way, url_t const *url, const char *uri,
                              RegisterFault *fault)
{
    struct sockaddr_storage address;

    if (url->url_type != url_sip && url->url_type != url_sips)
        return fault_set(fault, 403, "Contact Scheme Not Allowed", "a Contact that is no SIP URI");
    if (!url->url_host || !*url->url_host)
        return fault_set(fault, 400, "Bad Contact", "a Contact without a host");
    if (strlen(uri) > CONTACT_MAX)
        return fault_set(fault, 403, "Contact Too Long", "a Contact that is too long");
    if (reader->room->is_ours(reader->room->user, url))
        return fault_set(fault, 403, "Contact Points To The Registrar",
                         "a Contact that points to ourselves");
    if (uri_address(uri, &address))
        return !contact_is_anywhere(&address) ||
               fault_set(fault, 403, "Contact Not Allowed", "a Contact that is no single address");
    /* Where the phone itself speaks to us it is called where it spoke from; nobody asks the DNS in
     * an outage. */
    return came_directly(sip) || !way->believed || sip->sip_path ||
           fault_set(fault, 403, "Contact Not Numeric", "a Contact by name, through a proxy");
}

/* RFC 3261 20.10: "0", "1", "0.75" in thousandths. */
static gboolean q_read(const char *text, guint *q)
{
    gsize length = text ? strlen(text) : 0;
    guint value = 0;

    if (!text)
        return TRUE; /* as it stands */
    if (length < 1 || length > 5 || (text[0] != '0' && text[0] != '1') ||
        (length > 1 && text[1] != '.'))
        return FALSE;
    for (gsize i = 2; i < 5; i++) {
        if (i < length && !g_ascii_isdigit(text[i]))
            return FALSE;
        value = value * 10 + (i < length ? (guint)(text[i] - '0') : 0);
    }
    *q = (guint)(text[0] - '0') * 1000 + value;
    return *q <= 1000;
}

/* How long is asked for; what is malformed counts as not said (RFC 3261 10.2.1.1). */
static guint expires_read(const RegisterReader *reader, sip_t const *sip,
                          sip_contact_t const *contact)
{
    const char *text = contact->m_expires;
    gsize digits = text ? strspn(text, "0123456789") : 0;

    if (digits && !text[digits])
        return digits > 9 ? G_MAXINT : (guint)strtoul(text, NULL, 10);
    if (!text && sip->sip_expires)
        return (guint)MIN(sip->sip_expires->ex_delta, (unsigned long)G_MAXINT);
    return reader->settings->default_expires_s;
}

/* "\"<urn:uuid:...>\"" without what stands around it. NULL: none, or not to be used. Caller frees.
 */
static char *instance_read(sip_contact_t const *contact)
{
    const char *text = msg_header_find_param(contact->m_common, "+sip.instance=");
    g_autofree char *plain = NULL;
    gsize length;

    if (!text)
        return NULL;
    plain = g_strdup(text);
    for (const char *const *pair = (const char *const[]){"\"\"", "<>", NULL}; *pair; pair++) {
        length = strlen(plain);
        if (length < 3 || plain[0] != (*pair)[0] || plain[length - 1] != (*pair)[1])
            return NULL;
        memmove(plain, plain + 1, length - 2);
        plain[length - 2] = '\0';
    }
    if (strlen(plain) > INSTANCE_MAX || strpbrk(plain, "\"<>\\"))
        return NULL;
    return g_steal_pointer(&plain);
}

static gboolean reg_id_read(sip_contact_t const *contact, guint *reg_id)
{
    const char *text = msg_header_find_param(contact->m_common, "reg-id=");
    guint64 number = 0;

    if (text && !g_ascii_string_to_unsigned(text, 10, 1, G_MAXINT, &number, NULL))
        return FALSE;
    *reg_id = (guint)number;
    return TRUE;
}

static char *text_read(const char *text)
{
    return text ? g_strndup(text, TEXT_MAX) : NULL;
}

static gboolean transport_differs(const char *uri, BindingTransport transport)
{
    g_autofree char *name = uri_param(uri, "transport");

    return name && g_ascii_strcasecmp(name, binding_transport_name(transport)) != 0;
}

/* Is the phone reached where it spoke from, and not where its Contact says? Only who is believed
 * may name a place other than its own: any other would have calls go past its class, or to whom it
 * likes, by one Via more. */
static gboolean flow_is_kept(sip_t const *sip, const RegisterWay *way, const Binding *binding)
{
    struct sockaddr_storage address, source = way->source;

    if (!way->source.ss_family || (way->believed && (sip->sip_path || !came_directly(sip))))
        return FALSE;
    if (!uri_address(binding->contact, &address))
        return TRUE;
    /* Behind a NAT: its Contact is an address of the other side. */
    address_set_port(&address, 0);
    address_set_port(&source, 0);
    if (memcmp(&address, &source, sizeof(address)) != 0)
        return TRUE;
    if (binding->reg_id)
        return TRUE;
    /* Its port may differ: phones send from one and listen at another. A connection is there
     * already. */
    return way->transport != BINDING_UDP && !transport_differs(binding->contact, way->transport);
}

static Binding *contact_read(const RegisterReader *reader, sip_t const *sip, const RegisterWay *way,
                             const char *aor, sip_contact_t const *contact, RegisterFault *fault)
{
    su_home_t home[1] = {SU_HOME_INIT(home)};
    const char *uri = url_as_string(home, contact->m_url);
    g_autoptr(Binding) binding = binding_new(BINDING_REGISTERED, aor, uri ? uri : "");

    su_home_deinit(home);
    if (!contact_judge(reader, sip, way, contact->m_url, binding->contact, fault))
        return NULL;
    if (!q_read(contact->m_q, &binding->q)) {
        fault_set(fault, 400, "Bad q", "a Contact with a bad q");
        return NULL;
    }
    if (!reg_id_read(contact, &binding->reg_id)) {
        fault_set(fault, 400, "Bad reg-id", "a Contact with a bad reg-id");
        return NULL;
    }
    binding->instance = instance_read(contact);
    if (!binding->instance || (!came_directly(sip) && !first_hop_keeps_flow(sip)))
        binding->reg_id = 0; /* RFC 5626 6 */
    binding->granted_s = expires_read(reader, sip, contact);
    binding->updated_us = reader->now_us;
    binding->call_id = g_strdup(sip->sip_call_id->i_id);
    binding->cseq = sip->sip_cseq->cs_seq;
    binding->agent = text_read(sip->sip_user_agent ? sip->sip_user_agent->g_string : NULL);
    binding->user = *way->origin->user ? g_strdup(way->origin->user) : NULL;
    binding->source = way->source;
    binding->local = way->local;
    binding->transport = way->transport;
    binding->flow = flow_is_kept(sip, way, binding);
    return g_steal_pointer(&binding);
}

/* RFC 5626 6: one flow a request; and who asks for a flow over a hop that keeps none is told so. */
static gboolean flows_judge(sip_t const *sip, RegisterAsk *ask, RegisterFault *fault)
{
    gboolean asked = sip_has_feature(sip->sip_supported, "outbound");
    guint alive = 0, flows = 0;

    for (guint i = 0; i < ask->bindings->len; i++) {
        const Binding *binding = g_ptr_array_index(ask->bindings, i);

        alive += binding->granted_s > 0;
        flows += binding->reg_id > 0;
    }
    if (flows && alive > 1)
        return fault_set(fault, 400, "One Flow A Request", "several contacts with a reg-id");
    ask->outbound = flows && asked;
    if (asked && !flows && !came_directly(sip) && sip->sip_contact &&
        msg_header_find_param(sip->sip_contact->m_common, "reg-id="))
        return fault_set(fault, 439, "First Hop Lacks Outbound Support",
                         "it asks for a flow that the first hop does not keep");
    return TRUE;
}

static gboolean contacts_read(const RegisterReader *reader, sip_t const *sip,
                              const RegisterWay *way, RegisterAsk *ask, RegisterFault *fault)
{
    su_home_t home[1] = {SU_HOME_INIT(home)};
    g_auto(GStrv) path = NULL;
    gboolean good = path_read(reader, sip, way, home, &path, fault);

    su_home_deinit(home);
    for (sip_contact_t const *contact = sip->sip_contact; contact && good;
         contact = contact->m_next) {
        Binding *binding = contact_read(reader, sip, way, ask->aor, contact, fault);

        /* A registrar's answer lists what others registered, too. */
        if (!binding && sip->sip_status)
            continue;
        good = binding != NULL;
        if (!good)
            break;
        binding->path = g_strdupv(path);
        g_ptr_array_add(ask->bindings, binding);
    }
    return good && (reader->elsewhere || flows_judge(sip, ask, fault));
}

/* "Contact: *" stands alone, with Expires 0. */
static gboolean star_judge(sip_t const *sip, RegisterAsk *ask, RegisterFault *fault)
{
    for (sip_contact_t const *contact = sip->sip_contact; contact; contact = contact->m_next)
        ask->all_gone |= contact->m_url->url_type == url_any;
    if (!ask->all_gone)
        return TRUE;
    if (sip->sip_contact->m_next || !sip->sip_expires || sip->sip_expires->ex_delta ||
        sip->sip_contact->m_params)
        return fault_set(fault, 400, "Bad Contact", "Contact: * with more, or without Expires: 0");
    return TRUE;
}

gboolean register_read(const RegisterReader *reader, sip_t const *sip, const RegisterWay *way,
                       RegisterAsk *ask, RegisterFault *fault)
{
    *ask =
        (RegisterAsk){.call_id = g_strdup(sip->sip_call_id->i_id), .cseq = sip->sip_cseq->cs_seq};
    ask->bindings = g_ptr_array_new_with_free_func((GDestroyNotify)binding_unref);
    if (!aor_read(reader, sip, ask, fault) || !star_judge(sip, ask, fault))
        return FALSE;
    return ask->all_gone || contacts_read(reader, sip, way, ask, fault);
}
