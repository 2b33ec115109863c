/* A libpri controller as this room wants it: its options, timers and log. */
#include "controller.h"
#include "log.h"

static void log_from_libpri(LogLevel level, char *text)
{
    static LogLimit limit;

    g_strchomp(text);
    if (text[0] && log_wants(level) && log_limit(&limit, 20, 10 * G_USEC_PER_SEC))
        log_line(level, "libpri: %s", text);
}

static void message_from_libpri(struct pri *pri, char *text)
{
    (void)pri;
    log_from_libpri(LEVEL_DEBUG, text);
}

static void error_from_libpri(struct pri *pri, char *text)
{
    (void)pri;
    log_from_libpri(LEVEL_INFO, text);
}

static int switch_of(const SpanSettings *span, const TrunkSettings *trunk)
{
    switch (trunk->switch_type) {
    case SWITCH_EUROISDN:
        return span->type == SPAN_T1 ? PRI_SWITCH_EUROISDN_T1 : PRI_SWITCH_EUROISDN_E1;
    case SWITCH_NI2:
        return PRI_SWITCH_NI2;
    case SWITCH_DMS100:
        return PRI_SWITCH_DMS100;
    case SWITCH_5ESS:
        return PRI_SWITCH_LUCENT5E;
    case SWITCH_4ESS:
        return PRI_SWITCH_ATT4ESS;
    case SWITCH_QSIG:
        return PRI_SWITCH_QSIG;
    }
    return PRI_SWITCH_UNKNOWN;
}

void controller_set_timers(struct pri *pri, const TrunkSettings *trunk)
{
    pri_set_timer(pri, PRI_TIMER_T303, (int)(trunk->t303_us / 1000));
    pri_set_timer(pri, PRI_TIMER_T305, (int)(trunk->t305_us / 1000));
    pri_set_timer(pri, PRI_TIMER_T308, (int)(trunk->t308_us / 1000));
    pri_set_timer(pri, PRI_TIMER_T309, (int)(trunk->t309_us / 1000));
    pri_set_timer(pri, PRI_TIMER_T313, (int)(trunk->t313_us / 1000));
    pri_set_timer(pri, PRI_TIMER_T316, 0); /* off: restart.c runs it */
}

void controller_set_services(struct pri *pri, const TrunkSettings *trunk)
{
    pri_hold_enable(pri, trunk->hold); /* else it says HOLD REJECT, cause 69 */
    pri_reroute_enable(pri, trunk->rerouting);
    pri_transfer_enable(pri, trunk->pbx_transfer);
    pri_mcid_enable(pri, 1);
    pri_aoc_events_enable(pri, 1);
}

static void set_options(struct pri *pri, const TrunkSettings *trunk)
{
    pri_set_debug(pri, 0);
    pri_hangup_fix_enable(pri, 1);
    pri_connect_ack_enable(pri, 1);
    pri_set_inbanddisconnect(pri, 0); /* it would hide DISCONNECT of answered calls */
    pri_set_service_message_support(pri, 1); /* what other types send of it does not get so far */
    if (trunk->switch_type == SWITCH_NI2 || trunk->switch_type == SWITCH_QSIG)
        pri_facility_enable(pri); /* names travel in Facility there */
    /* Sending complete is ours to say then, as RFC 4497 8.3.1 asks; the other types have none. */
    pri_set_overlapdial(pri,
                        trunk->switch_type == SWITCH_EUROISDN || trunk->switch_type == SWITCH_QSIG);
    controller_set_timers(pri, trunk);
    controller_set_services(pri, trunk);
}

struct pri *controller_new(const SpanSettings *span, const TrunkSettings *trunk, pri_io_cb read,
                           pri_io_cb write, void *user)
{
    int node = trunk->side == SIDE_NETWORK ? PRI_NETWORK : PRI_CPE;
    struct pri *pri;

    pri_set_message(message_from_libpri);
    pri_set_error(error_from_libpri);
    pri = span->type == SPAN_BRI
              ? pri_new_bri_cb(-1, TRUE, node, switch_of(span, trunk), read, write, user)
              : pri_new_cb(-1, node, switch_of(span, trunk), read, write, user);
    if (pri)
        set_options(pri, trunk);
    return pri;
}

void controller_retire(struct pri *pri)
{
    static GSList *retired;

    pri_set_userdata(pri, NULL);
    retired = g_slist_prepend(retired, pri);
}
