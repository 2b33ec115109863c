/* Standard error, kept in a file while a story runs. */
#include "log_heard.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <unistd.h>

char *log_heard(void (*func)(void))
{
    g_autofree char *file = NULL;
    char *text = NULL;
    int kept = dup(STDERR_FILENO), fd = g_file_open_tmp("tieline-log-XXXXXX", &file, NULL);

    g_assert_cmpint(fd, >=, 0);
    dup2(fd, STDERR_FILENO);
    func();
    dup2(kept, STDERR_FILENO);
    close(fd);
    close(kept);
    g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
    g_unlink(file);
    g_test_message("%s", text);
    return text;
}
