/* The house: opens every room in order, joins them, and closes them in reverse. */
#include "house_private.h"

#include "transfer.h"

#include "log.h"

#include "config.h"
#ifdef HAVE_SYSTEMD
#include <systemd/sd-daemon.h>
#endif

#include <gio/gio.h>
#include <glib-unix.h>
#include <signal.h>

/* ---- joints between rooms; all in signalling ----------------------------------------------------
 */

static void join_frame_to_isdn(void *user, guint8 span, const guint8 *frame, gsize length)
{
    House *house = user;

    isdn_frame_received(house->isdn, span, frame, length);
}

static void join_alarm_to_isdn(void *user, guint8 span, SpanAlarms alarms)
{
    House *house = user;

    isdn_alarm_changed(house->isdn, span, alarms);
}

static void join_selftested_to_isdn(void *user, guint8 span)
{
    House *house = user;

    isdn_put_back(house->isdn, span);
}

static void join_frame_to_line(void *user, guint8 span, const guint8 *frame, gsize length)
{
    House *house = user;

    media_d_send(house->media, span, frame, length);
}

static gboolean join_readiness(void *user)
{
    House *house = user;

    return isdn_is_ready(house->isdn);
}

static gboolean join_draining(void *user)
{
    return hall_is_draining(((House *)user)->hall);
}

/* A transfer is judged by its transferor's class; the party that stays is on the PBX already. */
static gboolean join_transfer_check(void *user, const Call *call, const CallOrigin *by,
                                    TransferPlan *plan)
{
    const House *house = user;
    ClassAsk ask = {plan->redirected ? CLASS_FOR_REDIRECT : CLASS_FOR_REFER, by, &plan->dialled,
                    plan->way == TRANSFER_TO_TRUNK || plan->way == TRANSFER_JOIN};
    ClassAnswer answer;

    if (plan->emergency || class_judge(house->classes, &ask, &answer) == CLASS_ALLOWED)
        return TRUE;
    plan->status = (guint16)answer.status;
    g_strlcpy(plan->why, answer.why, sizeof(plan->why));
    return FALSE;
}

static gboolean join_peer_is_usable(void *user, const PeerSettings *peer)
{
    const House *house = user;

    return !house->ua || ua_peer_is_usable(house->ua, peer);
}

static void trace_to_log(void *user, const CallTrace *trace)
{
    (void)user;
    log_info("%s", trace->line);
}

/* ---- the signalling thread ----------------------------------------------------------------------
 */

/* The user agent has the public port to itself. */
static gboolean sip_open(House *house, GError **error)
{
    house->ua =
        ua_new(house_settings(house), house->signalling, house->hall, join_readiness, house, error);
    return house->ua != NULL;
}

/* Our own address, as the user agent on the same host sees the proxy. */
static struct sockaddr_storage proxy_inside(const Settings *settings)
{
    struct sockaddr_storage proxy = settings->sip.listen;
    guint16 port = address_port((struct sockaddr *)&proxy);

    if (address_is_wildcard(&proxy)) {
        address_parse(proxy.ss_family == AF_INET ? "127.0.0.1" : "::1", &proxy);
        address_set_port(&proxy, port);
    }
    return proxy;
}

static gboolean join_is_phone(void *user, const char *name)
{
    return phones_has_user(((House *)user)->phones, name);
}

static void join_know_called(void *user, const char *name, CallOrigin *origin)
{
    phones_know_called(((House *)user)->phones, name, origin);
}

/* The proxy has the public port, the user agent stands behind it. */
static gboolean sip_open_phones(House *house, GError **error)
{
    const Settings *settings = house_settings(house);
    UaBehind behind = {.proxy = proxy_inside(settings),
                       .key = &house->key,
                       .is_phone = join_is_phone,
                       .know_called = join_know_called,
                       .user = house};
    PhonesGateway gateway = {.key = &house->key,
                             .classes = house->classes,
                             .ready = join_readiness,
                             .draining = join_draining,
                             .arrived = house_mwi_arrived,
                             .user = house};

    origin_key_make(&house->key);
    if (!ua_find_place(&behind.proxy, &behind.listen, error))
        return FALSE;
    gateway.address = behind.listen;
    if (!(house->phones = phones_new(settings, house->signalling, &gateway, error)))
        return FALSE;
    house->ua = ua_new_behind(settings, &behind, house->signalling, house->hall, join_readiness,
                              house, error);
    return house->ua != NULL;
}

