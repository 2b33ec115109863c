/* Q.850 causes and SIP statuses: names, and the two translation tables with a trunk's overrides.
 *
 * The tables are the project column of the cause mapping (RFC 4497 8.4 filled from RFC 3398 7.2.4.1
 * and 8.2.6.1). Every one of the causes 1-127 and every status 300-699 has an answer.
 * Home thread: any; the tables are constant.
 */
#pragma once

#include "settings.h"

#include <stdio.h>

/* Q.850 cause values the code names. */
typedef enum Cause {
    CAUSE_UNALLOCATED_NUMBER = 1,
    CAUSE_NO_ROUTE_TO_DESTINATION = 3,
    CAUSE_CHANNEL_UNACCEPTABLE = 6,
    CAUSE_PREEMPTION = 8,
    CAUSE_PREEMPTION_REUSED = 9,
    CAUSE_NORMAL_CALL_CLEARING = 16,
    CAUSE_USER_BUSY = 17,
    CAUSE_NO_USER_RESPONDING = 18,
    CAUSE_NO_ANSWER = 19,
    CAUSE_SUBSCRIBER_ABSENT = 20,
    CAUSE_CALL_REJECTED = 21,
    CAUSE_NUMBER_CHANGED = 22,
    CAUSE_REDIRECTION = 23,
    CAUSE_DESTINATION_OUT_OF_ORDER = 27,
    CAUSE_INVALID_NUMBER_FORMAT = 28,
    CAUSE_STATUS_ENQUIRY_RESPONSE = 30,
    CAUSE_NORMAL_UNSPECIFIED = 31,
    CAUSE_NO_CIRCUIT = 34,
    CAUSE_NETWORK_OUT_OF_ORDER = 38,
    CAUSE_TEMPORARY_FAILURE = 41,
    CAUSE_SWITCH_CONGESTION = 42,
    CAUSE_CHANNEL_NOT_AVAILABLE = 44,
    CAUSE_RESOURCE_UNAVAILABLE = 47,
    CAUSE_BEARER_NOT_AUTHORIZED = 57,
    CAUSE_BEARER_NOT_AVAILABLE = 58,
    CAUSE_BEARER_NOT_IMPLEMENTED = 65,
    CAUSE_FACILITY_NOT_IMPLEMENTED = 69,
    CAUSE_INVALID_CALL_REFERENCE = 81,
    CAUSE_CHANNEL_DOES_NOT_EXIST = 82,
    CAUSE_INCOMPATIBLE_DESTINATION = 88,
    CAUSE_MANDATORY_IE_MISSING = 96,
    CAUSE_IE_CONTENTS = 100,
    CAUSE_WRONG_CALL_STATE = 101,
    CAUSE_TIMER_EXPIRY = 102,
    CAUSE_PROTOCOL_ERROR = 111,
    CAUSE_INTERWORKING = 127,
} Cause;

/* "User busy"; unlisted values get their class's name ("Normal class (10)"). Never NULL. */
const char *cause_name(guint8 cause);
/* "Busy Here"; "" for a status RFC 3261 and its extensions do not name. */
const char *status_phrase(guint16 status);
/* RFC 8606 token of a Q.850 location: "U", "LPN" ... "LOC-12"; NULL for CAUSE_LOCATION_NONE. */
const char *cause_location_token(gint8 location);

/* The status of a final response for CAUSE heard at LOCATION (Q.850, or CAUSE_LOCATION_NONE). TRUNK's overrides first
 * (NULL: none). Values outside 1-127 count as 31. */
guint16 cause_to_status(const TrunkSettings *trunk, guint8 cause, gint8 location);

/* The cause for a SIP final STATUS 300-699; WARNING_BEARER: a Warning 304 or 305 came with it. Values outside count as 500. */
guint8 status_to_cause(const TrunkSettings *trunk, guint16 status, gboolean warning_bearer);

/* May a call that failed with CAUSE try the route's next alternative? The route's own list, or the default
 * (34 38 41 42 47, and 102 when our own timer made it: not here); 17 never. */
gboolean cause_allows_alternative(const RouteSettings *route, guint8 cause);
/* 34, 38, 41, 42, 47: the span has no room or no way on, another one of the same group may have. */
gboolean cause_blames_span(guint8 cause);
/* 6, 44, 82: the channel was at fault, another one of the same group may do. */
gboolean cause_blames_channel(guint8 cause);

/* What `tielinectl explain cause N` and `explain status N` print: name, class, translations, overrides, source clause. Caller frees. */
char *cause_explain(const TrunkSettings *trunk, guint8 cause);
char *status_explain(const TrunkSettings *trunk, guint16 status);
