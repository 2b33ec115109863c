/* Components of message waiting read from a Facility element.
 *
 * The octets are those of mwi_write.c, what other PBXs add in between is passed over.
 */
#include "mwi_component.h"

#include "ber.h"
#include "elements.h"

#include <string.h>

static gboolean digits_read(const Ber *content, Number *number)
{
    gsize length = ber_size(content);

    if (length < 1 || length > NUMBER_MAX)
        return FALSE;
    for (gsize i = 0; i < length; i++) {
        char digit = (char)content->at[i];

        if (!g_ascii_isdigit(digit) && digit != '*' && digit != '#')
            return FALSE;
        number->digits[i] = digit;
    }
    number->digits[length] = '\0';
    return TRUE;
}

/* A public or private number: its type and its digits. */
static gboolean typed_read(Ber content, Number *number)
{
    Ber type, digits;
    gint32 value;

    if (!ber_expect(&content, BER_ENUMERATED, &type) || !ber_integer(&type, &value) || value < 0 ||
        value > 7 || !ber_expect(&content, BER_NUMERIC_STRING, &digits))
        return FALSE;
    number->ton = (TypeOfNumber)value;
    return digits_read(&digits, number);
}

/* PartyNumber (EN 300 196-1 D.3, ECMA-165): a CHOICE. */
static gboolean party_read(guint8 tag, const Ber *content, Number *number)
{
    *number = (Number){.presentation = PRESENTATION_ALLOWED};
    switch (tag) {
    case 0x80: /* unknown */
    case 0x88: /* national standard */
        return digits_read(content, number);
    case 0xa1:
        number->npi = NPI_E164;
        return typed_read(*content, number);
    case 0xa5:
        number->npi = NPI_PRIVATE;
        return typed_read(*content, number);
    default: /* data, telex: nobody's telephone */
        return FALSE;
    }
}

static gboolean service_read(const Ber *content, MwiComponent *component)
{
    gint32 value;

    if (!ber_integer(content, &value) || value < 0 || value > 255)
        return FALSE;
    component->service = (guint8)value;
    return TRUE;
}

static gboolean count_read(const Ber *content, MwiComponent *component)
{
    gint32 value;

    if (!ber_integer(content, &value) || value < 0 || value > G_MAXUINT16)
        return FALSE;
    component->has_count = TRUE;
    component->count = (guint16)value;
    return TRUE;
}

/* [n] EXPLICIT of one value. */
static gboolean inside_read(Ber content, guint8 tag, Ber *inner)
{
    return ber_expect(&content, tag, inner);
}

/* MWIIndicate: everything is optional. */
static gboolean indication_read(Ber *sequence, MwiComponent *component)
{
    Ber content, inner;
    guint8 tag;

    while (sequence->at < sequence->end) {
        if (!ber_next(sequence, &tag, &content))
            return FALSE;
        if (tag == 0xa2 &&
            (!inside_read(content, BER_ENUMERATED, &inner) || !service_read(&inner, component)))
            return FALSE;
        if (tag == 0xa3 &&
            (!inside_read(content, BER_INTEGER, &inner) || !count_read(&inner, component)))
            return FALSE;
    }
    return TRUE;
}

/* What stands behind number and service. */
static gboolean options_read(Ber *sequence, MwiComponent *component)
{
    Ber content, inner;
    guint8 tag;

    while (sequence->at < sequence->end) {
        if (!ber_next(sequence, &tag, &content))
            return FALSE;
        if (component->operation != MWI_ACTIVATE)
            continue;
        if (component->dialect == MWI_QSIG && tag == 0x83 && !count_read(&content, component))
            return FALSE;
        if (component->dialect == MWI_ETSI && tag == 0xa2 &&
            (!inside_read(content, BER_INTEGER, &inner) || !count_read(&inner, component)))
            return FALSE;
    }
    return TRUE;
}

