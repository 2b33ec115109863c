/* Redirecting numbers, subaddresses, user information and the like: octets and values. */
#include "elements.h"
#include "fields.h"

#include <string.h>

#define LAST 0x80 /* of the octets of a group */

static gsize digits_write(const Number *number, guint8 *out)
{
    gsize length = strlen(number->digits);

    memcpy(out, number->digits, length);
    return length;
}

static guint8 plan_octet(const Number *number)
{
    return (guint8)(number->ton << 4 | number->npi);
}

static guint8 presentation_octet(const Number *number, gboolean may_claim)
{
    return (guint8)(number->presentation << 5 |
                    (may_claim ? number->screening : SCREENING_USER_NOT_SCREENED));
}

void element_from_diversion(const Diversion *diversion, gboolean may_claim, guint8 *out)
{
    const Number *number = &diversion->number;

    out[0] = Q931_REDIRECTING;
    out[2] = plan_octet(number);
    out[3] = presentation_octet(number, may_claim);
    out[4] = LAST | diversion->reason;
    out[1] = (guint8)(3 + digits_write(number, out + 5));
}

void element_from_calling(const Number *number, gboolean may_claim, guint8 *out)
{
    out[0] = Q931_CALLING_NUMBER;
    out[2] = plan_octet(number);
    out[3] = LAST | presentation_octet(number, may_claim);
    out[1] = (guint8)(2 + digits_write(number, out + 4));
}

void element_from_subaddress(guint8 id, const Subaddress *subaddress, guint8 *out)
{
    out[0] = id;
    out[1] = 1 + subaddress->length;
    out[2] = (guint8)(LAST | subaddress->type << 4 | (subaddress->odd ? 0x08 : 0));
    memcpy(out + 3, subaddress->octets, subaddress->length);
}

void element_from_user_info(const UserInfo *info, guint8 *out)
{
    out[0] = Q931_USER_USER;
    out[1] = info->length;
    memcpy(out + 2, info->octets, info->length);
}

void element_from_hlc(guint8 hlc, guint8 *out)
{
    out[0] = Q931_HIGH_LAYER;
    out[1] = 2;
    out[2] =
        0x91; /* ITU-T, the first characteristics are to be used, high layer protocol profile */
    out[3] = LAST | hlc;
}

void element_from_progress(guint8 description, guint8 *out)
{
    out[0] = Q931_PROGRESS_INDICATOR;
    out[1] = 2;
    out[2] = 0x81;
    out[3] = LAST | description;
}

/* --- reading --- */

/* The octets of the group that begins ELEMENT's content, and the digits behind it. */
static gsize number_read(const guint8 *element, Number *number)
{
    gsize length = element[1], group = 0, count;

    *number = (Number){.presentation = PRESENTATION_UNAVAILABLE};
    while (group < length && !(element[2 + group] & 0x80))
        group++;
    if (group == length)
        return 0;
    group++;
    number->ton = (TypeOfNumber)(element[2] >> 4 & 7);
    number->npi = (NumberingPlan)(element[2] & 15);
    count = length - group;
    for (gsize i = 0; i < count && count <= NUMBER_MAX; i++) {
        char digit = (char)element[2 + group + i];

        number->digits[i] = digit;
        if (!g_ascii_isdigit(digit) && digit != '*' && digit != '#') {
            number->digits[0] = '\0'; /* part of a number would be a wrong one */
            break;
        }
    }
    number->presentation = number->digits[0] ? PRESENTATION_ALLOWED : PRESENTATION_UNAVAILABLE;
    return group;
}

/* Octet 3a. The fourth value of presentation is reserved: it is not for showing. */
static void presentation_read(guint8 octet, Number *number)
{
    number->presentation = (Presentation)(octet >> 5 & 3);
    if (number->presentation > PRESENTATION_UNAVAILABLE)
        number->presentation = PRESENTATION_RESTRICTED;
    number->screening = (Screening)(octet & 3);
}

void calling_from_element(const guint8 *element, Number *number)
{
    *number = (Number){.presentation = PRESENTATION_UNAVAILABLE};
    if (element && number_read(element, number) >= 2)
        presentation_read(element[3], number);
}

void called_from_element(const guint8 *element, Number *number)
{
    number_read(element, number);
}

static DiversionReason reason_read(guint8 octet)
{
    switch (octet & 0x0f) {
    case DIVERSION_BUSY:
    case DIVERSION_NO_REPLY:
    case DIVERSION_OUT_OF_ORDER:
    case DIVERSION_DEFLECTION:
    case DIVERSION_UNCONDITIONAL:
        return (DiversionReason)(octet & 0x0f);
    default: /* a network's octet, not an enum of ours */
        return DIVERSION_UNKNOWN;
    }
}

void diversion_from_element(const guint8 *element, Diversion *diversion)
{
    gsize group;

    *diversion = (Diversion){.number = {.presentation = PRESENTATION_UNAVAILABLE}};
    if (!element)
        return;
    group = number_read(element, &diversion->number);
    if (group >= 2)
        presentation_read(element[3], &diversion->number);
    if (group >= 3)
        diversion->reason = reason_read(element[4]);
}

void subaddress_from_element(const guint8 *element, Subaddress *subaddress)
{
    *subaddress = (Subaddress){0};
    if (!element || element[1] < 2 || element[1] - 1 > SUBADDRESS_MAX || !(element[2] & 0x80))
        return;
    subaddress->type = (SubaddressType)(element[2] >> 4 & 7);
    subaddress->odd = (element[2] & 0x08) != 0;
    subaddress->length = element[1] - 1;
    memcpy(subaddress->octets, element + 3, subaddress->length);
}

void user_info_from_element(const guint8 *element, UserInfo *info)
{
    *info = (UserInfo){0};
    if (element)
        user_info_set(info, element + 2, element[1]);
}

guint8 hlc_from_element(const guint8 *element)
{
    if (!element || element[1] < 2 || (element[2] & 0x60) != 0) /* not ITU-T's */
        return 0;
    return element[3] & 0x7f;
}

gboolean diversions_from_elements(const FrameNews *news, Diversions *diversions)
{
    const guint8 *one = frame_find_element(news, Q931_REDIRECTING, 0);
    const guint8 *two = frame_find_element(news, Q931_REDIRECTING, 1);
    const guint8 *original = frame_find_element(news, Q931_ORIGINAL_CALLED, 0);

    *diversions = (Diversions){0};
    if (!one)
        return FALSE;
    if (!two && original) {
        two = one;
        one = original;
    }
    diversions->count = two ? 2 : 1;
    diversion_from_element(two ? two : one, &diversions->last);
    if (two)
        diversion_from_element(one, &diversions->first);
    return TRUE;
}
