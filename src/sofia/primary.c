/* One primary proxy's health: what it answered and what it left unanswered, with hysteresis. */
#include "primary.h"

/* A primary that is lost again within so many probations after it came back is relapsing. */
#define RELAPSE_WITHIN 10
/* Each relapse doubles the probation, so often. */
#define RELAPSES_MAX 4
/* While it answers others, a request may go unanswered so many times the patience. */
#define PATIENCE_MAX 4

PrimarySign primary_sign_of(guint status)
{
    return status == 503 ? PRIMARY_REFUSED : PRIMARY_ANSWERED;
}

const char *primary_state_name(PrimaryState state)
{
    switch (state) {
    case PRIMARY_UNKNOWN:
        return "unknown";
    case PRIMARY_UP:
        return "up";
    case PRIMARY_SUSPECT:
        return "suspect";
    case PRIMARY_DOWN:
        return "down";
    }
    return "?";
}

gint64 primary_probation_us(const Primary *primary, const PrimaryPolicy *policy)
{
    return policy->up_time_us << primary->relapses;
}

static gboolean primary_become(Primary *primary, const PrimaryPolicy *policy, PrimaryState state,
                               gint64 now_us)
{
    if (primary->state == state)
        return FALSE;
    if (state == PRIMARY_DOWN) {
        gboolean soon =
            primary->outages &&
            now_us - primary->returned_us < RELAPSE_WITHIN * primary_probation_us(primary, policy);

        primary->relapses = soon ? MIN(primary->relapses + 1, RELAPSES_MAX) : 0;
        primary->outages++;
    }
    if (primary->state == PRIMARY_DOWN) {
        /* It gets its chance with requests of others, too. */
        primary->failures[PRIMARY_BY_TRAFFIC] = 0;
        primary->returned_us = now_us;
    }
    primary->state = state;
    primary->since_us = now_us;
    return TRUE;
}

static gboolean primary_answered(Primary *primary, const PrimaryPolicy *policy,
                                 PrimaryWitness witness, gint64 now_us)
{
    primary->answered++;
    primary->heard_us = now_us;
    primary->failures[witness] = 0;
    if (primary->answers++ == 0 && primary->state == PRIMARY_DOWN)
        primary->answering_us = now_us;

    switch (primary->state) {
    case PRIMARY_UNKNOWN:
        return primary_become(primary, policy, PRIMARY_UP, now_us);
    case PRIMARY_UP:
        return FALSE;
    case PRIMARY_SUSPECT:
        /* One that answers checks and nobody else's requests stays suspect for a while. */
        return (primary->failures[PRIMARY_BY_TRAFFIC] == 0 ||
                primary->answers >= policy->up_after) &&
               primary_become(primary, policy, PRIMARY_UP, now_us);
    case PRIMARY_DOWN:
        return primary->answers >= policy->up_after &&
               now_us - primary->answering_us >= primary_probation_us(primary, policy) &&
               primary_become(primary, policy, PRIMARY_UP, now_us);
    }
    return FALSE;
}

static gboolean primary_failed(Primary *primary, const PrimaryPolicy *policy,
                               PrimaryWitness witness, PrimarySign sign, gint64 now_us)
{
    gboolean hearsay = sign == PRIMARY_REFUSED && witness == PRIMARY_BY_TRAFFIC;

    if (sign == PRIMARY_REFUSED)
        primary->refused++;
    else
        primary->silent++;
    primary->missed_us = now_us;
    primary->answers = 0;
    /* The 503 may be of somebody behind it, whom it relays: it casts suspicion, our check decides.
     */
    if (!hearsay)
        primary->failures[witness]++;

    switch (primary->state) {
    case PRIMARY_UNKNOWN:
    case PRIMARY_UP:
    case PRIMARY_SUSPECT:
        if (!hearsay && primary->failures[witness] >= policy->down_after)
            return primary_become(primary, policy, PRIMARY_DOWN, now_us);
        return primary_become(primary, policy, PRIMARY_SUSPECT, now_us);
    case PRIMARY_DOWN:
        return FALSE;
    }
    return FALSE;
}

gboolean primary_hear(Primary *primary, const PrimaryPolicy *policy, PrimaryWitness witness,
                      PrimarySign sign, gint64 now_us)
{
    if (sign == PRIMARY_ANSWERED)
        return primary_answered(primary, policy, witness, now_us);
    return primary_failed(primary, policy, witness, sign, now_us);
}

gboolean primary_is_usable(const Primary *primary)
{
    switch (primary->state) {
    case PRIMARY_UNKNOWN:
    case PRIMARY_UP:
        return TRUE;
    case PRIMARY_SUSPECT:
        return primary->heard_us > primary->missed_us;
    case PRIMARY_DOWN:
        return FALSE;
    }
    return FALSE;
}

gint64 primary_interval_us(const Primary *primary, const PrimaryPolicy *policy)
{
    return primary->state == PRIMARY_UP ? policy->check_us : policy->check_down_us;
}

gint64 primary_patience_us(const Primary *primary, const PrimaryPolicy *policy, gint64 sent_us,
                           gint64 now_us)
{
    gint64 until = sent_us + policy->patience_us;

    /* It answered somebody else meanwhile: this request was lost on its way, or is a slow one. */
    if (primary->state == PRIMARY_UP && primary->heard_us > sent_us)
        until = MIN(primary->heard_us + policy->patience_us,
                    sent_us + PATIENCE_MAX * policy->patience_us);
    return until - now_us;
}
