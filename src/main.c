/* tielined: reads its options, then opens, runs and closes the house. */
#include "callmap.h"
#include "house.h"
#include "log.h"
#include "settings.h"

#include "config.h"

#include <stdlib.h>

/* Exit statuses, as tielined(8) lists them. */
enum { EXIT_TROUBLE = 1, EXIT_USAGE = 2 };

typedef struct Options {
    char *config;
    gboolean check_config;
    gboolean print_config;
    gboolean version;
    char *callmap; /* format of --print-callmap */
} Options;

static gboolean options_read(Options *options, int *argc, char ***argv)
{
    GOptionEntry entries[] = {
        {"config", 'c', 0, G_OPTION_ARG_FILENAME, &options->config, "Settings file", "FILE"},
        {"check-config", 0, 0, G_OPTION_ARG_NONE, &options->check_config,
         "Check the settings file and exit", NULL},
        {"print-config", 0, 0, G_OPTION_ARG_NONE, &options->print_config,
         "Print every setting in force and exit", NULL},
        {"print-callmap", 0, 0, G_OPTION_ARG_STRING, &options->callmap,
         "Print the call-mapping table and exit", "text|dot|json"},
        {"version", 0, 0, G_OPTION_ARG_NONE, &options->version, "Print the version and exit", NULL},
        {NULL},
    };
    g_autoptr(GOptionContext) context = g_option_context_new("- SIP-to-ISDN gateway");
    g_autoptr(GError) error = NULL;

    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, argc, argv, &error)) {
        g_printerr("tielined: %s\n", error->message);
        return FALSE;
    }
    if (*argc > 1) {
        g_printerr("tielined: unexpected argument: %s\n", (*argv)[1]);
        return FALSE;
    }
    if (!options->config)
        options->config = g_strdup(SYSCONFDIR "/tieline/tieline.conf");
    return TRUE;
}

static int print_callmap(const char *format)
{
    static const struct {
        const char *name;
        CallMapFormat format;
    } formats[] = {{"text", CALLMAP_TEXT}, {"dot", CALLMAP_DOT}, {"json", CALLMAP_JSON}};
    g_autoptr(GError) error = NULL;

    if (!callmap_open(&error)) {
        g_printerr("tielined: %s\n", error->message);
        return EXIT_TROUBLE;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(formats); i++) {
        if (g_strcmp0(formats[i].name, format) != 0)
            continue;
        callmap_print(stdout, formats[i].format);
        return EXIT_SUCCESS;
    }
    g_printerr("tielined: --print-callmap: %s is none of text, dot, json\n", format);
    return EXIT_USAGE;
}

static int serve(Settings *settings)
{
    g_autoptr(GError) error = NULL;
    House *house = house_open(settings, &error);

    if (!house) {
        log_error("tielined: %s", error->message);
        return EXIT_TROUBLE;
    }
    house_run(house);
    house_close(house);
    return EXIT_SUCCESS;
}

static int run(const Options *options)
{
    g_autoptr(Settings) settings = NULL;
    g_autoptr(GError) error = NULL;

    if (options->version) {
        puts("tielined " PACKAGE_VERSION);
        return EXIT_SUCCESS;
    }
    if (options->callmap)
        return print_callmap(options->callmap);
    settings = settings_load(options->config, &error);
    if (!settings) {
        g_printerr("%s\n", error->message);
        return EXIT_TROUBLE;
    }
    if (options->print_config)
        settings_print(settings, stdout);
    if (options->print_config || options->check_config)
        return EXIT_SUCCESS;
    return serve(g_steal_pointer(&settings));
}

int main(int argc, char **argv)
{
    Options options = {0};
    int status = options_read(&options, &argc, &argv) ? run(&options) : EXIT_USAGE;

    g_free(options.config);
    g_free(options.callmap);
    return status;
}
