/* The control socket's file: made with its mode, a dead one replaced, a live one respected. */
#include "listen.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define SOCKET_MODE 0660

/* Sets ERROR to "PATH: WHAT"; FALSE always. */
static gboolean trouble(const char *path, const char *what, GError **error)
{
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", path, what);
    return FALSE;
}

/* Does a process listen at ADDRESS? */
static gboolean somebody_listens(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    gboolean live;

    if (fd < 0)
        return FALSE;
    /* EAGAIN: its backlog is full, so somebody has one. */
    live = connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 || errno == EAGAIN;
    close(fd);
    return live;
}

/* Removes what a daemon that died left behind, and nothing else. */
static gboolean dead_remove(const struct sockaddr_un *address, GError **error)
{
    GStatBuf status;

    if (g_lstat(address->sun_path, &status) != 0)
        return errno == ENOENT || trouble(address->sun_path, g_strerror(errno), error);
    if (!S_ISSOCK(status.st_mode))
        return trouble(address->sun_path, "is there and is no socket", error);
    if (somebody_listens(address))
        return trouble(address->sun_path, "another tielined answers there", error);
    if (g_unlink(address->sun_path) != 0)
        return trouble(address->sun_path, g_strerror(errno), error);
    return TRUE;
}

/* Makes the socket's folder where only its last level is missing: /run is empty after every boot. */
static void folder_make(const char *path)
{
    g_autofree char *folder = g_path_get_dirname(path);

    g_mkdir(folder, 0750); /* if it cannot, bind() says why */
}

GSocket *listen_unix(const char *path, GError **error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    GSocket *made = NULL;
    int fd;

    if (g_strlcpy(address.sun_path, path, sizeof address.sun_path) >= sizeof address.sun_path) {
        trouble(path, "is too long for a socket", error);
        return NULL;
    }
    if (!dead_remove(&address, error))
        return NULL;
    folder_make(path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    /* On Linux the file inherits the socket's mode less the umask: it is never wider than ours. The
     * chmod() then gives back what the umask took. */
    if (fd < 0 || fchmod(fd, SOCKET_MODE) != 0 ||
        bind(fd, (const struct sockaddr *)&address, sizeof address) != 0 ||
        g_chmod(path, SOCKET_MODE) != 0 || listen(fd, 16) != 0) {
        trouble(path, g_strerror(errno), error);
    } else {
        made = g_socket_new_from_fd(fd, error);
    }
    if (!made && fd >= 0)
        close(fd);
    return made;
}

void listen_forget(const char *path)
{
    g_unlink(path);
}
