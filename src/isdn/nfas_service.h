/* SERVICE for a D channel of a group: the message, and which D channel one means. */
#pragma once

#include "dchan.h"
#include "frame.h"

#define NFAS_SERVICE_LENGTH 14

/* SERVICE, or its acknowledgement, for the D channel of DCHAN's own line: STATUS 0 takes it into
 * service, which makes it the active one, 2 out of it. */
void nfas_service_write(guint8 out[NFAS_SERVICE_LENGTH], const DChannel *dchan,
                        gboolean acknowledge, guint8 status);
/* Reads INFORMATION, the message of an I frame; TRUE when it is SERVICE or its acknowledgement. */
gboolean nfas_service_read(FrameNews *news, const guint8 *information, gsize length);
/* TRUE when NEWS, one that was read, passed on the line of BY and means the D channel of DCHAN; a
 * B channel or the interface is not meant by it. */
gboolean nfas_service_means(const FrameNews *news, const DChannel *by, const DChannel *dchan);
