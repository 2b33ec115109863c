/* Information elements that libpri does not know whole, as values and back.
 *
 * Those read have passed the frame tap: they are whole, and number elements end their extension
 * octets. Pure functions over octets; home thread: any.
 */
#pragma once

#include "frame.h"
#include "values.h"

#define ELEMENT_ROOM (2 + 255)

enum {
    Q931_PROGRESS_INDICATOR = 0x1e,
    Q931_CALLING_NUMBER = 0x6c,
    Q931_CALLING_SUBADDRESS = 0x6d,
    Q931_CALLED_SUBADDRESS = 0x71,
    Q931_ORIGINAL_CALLED = 0x73,
    Q931_REDIRECTING = 0x74,
    Q931_HIGH_LAYER = 0x7d,
    Q931_USER_USER = 0x7e,
};

/* Each writes a whole element to OUT, which has ELEMENT_ROOM octets. */

/* Q.931 4.6.7. What is not the caller's to claim is said as user provided, not screened. */
void element_from_diversion(const Diversion *diversion, gboolean may_claim, guint8 *out);
/* Q.931 4.5.10. */
void element_from_calling(const Number *number, gboolean may_claim, guint8 *out);
/* Q.931 4.5.9, 4.5.11; ID says whose. SUBADDRESS is not none. */
void element_from_subaddress(guint8 id, const Subaddress *subaddress, guint8 *out);
/* Q.931 4.5.30. INFO is not none. */
void element_from_user_info(const UserInfo *info, guint8 *out);
/* Q.931 4.5.17: ITU-T's coding, as a presentation method. */
void element_from_hlc(guint8 hlc, guint8 *out);
/* Q.931 4.5.23, with the location of a private network beside the user. */
void element_from_progress(guint8 description, guint8 *out);

/* Each reads a whole ELEMENT; NULL is none. */

void diversion_from_element(const guint8 *element, Diversion *diversion);
/* The Calling party number; no digits when they are too many, or none. */
void calling_from_element(const guint8 *element, Number *number);
/* The Called party number; no digits when they are too many, or none. */
void called_from_element(const guint8 *element, Number *number);
void subaddress_from_element(const guint8 *element, Subaddress *subaddress);
void user_info_from_element(const guint8 *element, UserInfo *info);
guint8 hlc_from_element(const guint8 *element);

/* What the message NEWS tells of (or NULL) says of diversions, by its Redirecting and Original
 * called numbers: one is the last, of two the first in order is the first diversion. FALSE when it
 * has none. */
gboolean diversions_from_elements(const FrameNews *news, Diversions *diversions);
