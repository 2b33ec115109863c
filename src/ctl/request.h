/* A request of the control socket: one JSON object, checked against the table of commands.
 *
 * Private to src/ctl. Home thread: operator for parsing; each command says its own.
 */
#pragma once

#include "ctl.h"

/* What a command may look at. */
typedef struct CtlScene {
    CtlRooms rooms;
    const Settings
        *opened;       /* the settings the spans were opened with; a reload does not change them */
    gint64 started_us; /* clock_now_us() */
    gint *draining;    /* atomic: what the operator asked for last; the desk's */
} CtlScene;

/* Where a command runs. */
typedef enum CommandHome {
    HOME_OPERATOR,   /* at once, in the main thread */
    HOME_SIGNALLING, /* posted to signalling; its answer comes back as a value */
} CommandHome;

typedef enum ArgumentKind {
    ARGUMENT_NUMBER,
    ARGUMENT_TEXT,
} ArgumentKind;

/* One argument of a command. */
typedef struct CommandArgument {
    const char *name;
    ArgumentKind kind;
    gboolean required;
    gint64 min, max; /* of numbers; of texts: the longest in octets is max */
} CommandArgument;

#define COMMAND_ARGUMENTS 3

typedef struct Command {
    const char *name; /* "show calls" */
    CommandHome home;
    gboolean changes;                             /* it changes something: who asked is logged */
    CommandArgument arguments[COMMAND_ARGUMENTS]; /* ends with a NULL name, or is full */
    /* The answer, owned by the caller; NULL with ERROR when there is none. ARGUMENTS are checked
     * already. */
    JsonNode *(*run)(CtlScene *scene, JsonObject *arguments, GError **error);
} Command;

/* A table of commands. */
typedef struct CommandTable {
    const Command *rows;
    gsize count;
} CommandTable;

typedef struct Request {
    const Command *command;
    JsonObject *arguments; /* the whole request object */
} Request;

/* Reads LINE (LENGTH octets, without line feed). NULL with ERROR when it is no JSON object, names
 * no command of TABLE, or its arguments are not the command's. */
Request *request_parse(const CommandTable *table, const char *line, gsize length, GError **error);
void request_free(Request *request);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Request, request_free)

/* "hangup call=42 cause=16": for the log. Caller frees. */
char *request_describe(const Request *request);

/* The reply line, line feed included, to RESULT (consumed), or to ERROR when RESULT is NULL. */
GBytes *reply_new(JsonNode *result, const GError *error);

/* The number or text of an argument that may be missing. */
gint64 argument_number(JsonObject *arguments, const char *name, gint64 otherwise);
const char *argument_text(JsonObject *arguments, const char *name, const char *otherwise);

#define CTL_ERROR G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT
