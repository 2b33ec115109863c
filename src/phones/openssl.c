/* Finding OpenSSL's functions in the process. */
#include "openssl.h"

#include <dlfcn.h>

/* RTLD_NEXT: behind the executable, whose own SSL_new() and the like stand before OpenSSL's. */
static gboolean calls_find(OpensslCalls *calls)
{
#define OPENSSL_FIND(name, result, arguments)                                                      \
    if (!(*(void **)&calls->name = dlsym(RTLD_NEXT, #name)))                                       \
        return FALSE;
    OPENSSL_CALLS(OPENSSL_FIND)
    return TRUE;
}

const OpensslCalls *openssl_calls(void)
{
    static OpensslCalls calls;
    static gsize once;

    if (g_once_init_enter(&once))
        g_once_init_leave(&once, calls_find(&calls) ? 1 : 2);
    return once == 1 ? &calls : NULL;
}

const char *openssl_reason(const OpensslCalls *calls)
{
    unsigned long error = calls->ERR_peek_error();
    const char *reason = error ? calls->ERR_reason_error_string(error) : NULL;

    calls->ERR_clear_error();
    return reason ? reason : "OpenSSL does not say why";
}
