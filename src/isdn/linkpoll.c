/* A question of our own to layer 2: is the far end there? libpri asks only after ten idle seconds.
 *
 *      +---------+------+---------+----------+
 *      | 00 or 02 | 01  | 01 (RR) | N(R), P  |      command of the user or the network side, and
 * the
 *      +---------+------+---------+----------+      answer to it bear the same address (Q.921 3.3)
 */
#include "linkpoll.h"

#define RR 0x01
#define POLL_FINAL 0x01

static guint8 address_of(gboolean network)
{
    return network ? 0x02 : 0x00;
}

static gboolean is_supervisory(const guint8 *frame, gsize length)
{
    return length == LINKPOLL_LENGTH && (frame[2] & 3) == 1;
}

static gboolean is_unnumbered(const guint8 *frame, gsize length)
{
    return length >= 3 && (frame[2] & 3) == 3;
}

static gboolean bears_poll(gboolean network, const guint8 *frame, gsize length)
{
    return is_supervisory(frame, length) && (frame[0] & 0x02) == address_of(network) &&
           (frame[3] & POLL_FINAL);
}

void linkpoll_ask(LinkPoll *poll, gboolean network, guint8 *frame)
{
    frame[0] = address_of(network);
    frame[1] = 0x01;
    frame[2] = RR;
    frame[3] = (guint8)(poll->expects << 1 | POLL_FINAL);
    poll->unanswered++;
}

void linkpoll_sent(LinkPoll *poll, gboolean network, const guint8 *frame, gsize length)
{
    if (is_unnumbered(frame, length)) {
        *poll = (LinkPoll){0};
        return;
    }
    if (length < 4)
        return;
    poll->expects = frame[3] >> 1;
    poll->libpri |= bears_poll(network, frame, length);
}

void linkpoll_received(LinkPoll *poll, gboolean network, guint8 *frame, gsize length)
{
    if (is_unnumbered(frame, length)) {
        *poll = (LinkPoll){0};
        return;
    }
    if (!bears_poll(network, frame, length))
        return;
    if (poll->libpri) {
        poll->libpri = FALSE;
    } else if (poll->unanswered > 0) {
        poll->unanswered--;
        frame[3] &= (guint8)~POLL_FINAL;
    }
}
