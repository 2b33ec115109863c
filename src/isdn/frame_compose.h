/* Information elements put into a frame of libpri's on its way out.
 *
 * libpri neither sends nor keeps everything a message may carry (HLC, user-user information of any
 * discriminator, a second Redirecting number). What it leaves out is put into its frame, in the
 * place Q.931 4.5.1 gives it, in codeset 0. Pure functions over octets; home thread: any.
 */
#pragma once

#include "frame.h"

/* Where an element goes among those of its own identifier that are there already. */
typedef enum FramePlace {
    FRAME_AFTER_SAME,
    FRAME_BEFORE_SAME,
    FRAME_INSTEAD, /* they go */
    FRAME_WHOLE,   /* its content is the whole message, from the protocol discriminator on */
} FramePlace;

/* The octets of ELEMENT: its content's and two, or one when bit 8 of its identifier is set. */
gsize frame_element_size(const guint8 *element);

/* Puts ELEMENT into the message in a sound I FRAME of *LENGTH octets, which has room for FRAME_MAX:
 * behind all elements of codeset 0 with a lower identifier and before any shift to another codeset.
 * FRAME_WHOLE: in the place of that message. LENGTH follows. FALSE, and nothing is changed, when N201 would be exceeded or FRAME carries no
 * message. The same arguments give the same octets. */
gboolean frame_compose(guint8 *frame, gsize *length, const guint8 *element, FramePlace place);
