/* Messages of ours without a call: libpri numbers their frames and knows nothing else of them. */
#include "bare.h"

#include "elements.h"

#include <string.h>

int bare_reference(DChannel *dchan, q931_call *q931)
{
    int mode = 0;
    int value = pri_get_crv(dchan_pri(dchan), q931, &mode);

    return (value << 3 | mode) | FRAME_CALL_FLAG;
}

struct pri_sr *bare_record(const Number *served)
{
    char digits[NUMBER_MAX + 1];
    struct pri_sr *record = pri_sr_new();

    if (!record)
        return NULL;
    g_strlcpy(digits, served->digits, sizeof digits);
    pri_sr_set_no_channel_call(record);
    pri_sr_set_called(record, digits, served->ton << 4 | served->npi, 1);
    return record;
}

/* MESSAGE rides in the place of a SETUP, whose call is forgotten at once. */
gboolean bare_send(DChannel *dchan, const guint8 *message, gsize length)
{
    const Number anybody = {.digits = "0"};
    guint8 whole[ELEMENT_ROOM] = {0, (guint8)length};
    q931_call *q931 = pri_new_call(dchan_pri(dchan));
    struct pri_sr *record;
    gboolean sent = FALSE;

    if (!q931)
        return FALSE;
    memcpy(whole + 2, message, length);
    dchan_add_element(dchan, bare_reference(dchan, q931), MESSAGE_SETUP, FRAME_WHOLE, whole);
    record = bare_record(&anybody);
    if (record) {
        sent = pri_setup(dchan_pri(dchan), q931, record) == 0;
        pri_sr_free(record);
    }
    if (!sent)
        dchan_forget_call(dchan, bare_reference(dchan, q931));
    pri_destroycall(dchan_pri(dchan), q931);
    dchan_rearm(dchan);
    return sent;
}
