/* Message waiting in a Facility element: components of QSIG (ECMA-242, ISO/IEC 15506) and of
 * EuroISDN (EN 300 745-1).
 *
 * libpri reads them and keeps them to itself, and writes less of them than there is to say. Pure
 * functions over octets; home thread: any.
 */
#pragma once

#include "mwi.h"
#include "values.h"

typedef enum MwiDialect { MWI_QSIG, MWI_ETSI } MwiDialect;

typedef enum MwiOperation {
    MWI_OPERATION_OTHER, /* none of these; of a result, error or reject: not told */
    MWI_ACTIVATE,
    MWI_DEACTIVATE,
    MWI_INDICATE, /* ETSI alone: whom it is for stands beside the component */
} MwiOperation;

typedef enum MwiKind { MWI_INVOKE, MWI_RESULT, MWI_ERROR, MWI_REJECT } MwiKind;

/* ECMA-242 6.3.2, the errors of EN 300 745-1 7.1 in their place. */
typedef enum MwiFault {
    MWI_FAULT_NONE,
    MWI_FAULT_NO_SUCH_USER, /* invalidServedUserNr, InvalidReceivingUserNr */
    MWI_FAULT_SERVICE,      /* basicServiceNotProvided */
    MWI_FAULT_FULL,         /* notAvailable, IndicationNotDelivered */
} MwiFault;

typedef struct MwiComponent {
    MwiKind kind;
    MwiDialect dialect;
    MwiOperation operation;
    int invoke;     /* its identifier; -1: a reject of nothing that can be named */
    int error;      /* MWI_ERROR: the value as received, for people */
    Number served;  /* whose mailbox it is; no digits: it does not say */
    guint8 service; /* the basic service, a value of both dialects; 0 is all of them */
    gboolean has_count;
    guint16 count;
} MwiComponent;

/* Reads the first component of message waiting in ELEMENT, a whole Facility element; results,
 * errors and rejects are any operation's: the identifier says whose. FALSE when it holds none, or
 * one that is malformed. */
gboolean mwi_component_read(const guint8 *element, MwiComponent *component);
/* Is the basic service one of voice, so that it lights a lamp? */
gboolean mwi_service_is_voice(guint8 service);
/* What an invoke says of a mailbox. */
void mwi_component_state(const MwiComponent *component, MwiState *state);

/* What reader and writer share: the profile before the components, the number of mwiActivate, and
 * ETSI's object identifiers but for their last arc. */
enum { MWI_PROFILE_ROSE = 0x91, MWI_PROFILE_EXTENSIONS = 0x9f, MWI_QSIG_ACTIVATE = 80 };
extern const guint8 mwi_etsi_arcs[5];

/* Each writes a whole Facility element to OUT, which has ELEMENT_ROOM octets. */

/* kind is MWI_INVOKE; the service is speech. served is told as public, private or unknown number by
 * its plan. */
void mwi_component_write(const MwiComponent *component, guint8 *out);
/* The answer to INVOKE: its result, or the error FAULT. */
void mwi_component_answer(const MwiComponent *invoke, MwiFault fault, guint8 *out);
