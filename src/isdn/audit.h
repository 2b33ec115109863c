/* The audit: now and then, do both sides of the line see channels and calls alike? */
#pragma once

#include "isdn_leg.h"

Audit *audit_new(DChannel *dchan);
void audit_free(Audit *audit);
/* The trunk's settings are new: what was given up is tried again. */
void audit_settings_changed(Audit *audit);

/* The message NEWS tells of, in FRAME of LENGTH octets, is about to leave: an INFORMATION that the
 * audit asked libpri for becomes the STATUS ENQUIRY it stands for. Returns the length there is to
 * send. */
gsize audit_compose(IsdnLeg *leg, guint8 *frame, gsize length, FrameNews *news);
/* A message of LEG's call came; LEG may be NULL. TRUE when libpri must not see it: an answer that
 * says nothing of the call, by which libpri would end it. */
gboolean audit_heard(IsdnLeg *leg, const FrameNews *news);
