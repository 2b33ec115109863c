/* Two CESoPSN ends that face each other over loopback, perhaps through a relay, in faked time. */
#pragma once

#include "cesopsn_end.h"
#include "loop_virtual.h"

#define MS 1000
#define SECOND (1000 * MS)

typedef struct Line {
    Loop *loop;
    End a, b; /* a: master unless the test says else; b: slave */
    Relay relay;
    gboolean relayed;
} Line;

void line_init(Line *self, gboolean relayed);
void line_open(Line *self);
/* Opens both ends and lets their alarms clear. */
void line_up(Line *self);
void line_clear(Line *self);
/* Nothing but whole packets in order has come to END, and its clock was never late. */
void assert_undisturbed(const End *end);