static gboolean signalling_open(House *house, GError **error)
{
    const Settings *settings = house_settings(house);
    MediaSpanEvents line_in = {house, join_frame_to_isdn, join_alarm_to_isdn,
                               join_selftested_to_isdn};
    IsdnLine line_out = {house, join_frame_to_line};
    CallOps ops;

    if (!(house->signalling = sofia_loop_new(error)))
        return FALSE;
    house->hall = hall_new(house->signalling, settings);
    hall_add_trace(house->hall, trace_to_log, house);
    hall_set_idle_func(house->hall, house_tell_idle, house);
    house->classes = class_book_new(house->signalling, settings);
    hall_set_transfer_check(house->hall, join_transfer_check, house);
    hall_set_peer_check(house->hall, join_peer_is_usable, house);
    house_emergency_open(house, settings);

    if (!(house->media = media_new(settings, house->signalling, house->hall, &line_in, error)))
        return FALSE;
    ops = media_call_ops(house->media);
    hall_set_media(house->hall, &ops);

    if (!(house->isdn = isdn_new(settings, house->signalling, house->hall, &line_out, error)))
        return FALSE;
    ops = isdn_call_ops(house->isdn);
    hall_set_isdn(house->hall, &ops);

    if (!(settings->proxy.mode == PROXY_OFF ? sip_open(house, error)
                                            : sip_open_phones(house, error)))
        return FALSE;
    ua_set_classes(house->ua, house->classes);
    house_emergency_load(house);
    house_mwi_open(house, settings);
    ops = ua_call_ops(house->ua);
    hall_set_sip(house->hall, &ops);
    return TRUE;
}

static void signalling_close(House *house)
{
    /* Calls part from rooms that still stand; the hall hears the rooms' last words. */
    if (house->hall)
        hall_drop_calls(house->hall);
    g_clear_pointer(&house->ua, ua_free);
    g_clear_pointer(&house->phones, phones_free);
    g_clear_pointer(&house->isdn, isdn_free);
    g_clear_pointer(&house->media, media_free);
    g_clear_pointer(&house->hall, hall_free);
    g_clear_pointer(&house->classes, class_book_free);
    house_emergency_close(house);
    house_mwi_close(house);
    g_clear_pointer(&house->signalling, sofia_loop_free);
}

static gpointer signalling_main(gpointer user)
{
    House *house = user;
    gboolean open = signalling_open(house, &house->trouble);

    pthread_mutex_lock(&house->lock);
    house->answered = TRUE;
    pthread_cond_signal(&house->opened);
    pthread_mutex_unlock(&house->lock);
    if (open)
        sofia_loop_run(house->signalling);
    signalling_close(house);
    return NULL;
}

static gboolean signalling_start(House *house, GError **error)
{
    house->signalling_thread = g_thread_new("signalling", signalling_main, house);
    pthread_mutex_lock(&house->lock);
    while (!house->answered)
        pthread_cond_wait(&house->opened, &house->lock);
    pthread_mutex_unlock(&house->lock);
    if (!house->trouble)
        return TRUE;
    /* The thread closes its rooms by itself; nobody looks into them meanwhile. */
    g_thread_join(g_steal_pointer(&house->signalling_thread));
    g_propagate_error(error, g_steal_pointer(&house->trouble));
    return FALSE;
}

static void signalling_stop(House *house)
{
    if (!house->signalling_thread)
        return;
    sofia_loop_quit(house->signalling);
    g_thread_join(g_steal_pointer(&house->signalling_thread));
}

/* ---- new settings -------------------------------------------------------------------------------
 */

/* On their way to signalling, which must not look into the operator's list. */
typedef struct NewSettings {
    House *house;
    const Settings *settings;
    Users *users; /* signalling's when it has got there */
} NewSettings;

static void signalling_use_settings(void *user)
{
    const NewSettings *new = user;

    hall_set_settings(new->house->hall, new->settings);
    class_book_set_settings(new->house->classes, new->settings);
    house_emergency_set_settings(new->house, new->settings);
    house_mwi_set_settings(new->house, new->settings);
    isdn_set_settings(new->house->isdn, new->settings);
    media_set_settings(new->house->media, new->settings);
    ua_set_settings(new->house->ua, new->settings);
    if (new->house->phones)
        phones_set_settings(new->house->phones, new->settings, new->users);
}

