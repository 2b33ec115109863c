/* ROSE components (ITU-T X.219) around the few operations that join two calls. */
#include "joining.h"

#include "ber.h"
#include "dialect.h"

#include <string.h>

#define PROTOCOL_ROSE 0x91 /* Q.932 8.2.3 */
#define RLT_SERVICE 0xbe   /* DMS-100, behind PROTOCOL_ROSE without its extension bit */
#define TAG_CALL_NAME 0x80
#define RLT_OPERATION_IND 1
#define RLT_THIRD_PARTY 2
#define ECT_EXECUTE 6

static const guint8 initiate_transfer[] = {0x2a, 0x86, 0x48, 0xce, 0x15, 0x00, 0x08};

/* ---- reading ----------------------------------------------------------------------------------
 */

/* The next value is an integer of TAG. */
static gboolean integer_next(Ber *ber, guint8 tag, guint32 *value)
{
    Ber content;

    return ber_expect(ber, tag, &content) && ber_unsigned(&content, value);
}

/* The invocation in FACILITY, behind what Q.932 lets precede it. */
static gboolean invoke_find(SwitchType type, const guint8 *facility, Ber *invoke)
{
    Ber ber = {facility + 2, facility + 2 + facility[1]};
    guint8 tag;

    if (type == SWITCH_DMS100) {
        if (ber_size(&ber) < 2 || ber.at[0] != (PROTOCOL_ROSE & 0x7f) || ber.at[1] != RLT_SERVICE)
            return FALSE;
        ber.at += 2;
    } else {
        if (ber_size(&ber) < 1 || !(ber.at[0] & 0x80))
            return FALSE;
        ber.at += 1;
    }
    while (ber_next(&ber, &tag, invoke))
        if (tag == ROSE_INVOKE)
            return TRUE;
    return FALSE;
}

/* Two B channel transfer: which call is the other one. */
static gboolean transfer_read(SwitchType type, const Ber *operation, Ber *body, Joining *joining)
{
    Ber arguments;

    if (!dialect_is_american(type) || type == SWITCH_DMS100 ||
        ber_size(operation) != sizeof initiate_transfer ||
        memcmp(operation->at, initiate_transfer, sizeof initiate_transfer) != 0)
        return FALSE;
    joining->kind = JOINING_WANTED;
    if (!ber_expect(body, BER_SEQUENCE, &arguments) ||
        !integer_next(&arguments, BER_INTEGER, &joining->other))
        return FALSE;
    joining->elsewhere = ber_size(&arguments) > 0;
    return TRUE;
}

static gboolean operation_read(SwitchType type, Ber *body, Joining *joining)
{
    Ber operation, arguments;
    guint8 tag;
    gint32 number;

    if (!ber_next(body, &tag, &operation))
        return FALSE;
    if (tag == BER_OID)
        return transfer_read(type, &operation, body, joining);
    if (tag != BER_INTEGER || !ber_integer(&operation, &number))
        return FALSE;
    if (type == SWITCH_EUROISDN && number == ECT_EXECUTE) {
        joining->kind = JOINING_IMPLICIT;
        return TRUE;
    }
    if (type != SWITCH_DMS100)
        return FALSE;
    if (number == RLT_OPERATION_IND) {
        joining->kind = JOINING_ABILITY;
        return TRUE;
    }
    if (number != RLT_THIRD_PARTY)
        return FALSE;
    joining->kind = JOINING_WANTED;
    return ber_expect(body, BER_SEQUENCE, &arguments) &&
           integer_next(&arguments, TAG_CALL_NAME, &joining->other);
}

gboolean joining_read(SwitchType type, const guint8 *facility, Joining *joining)
{
    Ber body, invoke;

    *joining = (Joining){0};
    return invoke_find(type, facility, &body) && ber_expect(&body, BER_INTEGER, &invoke) &&
           ber_integer(&invoke, &joining->invoke) && operation_read(type, &body, joining);
}

/* ---- writing ----------------------------------------------------------------------------------
 */

/* A Facility element with a component that answers JOINING's invocation. */
typedef struct Answer {
    BerWriter writer;
    guint8 *element, *component;
} Answer;

static void answer_begin(Answer *answer, SwitchType type, const Joining *joining, guint8 tag,
                         guint8 *out)
{
    answer->writer.at = out;
    answer->element = ber_begin(&answer->writer, 0x1c);
    if (type == SWITCH_DMS100) {
        *answer->writer.at++ = PROTOCOL_ROSE & 0x7f;
        *answer->writer.at++ = RLT_SERVICE;
    } else {
        *answer->writer.at++ = PROTOCOL_ROSE;
    }
    answer->component = ber_begin(&answer->writer, tag);
    ber_write_integer(&answer->writer, BER_INTEGER, joining->invoke);
}

static void answer_end(Answer *answer)
{
    ber_end(&answer->writer, answer->component);
    ber_end(&answer->writer, answer->element);
}

void joining_grant(SwitchType type, const Joining *joining, guint32 name, guint8 *out)
{
    Answer answer;
    guint8 *sequence;

    answer_begin(&answer, type, joining, ROSE_RESULT, out);
    if (joining->kind == JOINING_ABILITY) {
        sequence = ber_begin(&answer.writer, BER_SEQUENCE);
        ber_write_integer(&answer.writer, BER_INTEGER, RLT_OPERATION_IND);
        ber_write_integer(&answer.writer, TAG_CALL_NAME, name);
        ber_end(&answer.writer, sequence);
    }
    answer_end(&answer);
}

void joining_refuse(SwitchType type, const Joining *joining, JoiningRefusal why, guint8 *out)
{
    /* Q.932 general errors: notSubscribed, notAvailable, invalidCallState; DMS-100: notAllowed,
     * callIDNotFound, bridgeFail. */
    static const guint8 errors[][2] = {{0, 0x12}, {3, 0x11}, {7, 0x10}};
    Answer answer;

    answer_begin(&answer, type, joining, ROSE_ERROR, out);
    ber_write_integer(&answer.writer, BER_INTEGER, errors[why][type == SWITCH_DMS100]);
    answer_end(&answer);
}
