/* Rooms of paper for the tests of ctl: two calls, one span, and a note of what was asked of them.
 */
#pragma once

#include "ctl.h"

/* What the commands did to the rooms. */
typedef struct PaperNotes {
    guint32 cleared; /* the call OPERATOR.CLEAR was raised for */
    guint8 cause;
    guint32 sheltered; /* the call for help; 0: none */
    gboolean draining;
    GThread *thread; /* that raised it */
    guint standing;  /* calls on the span that isdn_take_out() sees */
    guint taken_out; /* spans */
    guint busied;    /* 1000 for the first span, and its channel, and 100 for force; returned: N */
    SelftestReport selftest;
    guint selftest_asks;         /* until it is over, and then the next one */
    gboolean selftest_bad;       /* a channel is silent, another crossed */
    gboolean selftest_overtaken; /* another one is begun behind our back */
} PaperNotes;

extern PaperNotes paper;
/* How many calls live in the paper hall; their ids count from 41. */
extern guint paper_calls;
