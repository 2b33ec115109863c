/* One address of a peer's server under watch: OPTIONS ask whether it lives, and calls tell. */
#include "health.h"

#include "log.h"

/* Failures in a row that take a server out, answers in a row that bring it back. */
#define DOWN_AFTER 3
#define UP_AFTER 2
/* One that is not up is asked so many times as often, and has so long to answer. */
#define HASTE 4
#define PATIENCE_US (2 * G_USEC_PER_SEC)

static PrimaryPolicy check_policy(const HealthCheck *check)
{
    gint64 check_us = check->health->peer->check_us;

    return (PrimaryPolicy){.check_us = check_us,
                           .check_down_us = check_us / HASTE,
                           .patience_us = MIN(check_us, PATIENCE_US),
                           .down_after = DOWN_AFTER,
                           .up_after = UP_AFTER,
                           .up_time_us = check_us / HASTE};
}

static void check_end_options(HealthCheck *check)
{
    loop_timer_stop(check->health->ua->loop, check->silence);
    g_clear_pointer(&check->nh, nua_handle_destroy);
}

static void check_tell(const HealthCheck *check, PrimaryState before, PrimarySign sign, int status)
{
    gboolean down = check->primary.state == PRIMARY_DOWN;
    char address[64];

    log_line(
        down                     ? LEVEL_WARNING
        : before == PRIMARY_DOWN ? LEVEL_NOTICE
                                 : LEVEL_INFO,
        "peer %s: server %s at %s: %s -> %s (%s)", check->health->peer->name, check->health->uri,
        address_describe((const struct sockaddr *)&check->hop.address, address, sizeof(address)),
        primary_state_name(before), primary_state_name(check->primary.state),
        sign == PRIMARY_SILENT ? "silent"
        : status == 503        ? "503"
                               : "answers");
    if (down)
        check->health->ua->counters.servers_down++;
}

void health_check_heard(HealthCheck *check, PrimaryWitness witness, PrimarySign sign, int status)
{
    PrimaryPolicy policy = check_policy(check);
    PrimaryState before = check->primary.state;
    Loop *loop = check->health->ua->loop;

    if (primary_hear(&check->primary, &policy, witness, sign, loop_now(loop)))
        check_tell(check, before, sign, status);
    if (witness == PRIMARY_BY_CHECK) {
        check_end_options(check);
        loop_timer_start(loop, check->due, primary_interval_us(&check->primary, &policy));
    } else if (sign != PRIMARY_ANSWERED && !check->nh) {
        loop_timer_start(loop, check->due, 0); /* a call failed there: is it alive? */
    }
}

static void check_is_silent(void *user)
{
    health_check_heard(user, PRIMARY_BY_CHECK, PRIMARY_SILENT, 0);
}

static void check_ask(void *user)
{
    HealthCheck *check = user;
    const Health *health = check->health;
    Ua *ua = health->ua;
    g_autofree char *to = g_strdup_printf("<%s>", health->uri);
    UaPort *port = ports_toward_address(ua, &check->hop.address);
    g_autofree char *from = g_strdup_printf("<sip:%s>", port->host);
    g_autofree char *hop = health->named ? server_hop_uri(&check->hop) : NULL;

    check_end_options(check);
    check->nh = nua_handle(port->nua, NULL, NUTAG_URL(health->uri), SIPTAG_TO_STR(to),
                           SIPTAG_FROM_STR(from), TAG_END());
    if (check->nh)
        nua_options(check->nh, TAG_IF(hop, NUTAG_PROXY(hop)), TAG_END());
    loop_timer_start(ua->loop, check->silence, check_policy(check).patience_us);
}

HealthCheck *health_check_new(const Health *health, const NextHop *hop)
{
    HealthCheck *check = g_new0(HealthCheck, 1);
    Loop *loop = health->ua->loop;

    check->health = health;
    check->hop = *hop;
    check->primary.since_us = loop_now(loop);
    check->due = loop_timer_new(loop, check_ask, check);
    check->silence = loop_timer_new(loop, check_is_silent, check);
    loop_timer_start(loop, check->due, 0);
    return check;
}

void health_check_free(gpointer data)
{
    HealthCheck *check = data;

    check_end_options(check);
    loop_timer_free(check->health->ua->loop, check->due);
    loop_timer_free(check->health->ua->loop, check->silence);
    g_free(check);
}