static gboolean house_reload(void *user, char **waiting, GError **error)
{
    House *house = user;
    Settings *fresh = settings_reload(house->settings->pdata[0], waiting, error);
    GError *trouble = NULL;
    NewSettings *new;
    Users *users;

    if (!fresh)
        return FALSE;
    users = phones_read_users(fresh, &trouble);
    if (trouble) { /* a mistake like any other: all stays as it was */
        g_propagate_error(error, trouble);
        g_clear_pointer(waiting, g_free);
        settings_free(fresh);
        return FALSE;
    }
    if (*waiting)
        log_warning("house: these settings wait for a restart: %s", *waiting);
    log_open((LogLevel)fresh->system.log_level, g_getenv("JOURNAL_STREAM") != NULL);
    g_ptr_array_add(house->settings, fresh);
    ctl_set_settings(house->ctl, fresh);
    new = g_new(NewSettings, 1);
    *new = (NewSettings){house, fresh, users};
    loop_post(house->signalling, signalling_use_settings, new, g_free);
    log_notice("house: %s read anew", fresh->file);
    return TRUE;
}

/* One mistake a line, in the log too. */
static void log_mistakes(const GError *error)
{
    g_auto(GStrv) lines = g_strsplit(error->message, "\n", -1);

    for (char **line = lines; *line; line++) {
        if (**line)
            log_error("house: %s", *line);
    }
}

static gboolean house_on_hangup(gpointer user)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *waiting = NULL;

    if (!house_reload(user, &waiting, &error)) {
        log_mistakes(error);
        log_error("house: the old settings stay");
    }
    return G_SOURCE_CONTINUE;
}

/* ---- open, run, close ---------------------------------------------------------------------------
 */

static gboolean house_open_desk(House *house, GError **error)
{
    CtlRooms rooms = {
        .signalling = house->signalling,
        .hall = house->hall,
        .isdn = house->isdn,
        .ua = house->ua,
        .phones = house->phones,
        .media = house->media,
        .mwi = house->mwi_book,
        .settings = house_settings(house),
        .drain = house_drain,
        .undrain = house_undrain,
        .reload = house_reload,
        .user = house,
    };

    house->ctl = ctl_new(&rooms, error);
    return house->ctl != NULL;
}

House *house_open(Settings *settings, GError **error)
{
    House *house = g_new0(House, 1);

    house->settings = g_ptr_array_new_with_free_func((GDestroyNotify)settings_free);
    g_ptr_array_add(house->settings, settings);
    pthread_mutex_init(&house->lock, NULL);
    pthread_cond_init(&house->opened, NULL);
    house->operator_loop = g_main_loop_new(NULL, FALSE);
    house_hooks_open(house);
    log_open((LogLevel)settings->system.log_level, g_getenv("JOURNAL_STREAM") != NULL);

    sofia_open();
    if (!callmap_open(error) || !signalling_start(house, error) || !house_open_desk(house, error)) {
        house_close(house);
        return NULL;
    }
    return house;
}

void house_run(House *house)
{
    guint terminate = g_unix_signal_add(SIGTERM, house_on_terminate, house);
    guint interrupt = g_unix_signal_add(SIGINT, house_on_terminate, house);
    guint hangup = g_unix_signal_add(SIGHUP, house_on_hangup, house);

    signal(SIGPIPE, SIG_IGN);
    log_notice("house: open, %u span(s), %u route(s)", house_settings(house)->spans->len,
               house_settings(house)->routes->len);
#ifdef HAVE_SYSTEMD
    sd_notify(0, "READY=1");
#endif
    g_main_loop_run(house->operator_loop);
    g_clear_handle_id(&house->grace_source, g_source_remove);
    g_clear_handle_id(&house->linger_source, g_source_remove);
    g_source_remove(terminate);
    g_source_remove(interrupt);
    g_source_remove(hangup);
}

void house_close(House *house)
{
    gboolean was_open;

    if (!house)
        return;
    was_open = house->ctl != NULL; /* the last room to open */
    g_clear_pointer(&house->ctl, ctl_free);
    signalling_stop(house);
    sofia_close();
    house_hooks_close(house);
    g_main_loop_unref(house->operator_loop);
    g_ptr_array_unref(house->settings);
    g_clear_error(&house->trouble);
    pthread_mutex_destroy(&house->lock);
    pthread_cond_destroy(&house->opened);
    g_free(house);
    if (was_open)
        log_notice("house: closed");
}
