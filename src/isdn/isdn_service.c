/* A span taken out of service by the operator, and put back. */
#include "dchan.h"
#include "isdn_leg.h"

/* Calls that hold a channel, and those that have left theirs but are not cleared yet. */
static guint calls_on(DChannel *dchan)
{
    const GPtrArray *legs = dchan_legs(dchan);
    guint count = 0;

    for (guint i = 0; i < BCHAN_SLOTS; i++)
        count += dchan_bchans(dchan)->slot[i].call != 0;
    for (guint i = 0; i < legs->len; i++)
        count += ((const IsdnLeg *)legs->pdata[i])->call == NULL;
    return count;
}

gboolean isdn_take_out(Isdn *isdn, guint8 span, GError **error)
{
    DChannel *dchan = isdn_find_dchan(isdn, span);
    guint calls = dchan ? calls_on(dchan) : 0;

    if (calls > 0) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_AGAIN,
                    "%u call%s on span %s: hang %s up, or drain first", calls,
                    calls == 1 ? " stands" : "s stand", dchan_span(dchan)->name,
                    calls == 1 ? "it" : "them");
        return FALSE;
    }
    if (dchan)
        dchan_set_service(dchan, FALSE);
    return TRUE;
}

void isdn_put_back(Isdn *isdn, guint8 span)
{
    DChannel *dchan = isdn_find_dchan(isdn, span);

    if (dchan)
        dchan_set_service(dchan, TRUE);
}
