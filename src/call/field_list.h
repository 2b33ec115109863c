/* Header fields that are lists of addresses with parameters, taken apart. */
#pragma once

#include "number.h"

#define FIELD_ITEMS_MAX 64 /* of one kind in a message; what follows is not read */

/* "Name" <sip:user;userparam@host;param?headers>;param */
typedef struct FieldAddress {
    char *user;    /* unescaped, of tel: the number; NULL: none, or no text */
    char *host;    /* lower case; "" of tel: */
    char *uri;     /* parameters of the URI, ";a=b;c" */
    char *headers; /* "Privacy=history&Reason=..." as escaped; "" */
    char *params;  /* of the header field, ";a=b;c" */
} FieldAddress;

/* The items of all VALUES (NULL-terminated; NULL: none): split at commas outside of quotes and <>,
 * of char*. */
GPtrArray *field_split(const char *const *values);
/* FALSE, and ADDRESS is empty, when ITEM is no address with a sip:, sips: or tel: URI. */
gboolean field_address_read(const char *item, FieldAddress *address);
void field_address_clear(FieldAddress *address);
/* The value of NAME in PARAMS, without quotes and escapes of these; "" for one without value; NULL:
 * not there. Caller frees. */
char *field_param(const char *params, const char *name);
