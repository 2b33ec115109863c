/* What a call costs, in words. */
#include "call.h"

const char *charge_describe(const CallCharge *charge, char *buffer, gsize size)
{
    const char *sofar = charge->final ? "" : " so far";

    switch (charge->kind) {
    case CHARGE_NONE:
        return "";
    case CHARGE_FREE:
        g_strlcpy(buffer, "free", size);
        break;
    case CHARGE_UNITS:
        g_snprintf(buffer, size, "%" G_GUINT64_FORMAT " units%s", charge->amount, sofar);
        break;
    case CHARGE_CURRENCY:
        g_snprintf(buffer, size, "%" G_GUINT64_FORMAT ".%03u %s%s", charge->amount / 1000,
                   (guint)(charge->amount % 1000), charge->currency, sofar);
        break;
    }
    return buffer;
}