static gboolean argument_read(Ber *arguments, MwiComponent *component)
{
    Ber sequence, content;
    guint8 tag;

    if (!ber_expect(arguments, BER_SEQUENCE, &sequence))
        return FALSE;
    if (component->operation == MWI_INDICATE)
        return indication_read(&sequence, component);
    return ber_next(&sequence, &tag, &content) && party_read(tag, &content, &component->served) &&
           ber_expect(&sequence, BER_ENUMERATED, &content) && service_read(&content, component) &&
           options_read(&sequence, component);
}

/* The last arc of one of ETSI's; -1: it is none. */
static int etsi_value(const Ber *content)
{
    if (ber_size(content) != sizeof mwi_etsi_arcs + 1 ||
        memcmp(content->at, mwi_etsi_arcs, sizeof mwi_etsi_arcs) != 0)
        return -1;
    return content->at[sizeof mwi_etsi_arcs];
}

static gboolean operation_read(guint8 tag, const Ber *content, MwiComponent *component)
{
    gint32 value = -1;

    component->dialect = tag == BER_OID ? MWI_ETSI : MWI_QSIG;
    if (tag == BER_OID)
        value = etsi_value(content) - 1;
    else if (tag == BER_INTEGER && ber_integer(content, &value))
        value -= MWI_QSIG_ACTIVATE;
    if (value < 0 || value > (tag == BER_OID ? 2 : 1))
        return FALSE;
    component->operation = (MwiOperation)(MWI_ACTIVATE + value);
    return TRUE;
}

static gboolean invoke_read(Ber *body, MwiComponent *component)
{
    Ber content;
    guint8 tag;

    if (!ber_next(body, &tag, &content))
        return FALSE;
    if (tag == 0x80 && !ber_next(body, &tag, &content)) /* linked to another */
        return FALSE;
    return operation_read(tag, &content, component) && argument_read(body, component);
}

static void error_read(Ber *body, MwiComponent *component)
{
    Ber content;
    guint8 tag;

    if (!ber_next(body, &tag, &content))
        return;
    if (tag == BER_OID)
        component->error = etsi_value(&content);
    else
        ber_integer(&content, &component->error);
}

static gboolean body_read(guint8 tag, Ber *body, MwiComponent *component)
{
    Ber content;
    guint8 inner;

    *component = (MwiComponent){.invoke = -1};
    if (!ber_next(body, &inner, &content) ||
        (inner == BER_INTEGER && !ber_integer(&content, &component->invoke)))
        return FALSE;
    switch (tag) {
    case ROSE_INVOKE:
        return inner == BER_INTEGER && invoke_read(body, component);
    case ROSE_RESULT:
        component->kind = MWI_RESULT;
        return TRUE;
    case ROSE_ERROR:
        component->kind = MWI_ERROR;
        error_read(body, component);
        return TRUE;
    case ROSE_REJECT:
        component->kind = MWI_REJECT;
        return TRUE;
    default: /* the network's octet */
        return FALSE;
    }
}

gboolean mwi_component_read(const guint8 *element, MwiComponent *component)
{
    Ber ber = {element + 2, element + 2 + element[1]}, body;
    guint8 tag, profile;

    if (element[1] < 1)
        return FALSE;
    profile = *ber.at++;
    if (profile != MWI_PROFILE_ROSE && profile != MWI_PROFILE_EXTENSIONS)
        return FALSE;
    while (ber_next(&ber, &tag, &body))
        if (body_read(tag, &body, component))
            return TRUE;
    return FALSE;
}

gboolean mwi_service_is_voice(guint8 service)
{
    /* all, speech, audio, telephony, telephony of 7 kHz, and the mixtures with speech in them */
    static const guint8 voices[] = {0, 1, 3, 32, 38, 55, 56, 57, 61, 62, 63, 65, 66, 67};

    return memchr(voices, service, sizeof voices) != NULL;
}

void mwi_component_state(const MwiComponent *component, MwiState *state)
{
    gboolean on =
        component->operation == MWI_ACTIVATE ||
        (component->operation == MWI_INDICATE && !(component->has_count && component->count == 0));

    *state = (MwiState){.waiting = on, .counted = !on || component->has_count};
    if (on && component->has_count)
        state->fresh = component->count;
    if (on && component->has_count && component->count == 0)
        state->counted = FALSE; /* it waits, whatever the count says */
}
