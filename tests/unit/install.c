/* What is installed beside the programs: the service's sandbox, the completion, the manual pages.
 */
#include <gio/gio.h>
#include <string.h>

/* Runs LINE in a shell; its standard output. Fails unless it exits with 0 and says nothing on
 * standard error. */
static char *shell_run(const char *line)
{
    g_autofree char *err = NULL;
    g_autoptr(GError) error = NULL;
    char *out = NULL;
    const char *argv[] = {"bash", "-c", line, NULL};
    int status;

    g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out, &err, &status,
                 &error);
    g_assert_no_error(error);
    g_assert_cmpstr(err, ==, "");
    g_spawn_check_wait_status(status, &error);
    g_assert_no_error(error);
    return out;
}

static gboolean program_is_there(const char *name)
{
    g_autofree char *path = g_find_program_in_path(name);

    if (!path) {
        g_autofree char *words = g_strdup_printf("%s is not installed", name);

        g_test_skip(words);
    }
    return path != NULL;
}

/* systemd's own judgement of the sandbox: 2.0 at most. */
static void test_service(void)
{
    g_autofree char *out = NULL;

    if (!program_is_there("systemd-analyze"))
        return;
    out =
        shell_run("systemd-analyze security --offline=true --threshold=20 --no-pager " TOP_BUILDDIR
                  "/contrib/systemd/tielined.service 2>&1");
    g_assert_nonnull(strstr(out, "Overall exposure level for tielined.service: "));
}

/* Nothing of the template is left. */
static void test_service_filled(void)
{
    g_autofree char *text = NULL;

    g_assert_true(
        g_file_get_contents(TOP_BUILDDIR "/contrib/systemd/tielined.service", &text, NULL, NULL));
    g_assert_null(strstr(text, "dir@"));
    g_assert_null(strstr(text, "type@"));
    g_assert_nonnull(strstr(text, "/tielined --check-config -c /"));
}

/* The user who is made, who runs the service and who may open the card's devices are one. */
static void test_one_user(void)
{
    static const struct {
        const char *file, *words;
    } rows[] = {
        {TOP_SRCDIR "/contrib/sysusers.d/tieline.conf", "\nu tieline - "},
        {TOP_SRCDIR "/contrib/udev/60-tieline-dahdi.rules", ", GROUP=\"tieline\", MODE=\"0660\""},
        {TOP_BUILDDIR "/contrib/systemd/tielined.service", "\nGroup=tieline\n"},
        {TOP_BUILDDIR "/contrib/systemd/tielined.service", "\nDeviceAllow=char-196 rw\n"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = NULL;

        g_assert_true(g_file_get_contents(rows[i].file, &text, NULL, NULL));
        g_assert_nonnull(strstr(text, rows[i].words));
    }
}

static void test_man_page(gconstpointer data)
{
    g_autofree char *line =
        g_strdup_printf("groff -man -Tutf8 -ww -z %s/doc/%s", TOP_SRCDIR, (const char *)data);
    g_autofree char *out = NULL;

    if (!program_is_there("groff"))
        return;
    out = shell_run(line);
    g_assert_cmpstr(out, ==, "");
}

/* Every command that tielinectl --help lists is in its manual. */
static void test_manual_is_whole(void)
{
    g_autofree char *help = shell_run(TOP_BUILDDIR "/tielinectl --help");
    g_autofree char *page = NULL;
    g_auto(GStrv) lines = g_strsplit(strstr(help, "Commands:\n") + strlen("Commands:\n"), "\n", -1);
    guint commands = 0;

    g_assert_true(g_file_get_contents(TOP_SRCDIR "/doc/tielinectl.1", &page, NULL, NULL));
    g_strdelimit(page, "\"", ' ');
    for (char **line = lines; **line; line++, commands++) {
        g_auto(GStrv) words = g_strsplit(*line + 2, " ", 3);
        gboolean two = g_str_equal(words[0], "show") || g_str_equal(words[0], "explain") ||
                       g_str_equal(words[0], "selftest");
        g_autofree char *plain =
            g_strdup_printf("\n.B %s%s%s\n", words[0], two ? " " : "", two ? words[1] : "");
        g_autofree char *mixed =
            g_strdup_printf("\n.BR %s%s%s ", words[0], two ? " " : "", two ? words[1] : "");
        g_autofree char *quoted =
            g_strdup_printf("\n.BR  %s%s%s ", words[0], two ? " " : "", two ? words[1] : "");

        g_assert_true(strstr(page, plain) || strstr(page, mixed) || strstr(page, quoted));
    }
    g_assert_cmpuint(commands, >=, 18);
}

/* ---- completion ---- */

typedef struct CompletionCase {
    const char *words, *offered;
} CompletionCase;

static const CompletionCase completions[] = {
    {"tielinectl sh", "show"},
    {"tielinectl show c", "channels calls counters"},
    {"tielinectl -s /tmp/x explain ''", "cause status route"},
    {"tielinectl --json ladder ''", "last"},
    {"tielinectl explain route ''", "trunk"},
    {"tielinectl hangup ''", ""},
    {"tielinectl dro", "drop"},
    {"tielinectl drop ''", "registration"},
    {"tielinectl selftest ''", "span result"},
    {"tielinectl --j", "--json"},
    {"tielinectl show calls ''", ""},
};

static void test_completion(gconstpointer data)
{
    const CompletionCase *row = data;
    g_autofree char *line = g_strdup_printf(
        "source %s/contrib/bash-completion/tielinectl; COMP_WORDS=(%s); "
        "COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _tielinectl; printf '%%s' \"${COMPREPLY[*]}\"",
        TOP_SRCDIR, row->words);
    g_autofree char *out = shell_run(line);

    g_assert_cmpstr(out, ==, row->offered);
}

int main(int argc, char **argv)
{
    static const char *const pages[] = {"tieline.conf.5", "tieline-callmap.7", "tieline-pbx.1",
                                        "tielinectl.1", "tielined.8"};

    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/install/service/sandbox", test_service);
    g_test_add_func("/install/service/filled", test_service_filled);
    g_test_add_func("/install/service/one-user", test_one_user);
    g_test_add_func("/install/man/whole", test_manual_is_whole);
    for (gsize i = 0; i < G_N_ELEMENTS(pages); i++) {
        g_autofree char *path = g_strdup_printf("/install/man/%s", pages[i]);

        g_test_add_data_func(path, pages[i], test_man_page);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(completions); i++) {
        g_autofree char *path = g_strdup_printf("/install/completion/%u", (guint)i);

        g_test_add_data_func(path, &completions[i], test_completion);
    }
    return g_test_run();
}
