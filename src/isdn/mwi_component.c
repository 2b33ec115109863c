/* Components of message waiting: BER (ITU-T X.690) in a Facility element, as values and back.
 *
 *      1C len 9F [AA 06 ...] [8B 01 00] A1 len 02 01 id 02 01 50 30 len 80 03 '200' 0A 01 01 [83 01
 * 02]    QSIG 1C len 91                        A1 len 02 01 id 06 06 oid 30 len 80 03 '200' 0A 01
 * 01 [A2 03 02 01 02]  ETSI
 */
#include "mwi_component.h"
#include "elements.h"

#include <string.h>

enum {
    PROFILE_ROSE = 0x91,
    PROFILE_EXTENSIONS = 0x9f,
    TAG_INTEGER = 0x02,
    TAG_NULL = 0x05,
    TAG_OID = 0x06,
    TAG_ENUM = 0x0a,
    TAG_NUMERIC = 0x12,
    TAG_SEQUENCE = 0x30,
    TAG_INVOKE = 0xa1,
    TAG_RESULT = 0xa2,
    TAG_ERROR = 0xa3,
    TAG_REJECT = 0xa4,
    SERVICE_SPEECH = 1,
};

/* {itu-t identified-organization etsi(0) mwi(745) operations-and-errors(1)}, and its last arc
 * behind it */
static const guint8 etsi_arcs[] = {0x04, 0x00, 0x85, 0x69, 0x01};
#define QSIG_ACTIVATE 80

/* ---- reading ------------------------------------------------------------------------------------
 */

typedef struct Ber {
    const guint8 *at, *end;
} Ber;

/* The next value of BER, of definite length; FALSE at the end, or when it is none. */
static gboolean ber_next(Ber *ber, guint8 *tag, Ber *content)
{
    gsize length, octets = 0;

    if (ber->end - ber->at < 2 || (ber->at[0] & 0x1f) == 0x1f)
        return FALSE;
    *tag = *ber->at++;
    length = *ber->at++;
    if (length & 0x80) {
        octets = length & 0x7f;
        if (octets < 1 || octets > 2 || (gsize)(ber->end - ber->at) < octets)
            return FALSE;
        for (length = 0; octets; octets--)
            length = length << 8 | *ber->at++;
    }
    if ((gsize)(ber->end - ber->at) < length)
        return FALSE;
    *content = (Ber){ber->at, ber->at + length};
    ber->at += length;
    return TRUE;
}

static gboolean ber_expect(Ber *ber, guint8 wanted, Ber *content)
{
    guint8 tag;

    return ber_next(ber, &tag, content) && tag == wanted;
}

/* A number from -32768 to 65535. */
static gboolean integer_read(const Ber *content, int *value)
{
    gsize length = (gsize)(content->end - content->at);

    if (length < 1 || length > 3 || (length == 3 && content->at[0] != 0))
        return FALSE;
    *value = (gint8)content->at[0];
    for (gsize i = 1; i < length; i++)
        *value = *value * 256 + content->at[i];
    return TRUE;
}

static gboolean digits_read(const Ber *content, Number *number)
{
    gsize length = (gsize)(content->end - content->at);

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
    int value;

    if (!ber_expect(&content, TAG_ENUM, &type) || !integer_read(&type, &value) || value < 0 ||
        value > 7 || !ber_expect(&content, TAG_NUMERIC, &digits))
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
    int value;

    if (!integer_read(content, &value) || value < 0 || value > 255)
        return FALSE;
    component->service = (guint8)value;
    return TRUE;
}

static gboolean count_read(const Ber *content, MwiComponent *component)
{
    int value;

    if (!integer_read(content, &value) || value < 0 || value > G_MAXUINT16)
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
            (!inside_read(content, TAG_ENUM, &inner) || !service_read(&inner, component)))
            return FALSE;
        if (tag == 0xa3 &&
            (!inside_read(content, TAG_INTEGER, &inner) || !count_read(&inner, component)))
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
            (!inside_read(content, TAG_INTEGER, &inner) || !count_read(&inner, component)))
            return FALSE;
    }
    return TRUE;
}

