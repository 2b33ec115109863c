/* A daemon of paper rooms with a real control socket and a real signalling thread, for the tests of
 * ctl. */
#include "ctl_daemon.h"

#include <gio/gio.h>
#include <glib/gstdio.h>

const char daemon_conf[] =
    "[span e1]\nbackend = pair\n[trunk pbx]\nspan = e1\nt301 = 4m\n"
    "[route out]\nfrom = 192.0.2.0/24, pbx\ncalled = 2XX\nto = trunk pbx, sip:a@b\n"
    "[route in]\nto = sip:{number}@192.0.2.9\n"
    "[peer proxy]\nnetwork = 192.0.2.7\n";

static gpointer signalling_run(gpointer data)
{
    loop_epoll_run(data);
    return NULL;
}

static void on_drain(void *user)
{
    Fixture *fixture = user;

    fixture->drained++;
    fixture->drain_thread = g_thread_self();
}

static gboolean on_undrain(void *user, GError **error)
{
    Fixture *fixture = user;

    if (fixture->leaving) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "the daemon is stopping");
        return FALSE;
    }
    fixture->drained--;
    fixture->drain_thread = NULL;
    return TRUE;
}

static gboolean on_reload(void *user, char **waiting, GError **error)
{
    Fixture *fixture = user;

    *waiting = g_strdup(fixture->waiting);
    if (fixture->reloaded++ == 0)
        return TRUE;
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "tieline.conf:1: a\ntieline.conf:2: b");
    return FALSE;
}

static void mailbox_note(MwiBook *book, MwiSide side, const char *mailbox, guint fresh, guint age_s)
{
    MwiEntry entry = {.side = side,
                      .trunk = "pbx",
                      .state = {fresh > 0, TRUE, fresh, 0, 0, 0},
                      .since_us = g_get_real_time() - age_s * G_USEC_PER_SEC};

    g_strlcpy(entry.mailbox, mailbox, sizeof entry.mailbox);
    g_assert_cmpint(mwi_book_note(book, &entry), ==, MWI_CHANGED);
}

void fixture_open(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;

    fixture->folder = g_dir_make_tmp("tieline-ctl-XXXXXX", &error);
    g_assert_no_error(error);
    fixture->path = g_build_filename(fixture->folder, "control", NULL);
    text = g_strdup_printf("[system]\ncontrol = %s\n%s", fixture->path, daemon_conf);
    fixture->settings = settings_parse("test.conf", text, &error);
    g_assert_no_error(error);
    fixture->loop = loop_epoll_new(&error);
    g_assert_no_error(error);
    fixture->signalling = g_thread_new("signalling", signalling_run, fixture->loop);
    fixture->mwi = mwi_book_new(2);
    mailbox_note(fixture->mwi, MWI_BY_PBX, "200", 2, 65);
    mailbox_note(fixture->mwi, MWI_BY_SIP, "300", 0, 3);
    fixture->rooms = (CtlRooms){.signalling = fixture->loop,
                                .phones = (Phones *)&paper, /* of paper, too */
                                .mwi = fixture->mwi,
                                .settings = fixture->settings,
                                .drain = on_drain,
                                .undrain = on_undrain,
                                .reload = on_reload,
                                .user = fixture};
    paper = (PaperNotes){0};
    paper_calls = 2;
    fixture->ctl = ctl_new(&fixture->rooms, &error);
    g_assert_no_error(error);
}

void fixture_close(Fixture *fixture, gconstpointer data)
{
    g_clear_pointer(&fixture->ctl, ctl_free);
    g_assert_false(g_file_test(fixture->path, G_FILE_TEST_EXISTS));
    loop_epoll_quit(fixture->loop);
    g_thread_join(fixture->signalling);
    loop_epoll_free(fixture->loop);
    while (g_main_context_iteration(NULL, FALSE))
        ;
    settings_free(fixture->settings);
    mwi_book_free(fixture->mwi);
    g_assert_cmpint(g_rmdir(fixture->folder), ==, 0);
    g_free(fixture->path);
    g_free(fixture->folder);
}
