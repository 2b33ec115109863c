/* What the house does about calls for help: remembers whom a call back is for, and has people on
 * the site told by a program of the operator's. */
#include "house_private.h"

#include "emergency.h"
#include "log.h"

#include <gio/gio.h>
#include <string.h>

/* A hook that hangs must not fill the box with its like. */
#define HOOK_MS 30000
#define HOOKS_AT_ONCE 16
#define HOOKS_WAITING 256

/* ---- the hook: home thread operator -------------------------------------------------------------
 */

/* One run of the hook, to come or under way. */
typedef struct HookRun {
    House *house;
    char *program;
    char **environment;
    guint32 call;
    GSubprocess *process;
    guint limit_source;
} HookRun;

static void hook_start_next(House *house);

static void hook_run_free(gpointer data)
{
    HookRun *run = data;

    g_clear_handle_id(&run->limit_source, g_source_remove);
    g_clear_object(&run->process);
    g_strfreev(run->environment);
    g_free(run->program);
    g_free(run);
}

static gboolean hook_too_long(gpointer user)
{
    HookRun *run = user;

    run->limit_source = 0;
    log_warning("emergency: the hook for C%u ran longer than %d s and is ended", run->call,
                HOOK_MS / 1000);
    g_subprocess_force_exit(run->process);
    return G_SOURCE_REMOVE;
}

/* Runs that outlive the house are nobody's: HOUSE is NULL then. */
static void hook_ended(GObject *source, GAsyncResult *result, gpointer user)
{
    HookRun *run = user;
    House *house = run->house;
    g_autoptr(GError) error = NULL;

    if (!g_subprocess_wait_check_finish(G_SUBPROCESS(source), result, &error) && house)
        log_warning("emergency: the hook for C%u failed: %s", run->call, error->message);
    if (house)
        g_ptr_array_remove_fast(house->hooks_running, run);
    hook_run_free(run);
    if (house)
        hook_start_next(house);
}

static void hook_start(House *house, HookRun *run)
{
    g_autoptr(GSubprocessLauncher) launcher =
        g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_SILENCE);
    const char *arguments[] = {run->program, NULL};
    g_autoptr(GError) error = NULL;

    g_subprocess_launcher_set_environ(launcher, run->environment);
    run->process = g_subprocess_launcher_spawnv(launcher, arguments, &error);
    if (!run->process) {
        log_warning("emergency: the hook for C%u did not start: %s", run->call, error->message);
        hook_run_free(run);
        return;
    }
    g_ptr_array_add(house->hooks_running, run);
    run->limit_source = g_timeout_add(HOOK_MS, hook_too_long, run);
    g_subprocess_wait_check_async(run->process, NULL, hook_ended, run);
}

static void hook_start_next(House *house)
{
    while (house->hooks_running->len < HOOKS_AT_ONCE && !g_queue_is_empty(&house->hooks_waiting))
        hook_start(house, g_queue_pop_head(&house->hooks_waiting));
}

static gboolean hook_arrived(gpointer user)
{
    HookRun *run = user;
    House *house = run->house;

    if (house->hooks_waiting.length >= HOOKS_WAITING) {
        log_warning("emergency: too many hooks wait, none is run for C%u", run->call);
        hook_run_free(run);
        return G_SOURCE_REMOVE;
    }
    g_queue_push_tail(&house->hooks_waiting, run);
    hook_start_next(house);
    return G_SOURCE_REMOVE;
}

/* ---- in signalling ------------------------------------------------------------------------------
 */

static void environment_set(char ***environment, const char *name, const char *value)
{
    *environment = g_environ_setenv(*environment, name, value, TRUE);
}

static void hook_call(House *house, const EmergencyNews *news)
{
    HookRun *run = g_new0(HookRun, 1);
    g_autofree char *call = g_strdup_printf("C%u", news->call);
    g_autofree char *time =
        g_strdup_printf("%" G_GINT64_FORMAT, g_get_real_time() / G_USEC_PER_SEC);
    char source[64] = "";

    address_describe((const struct sockaddr *)&news->origin->source, source, sizeof(source));
    run->house = house;
    run->call = news->call;
    run->program = g_strdup(news->hook);
    run->environment = g_get_environ();
    environment_set(&run->environment, "TIELINE_CALL", call);
    environment_set(&run->environment, "TIELINE_NUMBER", news->dialled);
    environment_set(&run->environment, "TIELINE_CALLED", news->told);
    environment_set(&run->environment, "TIELINE_CALLER", news->origin->caller);
    environment_set(&run->environment, "TIELINE_USER", news->origin->user);
    environment_set(&run->environment, "TIELINE_SOURCE", source);
    environment_set(&run->environment, "TIELINE_ELIN", news->callback);
    environment_set(&run->environment, "TIELINE_TRUNK", news->trunk);
    environment_set(&run->environment, "TIELINE_TIME", time);
    environment_set(&run->environment, "DRILL", news->drill ? "yes" : "no");
    g_main_context_invoke(NULL, hook_arrived, run);
}

/* Has somebody registered, or does a [phone] stand, at ORIGIN's address by the name in its From? */
typedef struct Vouched {
    const CallOrigin *origin;
    gboolean yes;
} Vouched;

static void vouched_note(void *user, const PhonesRegistration *registration)
{
    Vouched *vouched = user;
    struct sockaddr_storage theirs = registration->source, source = vouched->origin->source;
    char one[64], other[64];

    if (!theirs.ss_family) {
        vouched->yes |= elin_contact_is_at(registration->contact, &source);
        return;
    }
    address_set_port(&theirs, 0);
    address_set_port(&source, 0);
    vouched->yes |= strcmp(address_describe((struct sockaddr *)&theirs, one, sizeof(one)),
                           address_describe((struct sockaddr *)&source, other, sizeof(other))) == 0;
}

