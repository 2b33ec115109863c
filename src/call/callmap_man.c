/* Writes tieline-callmap(7) to standard output; `make update-docs` keeps the result in doc/. */
#include "callmap.h"

int main(void)
{
    g_autoptr(GError) error = NULL;

    if (!callmap_open(&error)) {
        g_printerr("callmap-man: %s\n", error->message);
        return 1;
    }
    callmap_print(stdout, CALLMAP_MAN);
    return fflush(stdout) ? 1 : 0;
}
