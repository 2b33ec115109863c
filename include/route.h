/* Routes: ordered rules, the first that matches decides where a call goes and how its numbers are rewritten.
 *
 * Home thread: signalling (pure functions over constant settings).
 */
#pragma once

#include "settings.h"
#include "values.h"

typedef enum RouteResult {
    ROUTE_FOUND,
    ROUTE_INCOMPLETE, /* no match yet, or only a later rule's, but more digits may give one */
    ROUTE_NO_MATCH,   /* 404 / cause 3 */
    ROUTE_BARRED,     /* transit or international without permission: 403 / cause 21 (international) or 57 */
} RouteResult;

/* One target of a match: exactly one of trunk and uri is set. */
typedef struct RouteTarget {
    const TrunkSettings *trunk;
    const PeerSettings *peer; /* the [peer] a uri leads to, when it names one */
    char uri[URI_MAX];
} RouteTarget;

typedef struct RouteMatch {
    const RouteSettings *route;
    CallSetup setup;    /* numbers after rewriting, before number_to_trunk() */
    RouteTarget target; /* the alternative asked for */
    gboolean open;      /* the route takes longer numbers that begin like this one, too */
    char why[160];      /* for ROUTE_BARRED and ROUTE_NO_MATCH: the reason, for people */
    guint8 cause;       /* for ROUTE_BARRED and ROUTE_NO_MATCH: 21, 57; 28 when digits are missing, else 3 */
} RouteMatch;

/* Matches SETUP from ORIGIN. ALTERNATIVE 0 is the first target, 1 the second ...; past the last: ROUTE_NO_MATCH.
 * A setup with complete set never gives ROUTE_INCOMPLETE. */
RouteResult route_match(const Settings *settings, const CallOrigin *origin, const CallSetup *setup,
                        guint alternative, RouteMatch *match);

/* Makes CALLED, as MATCH left it, what the trunk that MATCH found is told: a type or plan the route states stays. */
void route_dial(const RouteMatch *match, Number *called);

/* One pattern against digits: X 0-9, Z 1-9, N 2-9, [1-5] or [13-5], '.' one or more of anything (last only), '!' zero or more (last only),
 * others literally ('+' matches a leading plus of an international number). */
typedef enum PatternFit { PATTERN_NO, PATTERN_PARTIAL, PATTERN_YES } PatternFit;
PatternFit pattern_match(const char *pattern, const char *digits);
/* Does PATTERN leave the end of what it fits open? */
gboolean pattern_is_open(const char *pattern);
/* FALSE with ERROR when PATTERN is not well-formed. */
gboolean pattern_check(const char *pattern, GError **error);

/* What `tielinectl explain route FROM TO` prints: FROM is "trunk NAME NUMBER" or "IP-ADDRESS NUMBER" in two arguments. Caller frees. */
char *route_explain(const Settings *settings, const CallOrigin *origin, const CallSetup *setup);