/* By what name whoever needs help is called back. From is anybody's to write: where the proxy knows
 * the name at another place, the call back would ring there. */
static const char *callback_user(const House *house, const CallOrigin *origin)
{
    Vouched vouched = {.origin = origin};

    if (*origin->user || !house->phones)
        return *origin->user ? origin->user : origin->caller;
    if (*origin->caller)
        phones_each_registration(house->phones, origin->caller, vouched_note, &vouched);
    return vouched.yes ? origin->caller : "";
}

/* From now on, and anew from the call's end, a call to its number rings its phone. */
static void book_note(House *house, const EmergencyNews *news)
{
    gint64 now_us = g_get_real_time();
    ElinEntry entry = {.until_us = now_us + news->keep_us};
    const CallOrigin *origin = news->origin;

    if (!*news->callback || origin->kind != ORIGIN_SIP)
        return;
    g_strlcpy(entry.number, news->callback, sizeof(entry.number));
    g_strlcpy(entry.trunk, news->trunk, sizeof(entry.trunk));
    g_strlcpy(entry.user, callback_user(house, origin), sizeof(entry.user));
    g_strlcpy(entry.contact, origin->contact, sizeof(entry.contact));
    address_describe((const struct sockaddr *)&origin->source, entry.source, sizeof(entry.source));
    elin_book_note(house->elin_book, &entry, now_us);
}

static void emergency_told(void *user, const EmergencyNews *news)
{
    House *house = user;

    switch (news->stage) {
    case EMERGENCY_BEGINS:
        if (news->hook)
            hook_call(house, news);
        break;
    case EMERGENCY_SENT:
    case EMERGENCY_ENDS:
        book_note(house, news);
        break;
    }
}

/* Where the proxy finds the phones of USER, "" when it finds none. */
typedef struct Registered {
    gboolean any;
} Registered;

static void registered_note(void *user, const PhonesRegistration *registration)
{
    ((Registered *)user)->any = TRUE;
}

/* Who has registered is called by his name: the proxy knows the way, a connection or a NAT's
 * binding too. */
static gboolean registered_uri(House *house, const ElinEntry *entry, char *uri, gsize size)
{
    const SipSettings *sip = &house->elin_settings->sip;
    Registered registered = {FALSE};
    g_autofree char *user = NULL;
    char listen[64];

    if (!house->phones || !*entry->user)
        return FALSE;
    phones_each_registration(house->phones, entry->user, registered_note, &registered);
    if (!registered.any)
        return FALSE;
    user = g_uri_escape_string(entry->user, "&=+$,;?/", FALSE);
    if (sip->public_host)
        return (gsize)g_snprintf(uri, size, "sip:%s@%s:%u", user, sip->public_host,
                                 address_port((const struct sockaddr *)&sip->listen)) < size;
    address_describe((const struct sockaddr *)&sip->listen, listen, sizeof(listen));
    return (gsize)g_snprintf(uri, size, "sip:%s@%s", user, listen) < size;
}

static gboolean callback_found(void *user, const char *trunk, const CallSetup *setup, char *uri,
                               gsize size)
{
    House *house = user;
    const ElinEntry *entry = elin_book_find(house->elin_book, house->elin_settings, trunk,
                                            &setup->called, setup->complete, g_get_real_time());

    return entry && (registered_uri(house, entry, uri, size) || elin_entry_uri(entry, uri, size));
}

/* ---- the book outlives the daemon where the proxy has a store ----------------------------------
 */

#define KIND "elin"

static void book_save(void *user, const char *key, const char *value, gint64 until_us)
{
    House *house = user;

    if (house->phones)
        phones_keep(house->phones, KIND, key, value, until_us);
}

static void book_load(void *user, const char *key, const char *value, gint64 until_us)
{
    House *house = user;

    elin_book_load(house->elin_book, key, value, until_us, g_get_real_time());
}

void house_emergency_load(House *house)
{
    if (house->phones)
        phones_each_kept(house->phones, KIND, book_load, house);
    elin_book_set_saver(house->elin_book, book_save, house);
}

void house_emergency_open(House *house, const Settings *settings)
{
    house->elin_book = elin_book_new();
    house->elin_settings = settings;
    hall_set_emergency_func(house->hall, emergency_told, house);
    hall_set_callback_finder(house->hall, callback_found, house);
}

void house_emergency_set_settings(House *house, const Settings *settings)
{
    house->elin_settings = settings;
}

void house_emergency_close(House *house)
{
    g_clear_pointer(&house->elin_book, elin_book_free);
}

void house_hooks_open(House *house)
{
    house->hooks_running = g_ptr_array_new();
    g_queue_init(&house->hooks_waiting);
}

void house_hooks_close(House *house)
{
    /* What signalling has handed over last is on its way still. */
    while (g_main_context_iteration(NULL, FALSE))
        ;
    g_queue_clear_full(&house->hooks_waiting, hook_run_free);
    /* They run on: people are told all the same, and nobody is left to hear how it went. */
    for (guint i = 0; i < house->hooks_running->len; i++) {
        HookRun *run = house->hooks_running->pdata[i];

        run->house = NULL;
        g_clear_handle_id(&run->limit_source, g_source_remove);
    }
    g_ptr_array_unref(house->hooks_running);
}
