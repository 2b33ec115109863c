/* Combinations of the phones' settings that cannot be: proxy, registrar, phones, policies, classes,
 * calls for help. */
#include "reading.h"
#include "route.h"

#include <string.h>

static guint16 port_of(const struct sockaddr_storage *address)
{
    return address_port((const struct sockaddr *)address);
}

static void proxy_check(Reading *reading)
{
    const Settings *settings = reading->settings;
    const ProxySettings *proxy = &settings->proxy;
    Section *section = reading_section(reading, proxy);

    if (reading_is_sound(section, "mode", "primary", NULL) && proxy->mode == PROXY_OUTBOUND &&
        !proxy->primaries)
        reading_complain(reading, section, "primary",
                         "is missing: mode outbound passes requests on to it");
    if (reading_is_sound(section, "check", "check-down", NULL) &&
        proxy->check_down_us > proxy->check_us)
        reading_complain(reading, section, "check-down", "is longer than check");
    for (guint i = 0; proxy->primaries && i < proxy->primaries->len; i++) {
        const PrimaryPlace *place = &g_array_index(proxy->primaries, PrimaryPlace, i);
        struct sockaddr_storage address;

        if (!address_parse(place->host, &address))
            continue;
        address_set_port(&address, place->port ? place->port : 5060);
        if (hosts_overlap(&address, &settings->sip.listen) &&
            port_of(&address) == port_of(&settings->sip.listen) &&
            !address_is_wildcard(&settings->sip.listen))
            reading_complain(reading, section, "primary", "%s is our own [sip] listen",
                             place->host);
    }
}

/* What TCP has, TLS cannot have. */
static void tls_listen_check(Reading *reading, Section *section)
{
    const Settings *settings = reading->settings;
    const GArray *endpoints = settings->proxy.port.tls_listen;

    reading_check_endpoints(reading, section, "tls-listen", endpoints);
    for (guint i = 0; settings->sip.tcp && endpoints && i < endpoints->len; i++) {
        const struct sockaddr_storage *one = &g_array_index(endpoints, struct sockaddr_storage, i);
        const char *key = sip_key_of(&settings->sip, one);

        if (key)
            reading_complain(reading, section, "tls-listen", "%u is the port of [sip] %s",
                             port_of(one), key);
    }
}

static void proxy_port_check(Reading *reading)
{
    const PortSettings *port = &reading->settings->proxy.port;
    Section *section = reading_section(reading, &reading->settings->proxy);
    Section *sip = reading_section(reading, &reading->settings->sip);

    if (reading_is_sound(section, "tls-listen", "tls-certificate", NULL) && port->tls_listen &&
        !port->tls_certificate)
        reading_complain(reading, section, "tls-certificate", "is missing: tls-listen needs it");
    if (reading_is_sound(sip, "listen", "also-listen", NULL) &&
        reading_is_sound(section, "tls-listen", NULL))
        tls_listen_check(reading, section);
}

static void registrar_check(Reading *reading)
{
    const RegistrarSettings *registrar = &reading->settings->registrar;
    Section *section = reading_section(reading, registrar);

    if (!reading_is_sound(section, "min-expires", "max-expires", "default-expires", NULL))
        return;
    if (registrar->min_expires_s > registrar->max_expires_s)
        reading_complain(reading, section, "min-expires", "%us is longer than max-expires, %us",
                         registrar->min_expires_s, registrar->max_expires_s);
    else if (registrar->default_expires_s < registrar->min_expires_s ||
             registrar->default_expires_s > registrar->max_expires_s)
        reading_complain(reading, section, "default-expires",
                         "%us does not lie between min-expires and max-expires",
                         registrar->default_expires_s);
}

/* A user part that means two phones would reach one of them only. */
static void aliases_check(Reading *reading, guint index)
{
    const GPtrArray *phones = reading->settings->phones;
    const PhoneSettings *phone = g_ptr_array_index(phones, index);

    for (guint i = 0; phone->aliases && i < phone->aliases->len; i++) {
        const char *alias = g_ptr_array_index(phone->aliases, i);

        for (guint j = 0; j < phones->len; j++) {
            const PhoneSettings *other = g_ptr_array_index(phones, j);

            if (strcmp(other->name, alias) == 0)
                reading_complain(reading, reading_section(reading, phone), "aliases",
                                 "%s is the name of [phone %s]", alias, other->name);
            else if (j < index && other->aliases &&
                     g_ptr_array_find_with_equal_func(other->aliases, alias, g_str_equal, NULL))
                reading_complain(reading, reading_section(reading, phone), "aliases",
                                 "%s means [phone %s] already", alias, other->name);
        }
    }
}

