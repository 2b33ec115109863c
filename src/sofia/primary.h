/* One primary proxy's health: what it answered and what it left unanswered, with hysteresis.
 *
 * Pure: signs and times in, a state out. A value, to be zero-initialised; nothing in it is owned.
 * Home thread: signalling.
 */
#pragma once

#include <glib.h>

typedef enum PrimaryState {
    PRIMARY_UNKNOWN, /* nothing heard and nothing missed yet: it is tried */
    PRIMARY_UP,
    PRIMARY_SUSPECT, /* something was missed: it is asked at once whether it lives */
    PRIMARY_DOWN,    /* requests are served without it */
} PrimaryState;

/* What a request to it came to. */
typedef enum PrimarySign {
    PRIMARY_ANSWERED, /* any response but 503: somebody is there who decides */
    PRIMARY_REFUSED,  /* 503 */
    PRIMARY_SILENT,   /* no response in time, or the network said that nobody listens */
} PrimarySign;

/* Whose request it was. */
typedef enum PrimaryWitness {
    PRIMARY_BY_CHECK,   /* our own OPTIONS */
    PRIMARY_BY_TRAFFIC, /* a request relayed for somebody else */
    PRIMARY_WITNESSES
} PrimaryWitness;

typedef struct PrimaryPolicy {
    gint64 check_us;      /* between checks while it is UP */
    gint64 check_down_us; /* between checks else */
    gint64 patience_us;   /* silence after which a request is served without it */
    guint down_after;     /* failures in a row */
    guint up_after;       /* answers in a row that end an outage ... */
    gint64 up_time_us;    /* ... if the first and the last of them lie so far apart */
} PrimaryPolicy;

typedef struct Primary {
    PrimaryState state;
    gint64 since_us;                   /* when it came to STATE */
    gint64 heard_us;                   /* its last answer; 0: none ever */
    gint64 missed_us;                  /* its last failure; 0: none ever */
    guint failures[PRIMARY_WITNESSES]; /* in a row, by witness */
    guint answers;                     /* in a row */
    gint64 answering_us;               /* the first of these, in an outage */
    gint64 returned_us;                /* when the last outage ended */
    guint
        relapses; /* outages each of which came soon after the one before: the next lasts longer */
    guint64 answered, refused, silent, outages; /* counters */
} Primary;

/* Takes SIGN into account; TRUE when the state changed. */
gboolean primary_hear(Primary *primary, const PrimaryPolicy *policy, PrimaryWitness witness,
                      PrimarySign sign, gint64 now_us);
/* May requests go to it? Not while it is DOWN, nor from a failure on until it answers something
 * again. */
gboolean primary_is_usable(const Primary *primary);
/* How long after a check the next one is due. */
gint64 primary_interval_us(const Primary *primary, const PrimaryPolicy *policy);
/* How much longer a request sent at SENT_US and unanswered may wait; 0 or less: serve it now, and
 * count it as PRIMARY_SILENT. */
gint64 primary_patience_us(const Primary *primary, const PrimaryPolicy *policy, gint64 sent_us,
                           gint64 now_us);
/* How long it has to answer without a failure until an outage is over. */
gint64 primary_probation_us(const Primary *primary, const PrimaryPolicy *policy);
/* What STATUS, a response's, says of it. */
PrimarySign primary_sign_of(guint status);
/* "unknown", "up", "suspect", "down" */
const char *primary_state_name(PrimaryState state);
