/* SERVICE for a D channel of a group: the message, and which D channel one means.
 *
 * A D channel is named by the interface and its own timeslot in the Channel identification, as a B
 * channel is.
 */
#include "nfas_service.h"
#include "lapd_frame.h"

#include <string.h>

void nfas_service_write(guint8 out[NFAS_SERVICE_LENGTH], const DChannel *dchan,
                        gboolean acknowledge, guint8 status)
{
    const SpanSettings *span = dchan_span(dchan);
    gboolean national = dchan_trunk(dchan)->switch_type == SWITCH_NI2;
    const guint8 message[NFAS_SERVICE_LENGTH] = {national ? 0x43 : 0x03,
                                                 2,
                                                 acknowledge ? 0x80 : 0,
                                                 0,
                                                 national == !acknowledge ? 0x07 : 0x0f,
                                                 0x01,
                                                 1,
                                                 0xc0 | status,
                                                 0x18,
                                                 4,
                                                 0xe9,
                                                 (guint8)(0x80 | span->interface),
                                                 0x83,
                                                 (guint8)(0x80 | span->d_channel)};

    memcpy(out, message, sizeof message);
}

gboolean nfas_service_read(FrameNews *news, const guint8 *information, gsize length)
{
    guint8 frame[LAPD_FRAME_MAX] = {0, 1, 0, 0};

    memcpy(frame + 4, information, length);
    frame_read(frame, 4 + length, news);
    return news->kind == FRAME_MESSAGE && news->discriminator != 0x08;
}

gboolean nfas_service_means(const FrameNews *news, const DChannel *by, const DChannel *dchan)
{
    const SpanSettings *span = dchan_span(dchan);
    guint8 interface = news->has_interface ? news->interface : dchan_span(by)->interface;

    return news->channel && interface == span->interface && news->channel == span->d_channel;
}