static gboolean argument_read(Ber *arguments, MwiComponent *component)
{
    Ber sequence, content;
    guint8 tag;

    if (!ber_expect(arguments, TAG_SEQUENCE, &sequence))
        return FALSE;
    if (component->operation == MWI_INDICATE)
        return indication_read(&sequence, component);
    return ber_next(&sequence, &tag, &content) && party_read(tag, &content, &component->served) &&
           ber_expect(&sequence, TAG_ENUM, &content) && service_read(&content, component) &&
           options_read(&sequence, component);
}

/* The last arc of one of ETSI's; -1: it is none. */
static int etsi_value(const Ber *content)
{
    if (content->end - content->at != sizeof etsi_arcs + 1 ||
        memcmp(content->at, etsi_arcs, sizeof etsi_arcs) != 0)
        return -1;
    return content->at[sizeof etsi_arcs];
}

static gboolean operation_read(guint8 tag, const Ber *content, MwiComponent *component)
{
    int value = -1;

    component->dialect = tag == TAG_OID ? MWI_ETSI : MWI_QSIG;
    if (tag == TAG_OID)
        value = etsi_value(content) - 1;
    else if (tag == TAG_INTEGER && integer_read(content, &value))
        value -= QSIG_ACTIVATE;
    if (value < 0 || value > (tag == TAG_OID ? 2 : 1))
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
    if (tag == TAG_OID)
        component->error = etsi_value(&content);
    else
        integer_read(&content, &component->error);
}

