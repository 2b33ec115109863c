/* ROSE components (ITU-T X.219) around the few operations that join two calls. */
#include "joining.h"
#include "dialect.h"

#include <string.h>

#define PROTOCOL_ROSE 0x91 /* Q.932 8.2.3 */
#define RLT_SERVICE 0xbe   /* DMS-100, behind PROTOCOL_ROSE without its extension bit */
#define TAG_INVOKE 0xa1
#define TAG_RESULT 0xa2
#define TAG_ERROR 0xa3
#define TAG_INTEGER 0x02
#define TAG_OID 0x06
#define TAG_SEQUENCE 0x30
#define TAG_CALL_NAME 0x80
#define RLT_OPERATION_IND 1
#define RLT_THIRD_PARTY 2
#define ECT_EXECUTE 6

static const guint8 initiate_transfer[] = {0x2a, 0x86, 0x48, 0xce, 0x15, 0x00, 0x08};

/* ---- reading ----------------------------------------------------------------------------------
 */

typedef struct Part {
    guint8 tag;
    const guint8 *octets;
    gsize length;
} Part;

/* The next part of the octets from *AT to END, of definite length; FALSE at the end, or where there
 * is none. */
static gboolean part_next(const guint8 **at, const guint8 *end, Part *part)
{
    gsize left = (gsize)(end - *at), head = 2;

    if (left < 2)
        return FALSE;
    part->tag = (*at)[0];
    part->length = (*at)[1];
    if (part->length == 0x81 && left > 2) {
        part->length = (*at)[2];
        head = 3;
    } else if (part->length >= 0x80) {
        return FALSE;
    }
    if (part->length > left - head)
        return FALSE;
    part->octets = *at + head;
    *at = part->octets + part->length;
    return TRUE;
}

/* The next part is an integer; of more than four octets none that we know. */
static gboolean integer_next(const guint8 **at, const guint8 *end, guint8 tag, guint32 *value)
{
    Part part;

    if (!part_next(at, end, &part) || part.tag != tag || part.length < 1 || part.length > 4)
        return FALSE;
    *value = 0;
    for (gsize i = 0; i < part.length; i++)
        *value = *value << 8 | part.octets[i];
    return TRUE;
}

/* The invocation in FACILITY, behind what Q.932 lets precede it. */
static gboolean invoke_find(SwitchType type, const guint8 *facility, Part *invoke)
{
    const guint8 *at = facility + 2, *end = at + facility[1];

    if (type == SWITCH_DMS100) {
        if (end - at < 2 || at[0] != (PROTOCOL_ROSE & 0x7f) || at[1] != RLT_SERVICE)
            return FALSE;
        at += 2;
    } else {
        if (end - at < 1 || !(at[0] & 0x80))
            return FALSE;
        at += 1;
    }
    while (part_next(&at, end, invoke))
        if (invoke->tag == TAG_INVOKE)
            return TRUE;
    return FALSE;
}

static gboolean operation_read(SwitchType type, const guint8 *at, const guint8 *end,
                               Joining *joining)
{
    Part operation, arguments;
    guint32 number;

    if (!part_next(&at, end, &operation) || operation.length < 1)
        return FALSE;
    if (operation.tag == TAG_OID) {
        if (!dialect_is_american(type) || type == SWITCH_DMS100 ||
            operation.length != sizeof initiate_transfer ||
            memcmp(operation.octets, initiate_transfer, operation.length) != 0 ||
            !part_next(&at, end, &arguments) || arguments.tag != TAG_SEQUENCE)
            return FALSE;
        at = arguments.octets;
        joining->kind = JOINING_WANTED;
        return integer_next(&at, arguments.octets + arguments.length, TAG_INTEGER, &joining->other);
    }
    if (operation.tag != TAG_INTEGER || operation.length != 1)
        return FALSE;
    number = operation.octets[0];
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
    if (number != RLT_THIRD_PARTY || !part_next(&at, end, &arguments) ||
        arguments.tag != TAG_SEQUENCE)
        return FALSE;
    at = arguments.octets;
    joining->kind = JOINING_WANTED;
    return integer_next(&at, arguments.octets + arguments.length, TAG_CALL_NAME, &joining->other);
}

gboolean joining_read(SwitchType type, const guint8 *facility, Joining *joining)
{
    const guint8 *at, *end;
    guint32 invoke;
    Part part;

    *joining = (Joining){0};
    if (!invoke_find(type, facility, &part))
        return FALSE;
    at = part.octets;
    end = at + part.length;
    if (!integer_next(&at, end, TAG_INTEGER, &invoke))
        return FALSE;
    joining->invoke = (gint32)invoke;
    return operation_read(type, at, end, joining);
}

/* ---- writing ----------------------------------------------------------------------------------
 */

/* A part of one integer, as short as it goes. */
static guint8 *integer_write(guint8 *at, guint8 tag, guint32 value)
{
    guint octets = 1;

    while (octets < 4 && value >> (8 * octets - 1))
        octets++;
    *at++ = tag;
    *at++ = (guint8)octets;
    for (guint i = octets; i-- > 0;)
        *at++ = (guint8)(value >> (8 * i));
    return at;
}

/* The head of a component of TAG; what is said of the invocation follows. */
static guint8 *component_begin(SwitchType type, const Joining *joining, guint8 tag, guint8 *out,
                               guint8 **length)
{
    guint8 *at = out + 2;

    out[0] = 0x1c;
    if (type == SWITCH_DMS100) {
        *at++ = PROTOCOL_ROSE & 0x7f;
        *at++ = RLT_SERVICE;
    } else {
        *at++ = PROTOCOL_ROSE;
    }
    *at++ = tag;
    *length = at++;
    return integer_write(at, TAG_INTEGER, (guint32)joining->invoke);
}

static void component_end(guint8 *out, guint8 *length, const guint8 *at)
{
    *length = (guint8)(at - length - 1);
    out[1] = (guint8)(at - out - 2);
}

void joining_grant(SwitchType type, const Joining *joining, guint32 name, guint8 *out)
{
    guint8 *length, *at = component_begin(type, joining, TAG_RESULT, out, &length), *inner;

    if (joining->kind == JOINING_ABILITY) {
        *at++ = TAG_SEQUENCE;
        inner = at++;
        at = integer_write(at, TAG_INTEGER, RLT_OPERATION_IND);
        at = integer_write(at, TAG_CALL_NAME, name);
        *inner = (guint8)(at - inner - 1);
    }
    component_end(out, length, at);
}

void joining_refuse(SwitchType type, const Joining *joining, JoiningRefusal why, guint8 *out)
{
    /* Q.932 general errors: notSubscribed, notAvailable, invalidCallState; DMS-100: notAllowed,
     * callIDNotFound, bridgeFail. */
    static const guint8 errors[][2] = {{0, 0x12}, {3, 0x11}, {7, 0x10}};
    guint8 *length, *at = component_begin(type, joining, TAG_ERROR, out, &length);

    at = integer_write(at, TAG_INTEGER, errors[why][type == SWITCH_DMS100]);
    component_end(out, length, at);
}
