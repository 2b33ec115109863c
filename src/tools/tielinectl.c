/* tielinectl: turns the words of a command line into a request to tielined, and the answer into
 * text. */
#include "desk_client.h"
#include "selftest_wait.h"
#include "views.h"

#include "config.h"

#include <gio/gio.h>
#include <string.h>
#include <unistd.h>

/* Exit statuses, as tielinectl(1) lists them. */
enum { EXIT_ANSWERED = 0, EXIT_REFUSED = 1, EXIT_USAGE = 2, EXIT_UNREACHABLE = 3 };

typedef enum WordKind { WORD_TEXT, WORD_NUMBER, WORD_CALL, WORD_ORIGIN, WORD_FORCE } WordKind;

/* One argument word of a command line. */
typedef struct Word {
    const char *member; /* of the request */
    WordKind kind;
    gboolean optional;
} Word;

typedef struct Verb {
    const char *command; /* its words on the command line, and its name for the daemon */
    const char *usage;   /* its arguments */
    const char *sentence;
    Word words[3];
} Verb;

static const Verb verbs[] = {
    {"show spans", "", "D channels, alarms and counters of every span"},
    {"show channels", "", "every B channel, its call and its media"},
    {"show calls", "", "every live call with the states of both legs"},
    {"show routes", "", "the routes in the order they are tried"},
    {"show timers", "", "every timer with its length for each trunk"},
    {"show counters", "", "what was counted since the start"},
    {"show registrations",
     "[AOR]",
     "where phones are reached, and how they are known",
     {{"aor", WORD_TEXT, TRUE}}},
    {"show primary", "", "the primary proxies, and whether they live"},
    {"show peers", "", "the peers, and our registrations with them"},
    {"show mwi", "", "mailboxes, and who has told what of them"},
    {"drop registration",
     "AOR [CONTACT]",
     "forget what a phone has registered",
     {{"aor", WORD_TEXT}, {"contact", WORD_TEXT, TRUE}}},
    {"ladder",
     "[CALL|last]",
     "the messages of a call, SIP left, Q.931 right",
     {{"call", WORD_CALL, TRUE}}},
    {"hangup",
     "CALL [CAUSE] [force]",
     "clear a call (with cause 16)",
     {{"call", WORD_CALL}, {"cause", WORD_NUMBER, TRUE}, {"force", WORD_FORCE, TRUE}}},
    {"busy-out span",
     "SPAN [force]",
     "place no more calls on a span; its calls finish",
     {{"span", WORD_TEXT}, {"force", WORD_FORCE, TRUE}}},
    {"busy-out channel",
     "SPAN/N [force]",
     "the same for one channel",
     {{"channel", WORD_TEXT}, {"force", WORD_FORCE, TRUE}}},
    {"return span", "SPAN", "use a busied-out span again", {{"span", WORD_TEXT}}},
    {"return channel", "SPAN/N", "use a busied-out channel again", {{"channel", WORD_TEXT}}},
    {"switch span", "SPAN", "make its D channel the active one of two", {{"span", WORD_TEXT}}},
    {"selftest span",
     "SPAN",
     "take a span out of service and check its loop",
     {{"span", WORD_TEXT}}},
    {"selftest result", "", "what the last selftest found"},
    {"drain", "", "take no new calls"},
    {"undrain", "", "take new calls again"},
    {"reload", "", "read the settings file anew"},
    {"explain cause",
     "N [TRUNK]",
     "a Q.850 cause and what it becomes",
     {{"cause", WORD_NUMBER}, {"trunk", WORD_TEXT, TRUE}}},
    {"explain status",
     "N [TRUNK]",
     "a SIP status and what it becomes",
     {{"status", WORD_NUMBER}, {"trunk", WORD_TEXT, TRUE}}},
    {"explain route",
     "FROM TO [CALLING]",
     "where a call would go; FROM is \"trunk NAME\" or an address",
     {{"from", WORD_ORIGIN}, {"to", WORD_TEXT}, {"calling", WORD_TEXT, TRUE}}},
    {"version", "", "the daemon's version and how long it runs"},
    {"ping", "", "is the daemon there?"},
};

/* How many of WORDS the command of VERB takes; 0 when they are not it. */
static int verb_match(const Verb *verb, char **words)
{
    g_auto(GStrv) parts = g_strsplit(verb->command, " ", -1);
    int count = 0;

    for (; parts[count]; count++) {
        if (!words[count] || strcmp(words[count], parts[count]) != 0)
            return 0;
    }
    return count;
}

/* Sets MEMBER from TEXT; FALSE with ERROR when TEXT is not of its kind. */
static gboolean word_set(JsonObject *request, const Word *word, const char *text, GError **error)
{
    const char *digits = text;
    guint64 number;

    if (word->kind == WORD_TEXT || word->kind == WORD_ORIGIN) {
        json_object_set_string_member(request, word->member, text);
        return TRUE;
    }
    if (word->kind == WORD_CALL && word->optional && strcmp(text, "last") == 0) {
        json_object_set_int_member(request, word->member, 0);
        return TRUE;
    }
    if (word->kind == WORD_CALL && (*text == 'C' || *text == 'c'))
        digits++;
    if (!g_ascii_string_to_unsigned(digits, 10, 0, G_MAXUINT32, &number, NULL)) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "\"%s\" is not a %s", text,
                    word->kind == WORD_CALL ? "call, like 42 or C42" : "number");
        return FALSE;
    }
    json_object_set_int_member(request, word->member, (gint64)number);
    return TRUE;
}