static gboolean body_read(guint8 tag, Ber *body, MwiComponent *component)
{
    Ber content;
    guint8 inner;

    *component = (MwiComponent){.invoke = -1};
    if (!ber_next(body, &inner, &content) ||
        (inner == TAG_INTEGER && !integer_read(&content, &component->invoke)))
        return FALSE;
    switch (tag) {
    case TAG_INVOKE:
        return inner == TAG_INTEGER && invoke_read(body, component);
    case TAG_RESULT:
        component->kind = MWI_RESULT;
        return TRUE;
    case TAG_ERROR:
        component->kind = MWI_ERROR;
        error_read(body, component);
        return TRUE;
    case TAG_REJECT:
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
    if (profile != PROFILE_ROSE && profile != PROFILE_EXTENSIONS)
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

/* ---- writing ------------------------------------------------------------------------------------
 */

/* Everything fits the short form of a length: the longest component has some 70 octets. */
typedef struct Writer {
    guint8 *at;
} Writer;

static guint8 *write_begin(Writer *writer, guint8 tag)
{
    writer->at[0] = tag;
    writer->at += 2;
    return writer->at - 1;
}

static void write_end(Writer *writer, guint8 *length)
{
    *length = (guint8)(writer->at - length - 1);
}

static void write_octets(Writer *writer, guint8 tag, const void *octets, gsize count)
{
    guint8 *length = write_begin(writer, tag);

    memcpy(writer->at, octets, count);
    writer->at += count;
    write_end(writer, length);
}

static void write_integer(Writer *writer, guint8 tag, int value)
{
    guint8 octets[3] = {(guint8)(value >> 16), (guint8)(value >> 8), (guint8)value};
    gsize skip = 0;

    /* X.690 8.3.2: as few octets as say it. */
    while (skip < 2 && ((octets[skip] == 0 && !(octets[skip + 1] & 0x80)) ||
                        (octets[skip] == 0xff && (octets[skip + 1] & 0x80))))
        skip++;
    write_octets(writer, tag, octets + skip, sizeof octets - skip);
}

static void write_party(Writer *writer, const Number *number)
{
    guint8 *length;

    if (number->npi != NPI_E164 && number->npi != NPI_PRIVATE) {
        write_octets(writer, 0x80, number->digits, strlen(number->digits));
        return;
    }
    length = write_begin(writer, number->npi == NPI_E164 ? 0xa1 : 0xa5);
    write_integer(writer, TAG_ENUM, number->ton);
    write_octets(writer, TAG_NUMERIC, number->digits, strlen(number->digits));
    write_end(writer, length);
}

static void write_etsi_value(Writer *writer, guint8 value)
{
    guint8 octets[sizeof etsi_arcs + 1];

    memcpy(octets, etsi_arcs, sizeof etsi_arcs);
    octets[sizeof etsi_arcs] = value;
    write_octets(writer, TAG_OID, octets, sizeof octets);
}

static void write_operation(Writer *writer, const MwiComponent *component)
{
    int value = component->operation - MWI_ACTIVATE;

    if (component->dialect == MWI_ETSI)
        write_etsi_value(writer, (guint8)(value + 1));
    else
        write_integer(writer, TAG_INTEGER, QSIG_ACTIVATE + value);
}

/* [n] EXPLICIT */
static void write_inside(Writer *writer, guint8 outer, guint8 tag, int value)
{
    guint8 *length = write_begin(writer, outer);

    write_integer(writer, tag, value);
    write_end(writer, length);
}

static void write_argument(Writer *writer, const MwiComponent *component)
{
    guint8 *length = write_begin(writer, TAG_SEQUENCE);
    gboolean counts = component->has_count && component->operation != MWI_DEACTIVATE;

    if (component->operation == MWI_INDICATE) {
        write_inside(writer, 0xa2, TAG_ENUM, SERVICE_SPEECH);
    } else {
        write_party(writer, &component->served);
        write_integer(writer, TAG_ENUM, SERVICE_SPEECH);
    }
    if (counts && component->dialect == MWI_QSIG)
        write_integer(writer, 0x83, component->count);
    else if (counts)
        write_inside(writer, component->operation == MWI_INDICATE ? 0xa3 : 0xa2, TAG_INTEGER,
                     component->count);
    write_end(writer, length);
}

/* The element's beginning. QSIG: both entities are end PINXs (ECMA-165 11.3.3); who does not know
 * the operation of an INVOKE lets it be, as clearing the connection tells us as well. */
static guint8 *write_header(Writer *writer, MwiDialect dialect, gboolean invoke)
{
    static const guint8 extension[] = {0xaa, 0x06, 0x80, 0x01, 0x00, 0x82, 0x01, 0x00};
    static const guint8 interpretation[] = {0x8b, 0x01, 0x00};
    guint8 *length = write_begin(writer, 0x1c);

    *writer->at++ = dialect == MWI_QSIG ? PROFILE_EXTENSIONS : PROFILE_ROSE;
    if (dialect == MWI_ETSI)
        return length;
    memcpy(writer->at, extension, sizeof extension);
    writer->at += sizeof extension;
    if (invoke) {
        memcpy(writer->at, interpretation, sizeof interpretation);
        writer->at += sizeof interpretation;
    }
    return length;
}

void mwi_component_write(const MwiComponent *component, guint8 *out)
{
    Writer writer = {out};
    guint8 *element = write_header(&writer, component->dialect, TRUE);
    guint8 *length = write_begin(&writer, TAG_INVOKE);

    write_integer(&writer, TAG_INTEGER, component->invoke);
    write_operation(&writer, component);
    write_argument(&writer, component);
    write_end(&writer, length);
    write_end(&writer, element);
}

/* ECMA-165 Annex, table of general errors; EN 300 745-1 7.1. */
static int fault_value(MwiDialect dialect, MwiFault fault)
{
    switch (fault) {
    case MWI_FAULT_NO_SUCH_USER:
        return dialect == MWI_QSIG ? 6 : 10;
    case MWI_FAULT_SERVICE:
        return dialect == MWI_QSIG ? 8 : 11;
    case MWI_FAULT_FULL:
        return dialect == MWI_QSIG ? 3 : 13;
    case MWI_FAULT_NONE:
        break;
    }
    return 0;
}

void mwi_component_answer(const MwiComponent *invoke, MwiFault fault, guint8 *out)
{
    Writer writer = {out};
    guint8 *element = write_header(&writer, invoke->dialect, FALSE);
    guint8 *length = write_begin(&writer, fault ? TAG_ERROR : TAG_RESULT), *sequence;
    int value = fault_value(invoke->dialect, fault);

    write_integer(&writer, TAG_INTEGER, invoke->invoke);
    if (fault && invoke->dialect == MWI_ETSI) {
        write_etsi_value(&writer, (guint8)value);
    } else if (fault) {
        write_integer(&writer, TAG_INTEGER, value);
    } else if (invoke->dialect == MWI_QSIG) { /* a result of ETSI's says nothing more */
        sequence = write_begin(&writer, TAG_SEQUENCE);
        write_operation(&writer, invoke);
        write_octets(&writer, TAG_NULL, "", 0);
        write_end(&writer, sequence);
    }
    write_end(&writer, length);
    write_end(&writer, element);
}