/* A phone whose calls always go elsewhere, and in the end back to it, could never be called. */
static void always_check(Reading *reading, guint index)
{
    const GPtrArray *phones = reading->settings->phones;
    const PhoneSettings *phone = g_ptr_array_index(phones, index), *at = phone;

    for (guint hops = 0; at && at->always && hops <= phones->len; hops++) {
        at = settings_find_phone(reading->settings, at->always);
        if (at != phone)
            continue;
        reading_complain(reading, reading_section(reading, phone), "always",
                         "%s leads back to this phone", phone->always);
        return;
    }
}

/* A phone of a class that is none could call nobody. */
static void phone_class_check(Reading *reading, guint index)
{
    const Settings *settings = reading->settings;
    const PhoneSettings *phone = g_ptr_array_index(settings->phones, index);

    if (!phone->class_name)
        return;
    for (guint i = 0; i < settings->classes->len; i++) {
        if (strcmp(((const ClassSettings *)g_ptr_array_index(settings->classes, i))->name,
                   phone->class_name) == 0)
            return;
    }
    reading_complain(reading, reading_section(reading, phone), "class",
                     "no [class %s] is configured", phone->class_name);
}

static void place_check(Reading *reading, guint index)
{
    const PhoneSettings *phone = g_ptr_array_index(reading->settings->phones, index);
    const GPtrArray *elins = reading->settings->elins;

    for (guint i = 0; phone->elin && i < elins->len; i++)
        if (strcmp(((const ElinSettings *)elins->pdata[i])->name, phone->elin) == 0)
            return;
    if (phone->elin)
        reading_complain(reading, reading_section(reading, phone), "elin",
                         "no [elin %s] is configured", phone->elin);
}

static void phone_check(Reading *reading, guint index)
{
    place_check(reading, index);
    aliases_check(reading, index);
    always_check(reading, index);
    phone_class_check(reading, index);
}

static void policy_check(Reading *reading, const PolicySettings *policy)
{
    Section *section = reading_section(reading, policy);
    Section *guard = reading_section(reading, &reading->settings->guard);

    if (reading_is_sound(section, "action", NULL) && policy->action == POLICY_CHALLENGE &&
        reading_is_sound(guard, "users", NULL) && !reading->settings->guard.users)
        reading_complain(reading, section, "action", "challenge needs [guard] users");
}

/* Two classes with one and the same network: the second would never be met. */
static void class_check(Reading *reading, guint index)
{
    const GPtrArray *classes = reading->settings->classes;
    const ClassSettings *class = g_ptr_array_index(classes, index);
    Section *section = reading_section(reading, class);

    for (guint i = 0; i < index; i++) {
        const ClassSettings *other = g_ptr_array_index(classes, i);

        for (guint j = 0; class->networks && other->networks && j < class->networks->len; j++) {
            const Network *network = &g_array_index(class->networks, Network, j);

            for (guint k = 0; k < other->networks->len; k++) {
                if (memcmp(network, &g_array_index(other->networks, Network, k), sizeof *network) ==
                    0)
                    reading_complain(reading, section, "networks",
                                     "[class %s] has the same network already", other->name);
            }
        }
    }
}

/* Would NUMBER reach those who help? */
static gboolean is_for_help(const EmergencySettings *emergency, const char *number)
{
    for (guint i = 0; emergency->numbers && i < emergency->numbers->len; i++) {
        const NamedNumber *one = g_ptr_array_index(emergency->numbers, i);

        if (pattern_match(one->name, number) == PATTERN_YES || g_strcmp0(one->number, number) == 0)
            return TRUE;
    }
    for (guint i = 0; emergency->services && i < emergency->services->len; i++)
        if (g_strcmp0(((NamedNumber *)g_ptr_array_index(emergency->services, i))->number, number) ==
            0)
            return TRUE;
    return FALSE;
}

/* A drill must never call for help. */
static void emergency_check(Reading *reading)
{
    const EmergencySettings *emergency = &reading->settings->emergency;
    Section *section = reading_section(reading, emergency);

    if (!reading_is_sound(section, "numbers", "services", "drill", "drill-to", NULL))
        return;
    if (emergency->drill && !emergency->drill_to)
        reading_complain(reading, section, "drill-to", "is missing: drill needs it");
    if (emergency->drill && is_for_help(emergency, emergency->drill))
        reading_complain(reading, section, "drill", "%s is an emergency number", emergency->drill);
    if (emergency->drill_to && is_for_help(emergency, emergency->drill_to))
        reading_complain(reading, section, "drill-to", "%s is an emergency number",
                         emergency->drill_to);
}

void reading_check_phones(Reading *reading)
{
    const Settings *settings = reading->settings;

    proxy_check(reading);
    proxy_port_check(reading);
    registrar_check(reading);
    for (guint i = 0; i < settings->phones->len; i++)
        phone_check(reading, i);
    for (guint i = 0; i < settings->policies->len; i++)
        policy_check(reading, g_ptr_array_index(settings->policies, i));
    for (guint i = 0; i < settings->classes->len; i++)
        class_check(reading, i);
    emergency_check(reading);
}