/* Fills REQUEST with the argument WORDS of VERB. */
static gboolean words_read(const Verb *verb, char **words, JsonObject *request, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(verb->words) && verb->words[i].member; i++) {
        const Word *word = &verb->words[i];
        g_autofree char *joined = NULL;

        if (!*words && word->optional)
            continue;
        if (word->optional && strcmp(*words, "force") == 0) {
            if (word->kind != WORD_FORCE)
                continue; /* its place is left out */
            json_object_set_string_member(request, word->member, "yes");
            words++;
            continue;
        }
        if (word->kind == WORD_FORCE)
            continue; /* any other word is one too many */
        /* explain route trunk pbx 100: two words are one origin */
        if (word->kind == WORD_ORIGIN && *words && strcmp(*words, "trunk") == 0 && words[1]) {
            joined = g_strjoin(" ", words[0], words[1], NULL);
            words++;
        }
        if (!*words) {
            g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "usage: tielinectl %s %s",
                        verb->command, verb->usage);
            return FALSE;
        }
        if (!word_set(request, word, joined ? joined : *words, error))
            return FALSE;
        words++;
    }
    if (!*words)
        return TRUE;
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "unexpected word \"%s\"", *words);
    return FALSE;
}

/* The request WORDS ask for; NULL with ERROR. */
static JsonObject *request_read(char **words, const char **command, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(verbs); i++) {
        int taken = verb_match(&verbs[i], words);
        g_autoptr(JsonObject) request = NULL;

        if (!taken)
            continue;
        request = json_object_new();
        *command = verbs[i].command;
        json_object_set_string_member(request, "command", *command);
        return words_read(&verbs[i], words + taken, request, error) ? g_steal_pointer(&request)
                                                                    : NULL;
    }
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "%s; try tielinectl --help",
                *words ? "unknown command" : "a command is missing");
    return NULL;
}

/* Asks the daemon, and again until there is more to tell than that something has begun. */
static Asked ask_to_the_end(const char *path, JsonObject *request, const char *command,
                            JsonNode **result, char **trouble)
{
    Asked asked = desk_ask(path, request, result, trouble);

    if (asked == ASKED_ANSWERED && strcmp(command, "selftest span") == 0)
        return selftest_wait(path, result, trouble);
    return asked;
}

static int ask(const char *path, JsonObject *request, const char *command, gboolean raw)
{
    g_autoptr(JsonNode) result = NULL;
    g_autofree char *trouble = NULL;
    gboolean colour = isatty(STDOUT_FILENO) && !g_getenv("NO_COLOR");

    switch (ask_to_the_end(path, request, command, &result, &trouble)) {
    case ASKED_ANSWERED:
        break;
    case ASKED_REFUSED:
        g_printerr("tielinectl: %s\n", trouble);
        return EXIT_REFUSED;
    case ASKED_UNREACHABLE:
        g_printerr("tielinectl: tielined is not reachable: %s\n", trouble);
        return EXIT_UNREACHABLE;
    }
    if (raw || !view_print(stdout, command, result, colour)) {
        g_autofree char *text = json_to_string(result, FALSE);

        printf("%s\n", text);
    }
    if (g_str_has_prefix(command, "selftest ") && !selftest_passed(result))
        return EXIT_REFUSED;
    return EXIT_ANSWERED;
}

/* The list of commands for --help. Caller frees. */
static char *summary_text(void)
{
    GString *text = g_string_new("Commands:");

    for (gsize i = 0; i < G_N_ELEMENTS(verbs); i++) {
        g_autofree char *call = g_strjoin(" ", verbs[i].command, verbs[i].usage, NULL);

        g_string_append_printf(text, "\n  %-32s %s", call, verbs[i].sentence);
    }
    return g_string_free(text, FALSE);
}

static int run(char **words, const char *path, gboolean raw)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) request = NULL;
    const char *command = NULL;

    request = request_read(words, &command, &error);
    if (request)
        return ask(path, request, command, raw);
    g_printerr("tielinectl: %s\n", error->message);
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    g_autofree char *path = NULL;
    g_auto(GStrv) words = NULL;
    gboolean raw = FALSE, version = FALSE;
    const GOptionEntry entries[] = {
        {"socket", 's', 0, G_OPTION_ARG_FILENAME, &path,
         "The daemon's control socket (/run/tieline/control)", "PATH"},
        {"json", 'j', 0, G_OPTION_ARG_NONE, &raw, "Print the answer as JSON", NULL},
        {"version", 0, 0, G_OPTION_ARG_NONE, &version, "Print the version and exit", NULL},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &words, NULL, "COMMAND"},
        {NULL},
    };
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_autofree char *summary = summary_text();
    g_autoptr(GError) error = NULL;
    char *none[] = {NULL};

    g_option_context_set_summary(context, summary);
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error)) {
        g_printerr("tielinectl: %s\n", error->message);
        return EXIT_USAGE;
    }
    if (version) {
        puts("tielinectl " PACKAGE_VERSION);
        return EXIT_ANSWERED;
    }
    return run(words ? words : none, path ? path : "/run/tieline/control", raw);
}
