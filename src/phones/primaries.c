/* The primary proxies' part in the room: who serves a request, and which primary. */
#include "primaries_private.h"

#include "location.h"
#include "port.h"

#include <sofia-sip/hostdomain.h>
#include <string.h>

/* Before all others, and alone. */
#define PRIMARY_Q 2000.0

/* Addresses that failed: so many are remembered. */
#define GRAY_MAX 1024

/* ---- opening and closing ----------------------------------------------------------------------
 */

static gboolean listens_on(const struct sockaddr_storage *listen, sa_family_t family)
{
    return listen->ss_family == family;
}

/* Whatever [sip] allow says: its answers are awaited, its requests welcome. */
static void primary_admit(void *user, const struct sockaddr *address, gboolean in)
{
    Phones *phones = user;

    if (in)
        proxyport_admit(phones->port, address);
    else
        proxyport_forget(phones->port, address);
}

static WatchSettings watch_settings(const Phones *phones)
{
    static GArray *nowhere;
    const ProxySettings *proxy = &phones->settings->proxy;

    if (!nowhere)
        nowhere = g_array_new(FALSE, FALSE, sizeof(PrimaryPlace));
    return (WatchSettings){
        .places = proxy->primaries ? proxy->primaries : nowhere,
        .policy = {.check_us = proxy->check_us,
                   .check_down_us = proxy->check_down_us,
                   .patience_us = proxy->fail_over_us,
                   .down_after = proxy->down_after,
                   .up_after = proxy->up_after,
                   .up_time_us = proxy->up_time_us},
        .admit = primary_admit,
        .own_host = phones->host,
        .user_agent = phones->settings->sip.user_agent,
    };
}

static void primary_changed(void *user, const Watched *watched, PrimaryState before)
{
    Phones *phones = user;

    /* When the last one goes or the first one comes back, that is more than one line. */
    if (watched_primary(watched)->state == PRIMARY_DOWN && !watch_choose(phones->primaries->watch))
        log_warning("phones: no primary is left, requests are served here");
    else if (before == PRIMARY_DOWN)
        log_notice("phones: primary %s is back, phones go back %u a second", watched_place(watched),
                   phones->settings->proxy.handback_rate);
}

gboolean primaries_open(Phones *phones, GError **error)
{
    const Settings *settings = phones->settings;
    ResolveSettings resolve = {
        .name_server = settings->proxy.name_server,
        .wait_us = settings->proxy.dns_wait_us,
        .v4 = listens_on(&settings->sip.listen, AF_INET),
        .v6 = listens_on(&settings->sip.listen, AF_INET6),
    };
    WatchSettings watch = watch_settings(phones);
    Primaries *primaries = g_new0(Primaries, 1);

    phones->primaries = primaries;
    primaries->gray = graylist_new(GRAY_MAX);
    primaries->merge = merge_new((gint64)settings->sip.t1_ms * 64 * 1000);
    if (!(primaries->resolve = resolve_new(phones->loop, &resolve, error)))
        return FALSE;
    primaries->watch =
        watch_new(phones->agent, phones->loop, primaries->resolve, &watch, primary_changed, phones);
    return TRUE;
}

void primaries_close(Phones *phones)
{
    if (!phones->primaries)
        return;
    watch_free(phones->primaries->watch);
    resolve_free(phones->primaries->resolve);
    graylist_free(phones->primaries->gray);
    merge_free(phones->primaries->merge);
    g_clear_pointer(&phones->primaries, g_free);
}

void primaries_set_settings(Phones *phones)
{
    WatchSettings watch = watch_settings(phones);

    watch_set_settings(phones->primaries->watch, &watch);
}

struct Resolve *primaries_resolver(const Phones *phones)
{
    return phones->primaries->resolve;
}

struct Graylist *primaries_graylist(const Phones *phones)
{
    return phones->primaries->gray;
}

/* ---- who serves -------------------------------------------------------------------------------
 */

gboolean primaries_has_host(const Phones *phones, const url_t *url)
{
    const GArray *places = phones->settings->proxy.primaries;
    g_autofree char *host = NULL;

    if (!url->url_host || (url->url_type != url_sip && url->url_type != url_sips))
        return FALSE;
    host = *url->url_host == '[' ? g_strndup(url->url_host + 1, strcspn(url->url_host + 1, "]"))
                                 : g_strdup(url->url_host);
    for (guint i = 0; places && i < places->len; i++) {
        if (g_ascii_strcasecmp(g_array_index(places, PrimaryPlace, i).host, host) == 0)
            return TRUE;
    }
    return FALSE;
}

gboolean primaries_sent(const Inbound *in)
{
    return !in->from_gateway && in->from.address.ss_family &&
           primaries_know(in->phones, (const struct sockaddr *)&in->from.address);
}

gboolean primaries_know(const Phones *phones, const struct sockaddr *address)
{
    return phones->primaries && watch_knows(phones->primaries->watch, address);
}

static RequestKind kind_of(const Inbound *in)
{
    sip_t const *sip = in->sip;

    if (in->in_dialog)
        return REQUEST_IN_DIALOG;
    if (in->origin.emergency)
        return REQUEST_EMERGENCY;
    return sip->sip_request->rq_method == sip_method_register ? REQUEST_REGISTER : REQUEST_OUT;
}

static gboolean is_for_own_user(const Inbound *in)
{
    const url_t *url = in->sip->sip_request->rq_url;

    return url->url_user && *url->url_user && strcmp(url->url_user, PHONES_GATEWAY_USER) != 0 &&
           (url_is_ours(in->phones, url) || primaries_has_host(in->phones, url));
}

gboolean primaries_live(const Phones *phones)
{
    return watch_choose(phones->primaries->watch) != NULL;
}

guint primaries_life_s(const Phones *phones)
{
    const ProxySettings *proxy = &phones->settings->proxy;
    guint life = proxy->outage_expires_s;

    /* Beside a primary that lives: those who wait for their turn come again about when it has come.
     */
    if (proxy->mode == PROXY_STANDBY && phones->settings->registrar.accept == REGISTRAR_ALWAYS)
        return 0;
    if (primaries_live(phones))
        life = handback_life_s(&phones->primaries->handback, proxy->handback_rate,
                               location_count(phones->location), life);
    return life;
}

ModeVerdict primaries_judge(Inbound *in)
{
    Primaries *primaries = in->phones->primaries;
    const Settings *settings = in->phones->settings;
    ModeQuestion question = {
        .mode = settings->proxy.mode,
        .kind = kind_of(in),
        .source = in->from_gateway     ? SOURCE_GATEWAY
                  : primaries_sent(in) ? SOURCE_PRIMARY
                                       : SOURCE_PHONE,
        .primary_lives = watch_choose(primaries->watch) != NULL,
        .own_domain = is_for_own_user(in),
        .register_always = settings->registrar.accept == REGISTRAR_ALWAYS,
    };
    ModeVerdict verdict;

    /* Those whom the primary knows already, or who are new, wait for nobody. */
    if (question.kind == REQUEST_REGISTER && question.primary_lives)
        question.hand_back = !registers_are_local(in) ||
                             handback_admits(&primaries->handback, settings->proxy.handback_rate,
                                             loop_now(in->phones->loop));
    verdict = mode_judge(&question);
    primaries->refused += verdict == VERDICT_REFUSE;
    return verdict;
}

/* Does URL name the box by itself, not a domain whose users are ours? */
static gboolean url_names_box(const Phones *phones, const url_t *url)
{
    struct sockaddr_storage bare = phones->settings->sip.listen;
    char text[64];

    address_set_port(&bare, 0);
    address_describe((const struct sockaddr *)&bare, text, sizeof(text));
    return url_is_ours(phones, url) && (g_ascii_strcasecmp(url->url_host, phones->host) == 0 ||
                                        strcmp(url->url_host, text) == 0);
}

/* The Request-URI a primary understands: its own host where the caller meant us. */
static char *primary_uri(const Inbound *in, const Watched *watched)
{
    su_home_t *home = msg_home(in->msg);
    url_t url = *in->sip->sip_request->rq_url;

    if (url_names_box(in->phones, &url)) {
        url.url_host = watched_place(watched);
        url.url_port = NULL;
        url.url_params = NULL;
    }
    return url_as_string(home, &url);
}

void primaries_put_first(Inbound *in, GQueue *targets)
{
    Primaries *primaries = in->phones->primaries;
    Watched *watched = watch_choose(primaries->watch);
    Target *target;

    if (!watched)
        return;
    target = target_new(TARGET_PRIMARY, primary_uri(in, watched), PRIMARY_Q);
    g_queue_push_head(targets, target);
    primaries->relayed++;
}

/* ---- for people -------------------------------------------------------------------------------
 */

typedef struct Listing {
    const Phones *phones;
    const Watched *used;
    PhonesPrimaryFunc func;
    void *user;
} Listing;

static void watched_tell(void *user, const Watched *watched)
{
    const Listing *listing = user;
    const Primary *primary = watched_primary(watched);
    const NextHop *hop = watched_hop(watched);
    PhonesPrimary row = {
        .place = watched_place(watched),
        .tcp = hop->tcp,
        .address = hop->address,
        .state = primary_state_name(primary->state),
        .used = watched == listing->used,
        .since_us = primary->since_us,
        .heard_us = primary->heard_us,
        .missed_us = primary->missed_us,
        .answered = primary->answered,
        .refused = primary->refused,
        .silent = primary->silent,
        .outages = primary->outages,
    };

    listing->func(listing->user, &row);
}

void primaries_each(const Phones *phones, PhonesPrimaryFunc func, void *user)
{
    Listing listing = {phones, watch_choose(phones->primaries->watch), func, user};

    watch_each(phones->primaries->watch, watched_tell, &listing);
}

void primaries_each_counter(const Phones *phones, CounterFunc func, void *user)
{
    const Primaries *primaries = phones->primaries;
    ResolveCounters names;

    resolve_count(primaries->resolve, &names);
    func(user, "requests relayed to a primary", primaries->relayed);
    func(user, "requests taken over from a silent primary", primaries->taken_over);
    func(user, "copies of an INVITE refused", primaries->copies);
    func(user, "requests the mode refused", primaries->refused);
    func(user, "registrations handed back", primaries->handback.handed);
    func(user, "registrations held back", primaries->handback.held);
    func(user, "primary names unresolved", watch_unresolved(primaries->watch));
    func(user, "names asked for", names.lookups);
    func(user, "names without an answer", names.misses);
    func(user, "stale addresses used", names.stale);
    func(user, "calls that waited for no name server", names.hurried);
    func(user, "numbers asked for", names.numbers);
    func(user, "numbers found", names.number_hits);
}
