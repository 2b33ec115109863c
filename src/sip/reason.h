/* The Reason header (RFC 3326, 6432, 8606): Q.850 causes on the SIP side. Home thread: any. */
#pragma once

#include "values.h"

typedef struct ReasonText {
    char text[208];
} ReasonText;

/* `Q.850;cause=17;text="User busy";location=RPN`; "" for cause 0. Before causes 8 and 9 stands a preemption of RFC 4411. */
void reason_write(guint8 cause, gint8 location, ReasonText *text);

/* A Q.850 location token ("U", "LPN" ... "LOC-12"); CAUSE_LOCATION_NONE when TOKEN is none. */
gint8 reason_location(const char *token);

/* Reads a cause parameter's value: 1-127, 0 when it is none. */
guint8 reason_cause(const char *value);
