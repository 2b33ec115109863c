/* Prints the manual page of the settings, for doc/tieline.conf.5. */
#include "settings.h"

int main(void)
{
    settings_print_man(stdout);
    return 0;
}
