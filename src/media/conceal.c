/* spandsp's packet loss concealment, taken sample by sample. */
#include "conceal.h"

#include <string.h>

void conceal_begin(Conceal *conceal, const gint16 *history)
{
    gint16 heard[CONCEAL_HISTORY]; /* plc_rx() may write to what it is given */

    memcpy(heard, history, sizeof(heard));
    plc_init(&conceal->plc);
    plc_rx(&conceal->plc, heard, CONCEAL_HISTORY);
    conceal->used = CONCEAL_CHUNK;
}

gint16 conceal_next(Conceal *conceal)
{
    if (conceal->used == CONCEAL_CHUNK) {
        plc_fillin(&conceal->plc, conceal->made, CONCEAL_CHUNK);
        conceal->used = 0;
    }
    return conceal->made[conceal->used++];
}
