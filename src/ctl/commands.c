/* The table of commands: name, home thread, arguments. */
#include "commands.h"

#define LONGEST 128     /* octets of a text argument */
#define URI_LONGEST 512 /* of one that is a URI */
#define NUMBER_ARGUMENT(name, needed, from, to)                                                    \
    {                                                                                              \
        name, ARGUMENT_NUMBER, needed, from, to                                                    \
    }
#define TEXT_ARGUMENT(name, needed)                                                                \
    {                                                                                              \
        name, ARGUMENT_TEXT, needed, 0, LONGEST                                                    \
    }
#define LONG_ARGUMENT(name, needed)                                                                \
    {                                                                                              \
        name, ARGUMENT_TEXT, needed, 0, URI_LONGEST                                                \
    }
#define WITH(...) .arguments = {__VA_ARGS__}

static const Command rows[] = {
    {"show spans", HOME_SIGNALLING, .run = command_show_spans},
    {"show channels", HOME_SIGNALLING, .run = command_show_channels},
    {"show calls", HOME_SIGNALLING, .run = command_show_calls},
    {"show routes", HOME_OPERATOR, .run = command_show_routes},
    {"show timers", HOME_OPERATOR, .run = command_show_timers},
    {"show counters", HOME_SIGNALLING, .run = command_show_counters},
    {"show registrations", HOME_SIGNALLING, .run = command_show_registrations,
     WITH(TEXT_ARGUMENT("aor", FALSE))}, /* none: all */
    {"show primary", HOME_SIGNALLING, .run = command_show_primary},
    {"show peers", HOME_SIGNALLING, .run = command_show_peers},
    {"show mwi", HOME_SIGNALLING, .run = command_show_mwi},
    {"drop registration", HOME_SIGNALLING, TRUE, .run = command_drop_registration,
     WITH(TEXT_ARGUMENT("aor", TRUE), LONG_ARGUMENT("contact", FALSE))},
    {"ladder", HOME_SIGNALLING, .run = command_ladder,
     WITH(NUMBER_ARGUMENT("call", FALSE, 0, G_MAXUINT32))}, /* 0, or none: the last call */
    {"hangup", HOME_SIGNALLING, TRUE, .run = command_hangup,
     WITH(NUMBER_ARGUMENT("call", TRUE, 1, G_MAXUINT32), NUMBER_ARGUMENT("cause", FALSE, 1, 127),
          TEXT_ARGUMENT("force", FALSE))}, /* "yes": an emergency call, too */
    {"busy-out span", HOME_SIGNALLING, TRUE, .run = command_busy_out_span,
     WITH(TEXT_ARGUMENT("span", TRUE), TEXT_ARGUMENT("force", FALSE))}, /* "yes": clears calls */
    {"busy-out channel", HOME_SIGNALLING, TRUE, .run = command_busy_out_channel,
     WITH(TEXT_ARGUMENT("channel", TRUE), TEXT_ARGUMENT("force", FALSE))},
    {"return span", HOME_SIGNALLING, TRUE, .run = command_return_span,
     WITH(TEXT_ARGUMENT("span", TRUE))},
    {"return channel", HOME_SIGNALLING, TRUE, .run = command_return_channel,
     WITH(TEXT_ARGUMENT("channel", TRUE))},
    {"switch span", HOME_SIGNALLING, TRUE, .run = command_switch_span,
     WITH(TEXT_ARGUMENT("span", TRUE))},
    {"selftest span", HOME_SIGNALLING, TRUE, .run = command_selftest_span,
     WITH(TEXT_ARGUMENT("span", TRUE))},
    {"selftest result", HOME_SIGNALLING, .run = command_selftest_result},
    {"drain", HOME_OPERATOR, TRUE, .run = command_drain},
    {"undrain", HOME_OPERATOR, TRUE, .run = command_undrain},
    {"reload", HOME_OPERATOR, TRUE, .run = command_reload},
    {"explain cause", HOME_OPERATOR, .run = command_explain_cause,
     WITH(NUMBER_ARGUMENT("cause", TRUE, 1, 127), TEXT_ARGUMENT("trunk", FALSE))},
    {"explain status", HOME_OPERATOR, .run = command_explain_status,
     WITH(NUMBER_ARGUMENT("status", TRUE, 300, 699), TEXT_ARGUMENT("trunk", FALSE))},
    {"explain route", HOME_OPERATOR, .run = command_explain_route,
     WITH(TEXT_ARGUMENT("from", TRUE), TEXT_ARGUMENT("to", TRUE), TEXT_ARGUMENT("calling", FALSE))},
    {"version", HOME_OPERATOR, .run = command_version},
    {"ping", HOME_OPERATOR, .run = command_ping},
};

const CommandTable commands = {rows, G_N_ELEMENTS(rows)};
