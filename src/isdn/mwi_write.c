/* Components of message waiting written as a Facility element.
 *
 *      QSIG  1C len 9F [AA 06 ...] [8B 01 00] A1 len 02 01 id 02 01 50
 *            30 len 80 03 '200' 0A 01 01 [83 01 02]
 *      ETSI  1C len 91 A1 len 02 01 id 06 06 object
 *            30 len 80 03 '200' 0A 01 01 [A2 03 02 01 02]
 */
#include "mwi_component.h"

#include "ber.h"
#include "elements.h"

#include <string.h>

#define SERVICE_SPEECH 1

/* {itu-t identified-organization etsi(0) mwi(745) operations-and-errors(1)} */
const guint8 mwi_etsi_arcs[5] = {0x04, 0x00, 0x85, 0x69, 0x01};

static void write_party(BerWriter *writer, const Number *number)
{
    guint8 *length;

    if (number->npi != NPI_E164 && number->npi != NPI_PRIVATE) {
        ber_write(writer, 0x80, number->digits, strlen(number->digits));
        return;
    }
    length = ber_begin(writer, number->npi == NPI_E164 ? 0xa1 : 0xa5);
    ber_write_integer(writer, BER_ENUMERATED, number->ton);
    ber_write(writer, BER_NUMERIC_STRING, number->digits, strlen(number->digits));
    ber_end(writer, length);
}

static void write_etsi_value(BerWriter *writer, guint8 value)
{
    guint8 octets[sizeof mwi_etsi_arcs + 1];

    memcpy(octets, mwi_etsi_arcs, sizeof mwi_etsi_arcs);
    octets[sizeof mwi_etsi_arcs] = value;
    ber_write(writer, BER_OID, octets, sizeof octets);
}

static void write_operation(BerWriter *writer, const MwiComponent *component)
{
    int value = component->operation - MWI_ACTIVATE;

    if (component->dialect == MWI_ETSI)
        write_etsi_value(writer, (guint8)(value + 1));
    else
        ber_write_integer(writer, BER_INTEGER, MWI_QSIG_ACTIVATE + value);
}

/* [n] EXPLICIT */
static void write_inside(BerWriter *writer, guint8 outer, guint8 tag, int value)
{
    guint8 *length = ber_begin(writer, outer);

    ber_write_integer(writer, tag, value);
    ber_end(writer, length);
}

static void write_argument(BerWriter *writer, const MwiComponent *component)
{
    guint8 *length = ber_begin(writer, BER_SEQUENCE);
    gboolean counts = component->has_count && component->operation != MWI_DEACTIVATE;

    if (component->operation == MWI_INDICATE) {
        write_inside(writer, 0xa2, BER_ENUMERATED, SERVICE_SPEECH);
    } else {
        write_party(writer, &component->served);
        ber_write_integer(writer, BER_ENUMERATED, SERVICE_SPEECH);
    }
    if (counts && component->dialect == MWI_QSIG)
        ber_write_integer(writer, 0x83, component->count);
    else if (counts)
        write_inside(writer, component->operation == MWI_INDICATE ? 0xa3 : 0xa2, BER_INTEGER,
                     component->count);
    ber_end(writer, length);
}

/* The element's beginning. QSIG: both entities are end PINXs (ECMA-165 11.3.3); who does not know
 * the operation of an INVOKE lets it be, as clearing the connection tells us as well. */
static guint8 *write_header(BerWriter *writer, MwiDialect dialect, gboolean invoke)
{
    static const guint8 extension[] = {0xaa, 0x06, 0x80, 0x01, 0x00, 0x82, 0x01, 0x00};
    static const guint8 interpretation[] = {0x8b, 0x01, 0x00};
    guint8 *length = ber_begin(writer, 0x1c);

    *writer->at++ = dialect == MWI_QSIG ? MWI_PROFILE_EXTENSIONS : MWI_PROFILE_ROSE;
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
    BerWriter writer = {out};
    guint8 *element = write_header(&writer, component->dialect, TRUE);
    guint8 *length = ber_begin(&writer, ROSE_INVOKE);

    ber_write_integer(&writer, BER_INTEGER, component->invoke);
    write_operation(&writer, component);
    write_argument(&writer, component);
    ber_end(&writer, length);
    ber_end(&writer, element);
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
    BerWriter writer = {out};
    guint8 *element = write_header(&writer, invoke->dialect, FALSE);
    guint8 *length = ber_begin(&writer, fault ? ROSE_ERROR : ROSE_RESULT), *sequence;
    int value = fault_value(invoke->dialect, fault);

    ber_write_integer(&writer, BER_INTEGER, invoke->invoke);
    if (fault && invoke->dialect == MWI_ETSI) {
        write_etsi_value(&writer, (guint8)value);
    } else if (fault) {
        ber_write_integer(&writer, BER_INTEGER, value);
    } else if (invoke->dialect == MWI_QSIG) { /* a result of ETSI's says nothing more */
        sequence = ber_begin(&writer, BER_SEQUENCE);
        write_operation(&writer, invoke);
        ber_write(&writer, BER_NULL, "", 0);
        ber_end(&writer, sequence);
    }
    ber_end(&writer, length);
    ber_end(&writer, element);
}
