/* The house: opens every room in order, joins them, and closes them in reverse.
 *
 * Home thread: operator (main).
 */
#pragma once

#include "settings.h"

typedef struct House House;

/* Opens the rooms with SETTINGS (taken). NULL with ERROR naming what could not be opened; whatever
 * was open is closed again. */
House *house_open(Settings *settings, GError **error);

/* Serves until SIGTERM or SIGINT: new calls are then refused, live ones may finish within [system]
 * grace, the rest is cleared with cause 41; a second signal clears at once. SIGHUP reads the
 * settings anew. */
void house_run(House *house);

void house_close(House *house);
