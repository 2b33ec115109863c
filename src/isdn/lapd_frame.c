/* The frames of Q.921 as octets: written for one data link of SAPI 0, TEI 0, and told from those of
 * others. */
#include "lapd_frame.h"

#include <string.h>

#define ADDRESS_NETWORK_COMMANDS 0x02 /* C/R of a command of the network side, 3.3.2 */
#define ADDRESS_TEI 0x01
#define POLL_FINAL 0x10 /* of an unnumbered frame; bit 1 of the second octet of others */

static guint8 address_of(gboolean network, gboolean command)
{
    return command == network ? ADDRESS_NETWORK_COMMANDS : 0;
}

gsize lapd_frame_unnumbered(guint8 *out, gboolean network, guint8 control, gboolean command,
                            gboolean poll)
{
    out[0] = address_of(network, command);
    out[1] = ADDRESS_TEI;
    out[2] = (guint8)(control | (poll ? POLL_FINAL : 0));
    return 3;
}

gsize lapd_frame_supervisory(guint8 *out, gboolean network, guint8 control, gboolean command,
                             gboolean poll, guint8 nr)
{
    out[0] = address_of(network, command);
    out[1] = ADDRESS_TEI;
    out[2] = control;
    out[3] = (guint8)(nr << 1 | (poll ? 1 : 0));
    return 4;
}

gsize lapd_frame_information(guint8 *out, gboolean network, guint8 ns, guint8 nr,
                             GBytes *information)
{
    gsize length;
    const guint8 *octets = g_bytes_get_data(information, &length);

    out[0] = address_of(network, TRUE);
    out[1] = ADDRESS_TEI;
    out[2] = (guint8)(ns << 1);
    out[3] = (guint8)(nr << 1);
    memcpy(out + 4, octets, length);
    return 4 + length;
}

static gboolean frame_is_ours(const guint8 *octets, gsize length)
{
    if (length < 3 || (octets[0] & ~ADDRESS_NETWORK_COMMANDS) != 0 || octets[1] != ADDRESS_TEI)
        return FALSE;
    if ((octets[2] & 3) == 3)
        return length <= LAPD_FRAME_MAX;
    return length >= 4 && ((octets[2] & 1) == 0 || length <= LAPD_FRAME_MAX);
}

gboolean lapd_frame_read(LapdFrame *frame, gboolean network, const guint8 *octets, gsize length)
{
    if (!frame_is_ours(octets, length))
        return FALSE;
    *frame = (LapdFrame){
        .command = (octets[0] == ADDRESS_NETWORK_COMMANDS) != network,
        .numbered = (octets[2] & 1) == 0,
        .control = octets[2],
    };
    if ((octets[2] & 3) == 3) {
        frame->control &= (guint8)~POLL_FINAL;
        frame->poll = (octets[2] & POLL_FINAL) != 0;
        return TRUE;
    }
    frame->poll = octets[3] & 1;
    frame->nr = octets[3] >> 1;
    if (frame->numbered)
        frame->ns = octets[2] >> 1;
    if (frame->numbered && length <= LAPD_FRAME_MAX) {
        frame->information = octets + 4;
        frame->length = length - 4;
    }
    return TRUE;
}
