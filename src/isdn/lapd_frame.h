/* The frames of Q.921 as octets: written for one data link of SAPI 0, TEI 0, and told from those of
 * others. */
#pragma once

#include <glib.h>

#define LAPD_INFORMATION_MAX 260 /* N201 */
#define LAPD_FRAME_MAX (4 + LAPD_INFORMATION_MAX)

/* Control octets of unnumbered frames, the P/F bit zero, and of supervisory ones. */
#define LAPD_SABME 0x6f
#define LAPD_UA 0x63
#define LAPD_DISC 0x43
#define LAPD_DM 0x0f
#define LAPD_FRMR 0x87
#define LAPD_RR 0x01
#define LAPD_RNR 0x05
#define LAPD_REJ 0x09

/* What a frame says. */
typedef struct LapdFrame {
    gboolean command;          /* of the far end; else a response */
    gboolean numbered;         /* an I frame */
    guint8 control;            /* as above; of others */
    gboolean poll;             /* P or F */
    guint8 ns, nr;             /* where the kind has them */
    const guint8 *information; /* of an I frame; borrowed */
    gsize length;
} LapdFrame;

/* FALSE for a frame of another link, one that is too short for its kind or longer than N201 allows;
 * but an I frame that is too long is ours as well, without its information: unacknowledged, it
 * would come until the link fails. NETWORK: the reader's side. */
gboolean lapd_frame_read(LapdFrame *frame, gboolean network, const guint8 *octets, gsize length);

/* Into OUT, of LAPD_FRAME_MAX octets; the length. NETWORK: the writer's side. */
gsize lapd_frame_unnumbered(guint8 *out, gboolean network, guint8 control, gboolean command,
                            gboolean poll);
gsize lapd_frame_supervisory(guint8 *out, gboolean network, guint8 control, gboolean command,
                             gboolean poll, guint8 nr);
gsize lapd_frame_information(guint8 *out, gboolean network, guint8 ns, guint8 nr,
                             GBytes *information);
