/* How the house is left: no new calls, the time of grace, what is cleared then, the last word on
 * the line. */
#include "house_private.h"

#include "cause.h"
#include "log.h"

#include "config.h"
#ifdef HAVE_SYSTEMD
#include <systemd/sd-daemon.h>
#endif

#include <gio/gio.h>

/* How long a cleared call may take to say goodbye on both sides before the house closes anyway. */
#define FAREWELL_MS 3000
/* From the last call's end to the close: its RELEASE COMPLETE still stands before the D channel. */
#define LINGER_MS 250

static gboolean house_may_close(gpointer user)
{
    House *house = user;

    g_main_loop_quit(house->operator_loop);
    return G_SOURCE_REMOVE;
}

/* A call for help may have come while the house lingered: it is let in to the last. */
static void signalling_look_back(void *user)
{
    House *house = user;

    if (hall_call_count(house->hall) == 0)
        g_main_context_invoke(NULL, house_may_close, house);
}

static gboolean house_lingered(gpointer user)
{
    House *house = user;

    house->linger_source = 0;
    loop_post(house->signalling, signalling_look_back, house, NULL);
    return G_SOURCE_REMOVE;
}

static gboolean house_hall_is_empty(gpointer user)
{
    House *house = user;

    if (house->stage != HOUSE_SERVING && !house->linger_source)
        house->linger_source = g_timeout_add(LINGER_MS, house_lingered, house);
    return G_SOURCE_REMOVE;
}

void house_tell_idle(void *user)
{
    g_main_context_invoke(NULL, house_hall_is_empty, user);
}

static void signalling_drain(void *user)
{
    House *house = user;

    hall_set_draining(house->hall, TRUE);
    if (hall_call_count(house->hall) == 0)
        house_tell_idle(house);
}

static void signalling_clear(void *user)
{
    House *house = user;

    hall_set_draining(house->hall, TRUE);
    hall_clear_all(house->hall, CAUSE_TEMPORARY_FAILURE);
    if (hall_call_count(house->hall) == 0)
        house_tell_idle(house);
}

static gboolean house_farewell_over(gpointer user)
{
    House *house = user;

    log_warning("house: some calls did not clear within %d ms", FAREWELL_MS);
    house->grace_source = 0;
    g_main_loop_quit(house->operator_loop);
    return G_SOURCE_REMOVE;
}

static void house_say_farewell(House *house)
{
    g_clear_handle_id(&house->grace_source, g_source_remove);
    house->grace_source = g_timeout_add(FAREWELL_MS, house_farewell_over, house);
}

static void house_clear_calls(House *house)
{
    house->stage = HOUSE_CLEARING;
    house_say_farewell(house);
    loop_post(house->signalling, signalling_clear, house, NULL);
}

/* ---- while calls for help stand: nothing but their end, or the operator's second word, ends them
 */

static gboolean house_wait_is_over(gpointer user)
{
    House *house = user;

    if (house->stage == HOUSE_LEAVING)
        house_clear_calls(house); /* what did not clear by itself */
    return G_SOURCE_REMOVE;
}

/* Told once a second: the last of them may end while an ordinary call still takes its leave. */
static void signalling_count_sheltered(void *user)
{
    House *house = user;

    if (hall_sheltered_count(house->hall) == 0)
        g_main_context_invoke(NULL, house_wait_is_over, house);
}

static gboolean house_wait_on(gpointer user)
{
    House *house = user;

    loop_post(house->signalling, signalling_count_sheltered, house, NULL);
    return G_SOURCE_CONTINUE;
}

static void signalling_clear_ordinary(void *user)
{
    House *house = user;
    guint sheltered = hall_sheltered_count(house->hall);

    hall_set_draining(house->hall, TRUE);
    if (sheltered)
        log_warning("house: %u emergency call(s) stand and are waited for; told again to stop, the "
                    "house clears them",
                    sheltered);
    hall_clear_ordinary(house->hall, CAUSE_TEMPORARY_FAILURE);
    if (hall_call_count(house->hall) == 0)
        house_tell_idle(house);
}

static gboolean house_grace_over(gpointer user)
{
    House *house = user;

    house->grace_source = 0;
    log_notice("house: grace time over, clearing the calls left with cause %d",
               CAUSE_TEMPORARY_FAILURE);
    house->grace_source = g_timeout_add(FAREWELL_MS, house_wait_on, house);
    loop_post(house->signalling, signalling_clear_ordinary, house, NULL);
    return G_SOURCE_REMOVE;
}

gboolean house_on_terminate(gpointer user)
{
    House *house = user;
    gint64 grace_us = house_settings(house)->system.grace_us;

#ifdef HAVE_SYSTEMD
    sd_notify(0, "STOPPING=1");
#endif
    if (house->stage != HOUSE_SERVING) {
        log_notice("house: told again to stop, clearing all calls");
        house_clear_calls(house);
        return G_SOURCE_CONTINUE;
    }
    log_notice("house: stopping, calls may finish within %" G_GINT64_FORMAT " s",
               grace_us / G_USEC_PER_SEC);
    house->stage = HOUSE_LEAVING;
    house->grace_source = g_timeout_add((guint)(grace_us / 1000), house_grace_over, house);
    loop_post(house->signalling, signalling_drain, house, NULL);
    return G_SOURCE_CONTINUE;
}

void house_drain(void *user)
{
    House *house = user;

    loop_post(house->signalling, signalling_drain, house, NULL);
}

static void signalling_undrain(void *user)
{
    House *house = user;

    hall_set_draining(house->hall, FALSE);
}

gboolean house_undrain(void *user, GError **error)
{
    House *house = user;

    if (house->stage != HOUSE_SERVING) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_CLOSED, "the daemon is stopping");
        return FALSE;
    }
    loop_post(house->signalling, signalling_undrain, house, NULL);
    return TRUE;
}
