/* Lets a test whose far ends speak by the clock go before other work of the machine, where that is allowed. */
#pragma once

#include <sched.h>

/* The calling thread and those it starts later run under SCHED_RR; without the right to, nothing changes. */
static inline void real_time_ask(void)
{
    const struct sched_param first = {.sched_priority = 1};

    (void)sched_setscheduler(0, SCHED_RR, &first);
}
