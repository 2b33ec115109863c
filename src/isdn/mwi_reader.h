/* Message waiting from the far end: what its Facility elements say, and how it is answered.
 *
 * libpri neither tells of a call-independent connection that brings message waiting nor keeps it:
 * it says RELEASE COMPLETE at once. So the frame tap reads the message, and what leaves in the
 * place of libpri's is our answer. Home thread: signalling.
 */
#pragma once

#include "frame.h"
#include "room.h"

#define MWI_VISITS 32

/* Connections of the far end's that we have answered and libpri knows nothing of. Zero-initialised.
 */
typedef struct MwiVisits {
    int reference[MWI_VISITS]; /* with a flag of ours that makes it no 0 */
    guint next;
} MwiVisits;

/* A message came for the first time; CALL is what is known of its call, NEWS has its octets. TRUE:
 * libpri shall not see it. */
gboolean mwi_reader_hears(DChannel *dchan, MwiVisits *visits, const FrameCall *call,
                          const FrameNews *news);
