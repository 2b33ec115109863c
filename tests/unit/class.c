/* Classes of service: every rule refuses what it is there for, and nothing else; nothing refuses an
 * emergency call. */
#include "class.h"

#include "../../src/call/class_count.h"
#include "loop_virtual.h"
#include "origin.h"

#include <string.h>

#define SECOND ((gint64)G_USEC_PER_SEC)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)

#define ROUTES                                                                                     \
    "[span e1]\nbackend = pair\n"                                                                  \
    "[trunk pbx]\nspan = e1\ncountry-code = 49\n"                                                  \
    "[route help]\ncalled = 112\nto = trunk pbx\nemergency = yes\n"                                \
    "[route out]\ncalled = 0.\nstrip = 1\nto = trunk pbx\ninternational = yes\n"                   \
    "[route plus]\ncalled = +.\nto = trunk pbx\ninternational = yes\n"                             \
    "[route house]\ncalled = [1-8]XX\nto = trunk pbx\n"

typedef struct Story {
    Loop *loop;
    Settings *settings;
    ClassBook *book;
    CallOrigin origin;
    ClassAnswer answer;
} Story;

static void origin_set(CallOrigin *origin, const char *address, const char *user,
                       const char *class_name)
{
    *origin = (CallOrigin){.kind = ORIGIN_SIP};
    g_assert_true(address_parse(address, &origin->source));
    g_strlcpy(origin->user, user, sizeof(origin->user));
    g_strlcpy(origin->class_name, class_name, sizeof(origin->class_name));
}

static void story_open(Story *story, const char *classes)
{
    g_autofree char *text = g_strconcat(ROUTES, classes, NULL);
    g_autoptr(GError) error = NULL;

    *story = (Story){.loop = loop_virtual_new()};
    story->settings = settings_parse("story", text, &error);
    g_assert_no_error(error);
    story->book = class_book_new(story->loop, story->settings);
    origin_set(&story->origin, "192.0.2.7:5060", "", "");
}

static void story_close(Story *story)
{
    class_book_free(story->book);
    settings_free(story->settings);
    loop_virtual_free(story->loop);
}

static ClassVerdict asked(Story *story, ClassPurpose purpose, const char *digits, gboolean transit)
{
    Number called = {.ton = *digits == '+' ? TON_INTERNATIONAL : TON_UNKNOWN};
    ClassAsk ask = {purpose, &story->origin, &called, transit};
    ClassVerdict verdict;

    g_strlcpy(called.digits, digits + (*digits == '+'), sizeof(called.digits));
    verdict = class_judge(story->book, &ask, &story->answer);
    g_assert_cmpint(story->answer.verdict, ==, verdict);
    g_assert_cmpint(story->answer.status, ==, verdict == CLASS_ALLOWED ? 0 : 403);
    g_assert_cmpint(story->answer.cause, ==, verdict == CLASS_ALLOWED ? 0 : 21);
    g_assert_cmpint(*story->answer.phrase == 0, ==, verdict == CLASS_ALLOWED);
    return verdict;
}

static ClassVerdict dialled(Story *story, const char *digits)
{
    return asked(story, CLASS_FOR_CALL, digits, FALSE);
}

static void without_classes_nothing_is_refused(void)
{
    Story story;
    ClassCall *call;

    story_open(&story, "");
    g_assert_cmpint(dialled(&story, "000441"), ==, CLASS_ALLOWED);
    g_assert_cmpint(dialled(&story, "+1900555"), ==, CLASS_ALLOWED);
    g_assert_cmpint(asked(&story, CLASS_FOR_REFER, "200", TRUE), ==, CLASS_ALLOWED);
    origin_set(&story.origin, "192.0.2.7:5060", "ann", "staff"); /* of another file's class */
    g_assert_cmpint(dialled(&story, "+1900555"), ==, CLASS_ALLOWED);
    g_assert_null(story.answer.class);
    call = class_call_begin(story.book, &story.origin);
    class_call_answer(call);
    g_assert_cmpuint(class_live_calls(story.book, &story.origin), ==, 0);
    class_call_end(call);
    story_close(&story);
}

static const char *class_name(Story *story)
{
    dialled(story, "200");
    return story->answer.class ? story->answer.class->name : NULL;
}

static void a_class_is_found(void)
{
    Story story;

    story_open(&story, "[class hall]\nnetworks = 192.0.2.0/28\n"
                       "[class lab]\nnetworks = 192.0.2.0/24, 2001:db8::/32\n"
                       "[class staff]\n[class default]\n");
    g_assert_cmpstr(class_name(&story), ==, "hall");
    origin_set(&story.origin, "192.0.2.20:5060", "", "");
    g_assert_cmpstr(class_name(&story), ==, "lab");
    origin_set(&story.origin, "[2001:db8::1]:5060", "", "");
    g_assert_cmpstr(class_name(&story), ==, "lab");
    origin_set(&story.origin, "[::ffff:192.0.2.20]:5060", "", "");
    g_assert_cmpstr(class_name(&story), ==, "lab");
    origin_set(&story.origin, "198.51.100.1:5060", "ann", "");
    g_assert_cmpstr(class_name(&story), ==, "default");
    origin_set(&story.origin, "192.0.2.7:5060", "ann", "staff");
    g_assert_cmpstr(class_name(&story), ==, "staff");
    story.origin.kind = ORIGIN_PRI;
    g_assert_cmpstr(class_name(&story), ==, NULL);
    story_close(&story);
}

static void who_fits_no_class_is_free(void)
{
    Story story;

    story_open(&story, "[class lab]\nnetworks = 192.0.2.0/24\n");
    origin_set(&story.origin, "198.51.100.1:5060", "", "");
    g_assert_cmpint(dialled(&story, "+1900555"), ==, CLASS_ALLOWED);
    g_assert_null(story.answer.class);
    story_close(&story);
}

static void a_class_that_is_not_configured_refuses(void)
{
    Story story;

    story_open(&story, "[class default]\n");
    origin_set(&story.origin, "192.0.2.7:5060", "ann", "gone");
    g_assert_cmpint(dialled(&story, "200"), ==, CLASS_UNKNOWN);
    g_assert_cmpstr(story.answer.why, ==,
                    "class gone: a call: a caller of an unknown class, to 200");
    g_assert_cmpint(dialled(&story, "112"), ==, CLASS_ALLOWED);
    story_close(&story);
}

static void deny_goes_before_allow(void)
{
    Story story;

    story_open(&story, "[class default]\nallow = 2XX, 0.\ndeny = 29X, 99.\n");
    g_assert_cmpint(dialled(&story, "200"), ==, CLASS_ALLOWED);
    g_assert_cmpint(dialled(&story, "290"), ==, CLASS_DENIED);
    g_assert_cmpstr(story.answer.why, ==, "class default: a call to a denied number, 290");
    g_assert_cmpint(dialled(&story, "300"), ==, CLASS_UNLISTED);
    g_assert_cmpstr(story.answer.why, ==,
                    "class default: a call to a number that is not allowed, 300");
    g_assert_cmpstr(story.answer.phrase, ==, "Number Not Allowed");
    /* What the route makes of it is denied, too; but only what was dialled is allowed. */
    g_assert_cmpint(dialled(&story, "0991"), ==, CLASS_DENIED);
    g_assert_cmpint(dialled(&story, "+49200"), ==, CLASS_UNLISTED);
    story_close(&story);
}

static void a_target_without_digits_has_no_number(void)
{
    Story story;
    Number none = {.digits = ""};
    ClassAsk ask = {CLASS_FOR_REFER, NULL, NULL, FALSE};

    story_open(&story, "[class default]\nallow = 2XX\n");
    ask.origin = &story.origin;
    g_assert_cmpint(class_judge(story.book, &ask, &story.answer), ==, CLASS_ALLOWED);
    ask.called = &none;
    g_assert_cmpint(class_judge(story.book, &ask, &story.answer), ==, CLASS_ALLOWED);
    ask.transit = TRUE;
    g_assert_cmpint(class_judge(story.book, &ask, &story.answer), ==, CLASS_TRANSIT);
    g_assert_cmpstr(story.answer.why, ==, "class default: a REFER: a call from trunk to trunk");
    story_close(&story);
}

static void international_is_barred_by_default(void)
{
    Story story;

    story_open(&story, "[class default]\n[class world]\ninternational = yes\n");
    g_assert_cmpint(dialled(&story, "000331"), ==, CLASS_INTERNATIONAL); /* 0 for the line, 00 */
    g_assert_cmpstr(story.answer.why, ==,
                    "class default: a call to an international number, 000331");
    g_assert_cmpstr(story.answer.phrase, ==, "International Calls Not Allowed");
    g_assert_cmpint(dialled(&story, "+331"), ==, CLASS_INTERNATIONAL);
    g_assert_cmpint(dialled(&story, "+4971"), ==, CLASS_ALLOWED); /* our own country */
    g_assert_cmpint(dialled(&story, "0071"), ==, CLASS_ALLOWED);
    origin_set(&story.origin, "192.0.2.7:5060", "ann", "world");
    g_assert_cmpint(dialled(&story, "000331"), ==, CLASS_ALLOWED);
    story_close(&story);
}

static void premium_is_barred_by_default(void)
{
    static const char *const dear[] = {"+1900555",    "01900555123499", "00900123", "+49900123",
                                       "00049900123", "+44912345",      "+8821"};
    Story story;

    story_open(&story, "[class default]\ninternational = yes\n"
                       "[class rich]\ninternational = yes\npremium = yes\n"
                       "[class own]\ninternational = yes\npremium-numbers = 8XX\n");
    for (guint i = 0; i < G_N_ELEMENTS(dear); i++) {
        g_test_message("%s", dear[i]);
        g_assert_cmpint(dialled(&story, dear[i]), ==, CLASS_PREMIUM);
    }
    g_assert_cmpint(asked(&story, CLASS_FOR_REDIRECT, "+1900555", FALSE), ==, CLASS_PREMIUM);
    g_assert_cmpstr(story.answer.why, ==, "class default: a 3xx to a premium number, +1900555");
    g_assert_cmpint(asked(&story, CLASS_FOR_REFER, "+1900555", FALSE), ==, CLASS_PREMIUM);
    g_assert_cmpstr(story.answer.why, ==, "class default: a REFER to a premium number, +1900555");
    g_assert_cmpint(dialled(&story, "+449"), ==, CLASS_ALLOWED); /* not yet one */
    origin_set(&story.origin, "192.0.2.7:5060", "ann", "rich");
    g_assert_cmpint(dialled(&story, "+1900555"), ==, CLASS_ALLOWED);
    origin_set(&story.origin, "192.0.2.7:5060", "ann", "own");
    g_assert_cmpint(dialled(&story, "+1900555"), ==, CLASS_ALLOWED);
    g_assert_cmpint(dialled(&story, "800"), ==, CLASS_PREMIUM);
    story_close(&story);
}

static void transit_and_forwarding_are_asked_for(void)
{
    Story story;

    story_open(&story, "[class default]\nforward = no\n[class open]\ntransit = yes\n");
    g_assert_cmpint(asked(&story, CLASS_FOR_REDIRECT, "200", FALSE), ==, CLASS_FORWARD);
    g_assert_cmpstr(story.answer.why, ==, "class default: a 3xx: a forwarded call, to 200");
    g_assert_cmpint(asked(&story, CLASS_FOR_REFER, "200", FALSE), ==, CLASS_ALLOWED);
    g_assert_cmpint(asked(&story, CLASS_FOR_REFER, "200", TRUE), ==, CLASS_TRANSIT);
    origin_set(&story.origin, "192.0.2.7:5060", "ann", "open");
    g_assert_cmpint(asked(&story, CLASS_FOR_REDIRECT, "200", FALSE), ==, CLASS_ALLOWED);
    g_assert_cmpint(asked(&story, CLASS_FOR_REFER, "200", TRUE), ==, CLASS_ALLOWED);
    story_close(&story);
}

static void calls_at_once_are_counted_by_user_and_class(void)
{
    Story story;
    ClassCall *first, *second, *third;

    story_open(&story, "[class default]\ncalls = 2\ngroup-calls = 3\n");
    origin_set(&story.origin, "192.0.2.7:5060", "ann", "");
    first = class_call_begin(story.book, &story.origin);
    g_assert_cmpint(dialled(&story, "200"), ==, CLASS_ALLOWED);
    second = class_call_begin(story.book, &story.origin);
    g_assert_cmpuint(class_live_calls(story.book, &story.origin), ==, 2);
    g_assert_cmpint(dialled(&story, "200"), ==, CLASS_CALLS);
    g_assert_cmpstr(story.answer.why, ==, "class default: a call: one call too many, to 200");
    /* What is transferred or forwarded lives already. */
    g_assert_cmpint(asked(&story, CLASS_FOR_REFER, "200", FALSE), ==, CLASS_ALLOWED);
    g_assert_cmpint(asked(&story, CLASS_FOR_REDIRECT, "200", FALSE), ==, CLASS_ALLOWED);
    origin_set(&story.origin, "192.0.2.7:5060", "bob", "");
    g_assert_cmpint(dialled(&story, "200"), ==, CLASS_ALLOWED);
    third = class_call_begin(story.book, &story.origin);
    g_assert_cmpuint(class_live_group(story.book, "default"), ==, 3);
    g_assert_cmpint(dialled(&story, "200"), ==, CLASS_GROUP_CALLS);
    class_call_end(first);
    g_assert_cmpint(dialled(&story, "200"), ==, CLASS_ALLOWED);
    class_call_end(second);
    class_call_end(third);
    g_assert_cmpuint(class_live_calls(story.book, &story.origin), ==, 0);
    g_assert_cmpuint(class_live_group(story.book, "default"), ==, 0);
    story_close(&story);
}

static void who_does_not_authenticate_counts_by_address(void)
{
    Story story;
    ClassCall *call;

    story_open(&story, "[class default]\ncalls = 1\n");
    call = class_call_begin(story.book, &story.origin);
    origin_set(&story.origin, "192.0.2.7:5099", "", "");
    g_assert_cmpint(dialled(&story, "200"), ==, CLASS_CALLS);
    origin_set(&story.origin, "[::ffff:192.0.2.7]:5060", "", "");
    g_assert_cmpint(dialled(&story, "200"), ==, CLASS_CALLS);
    origin_set(&story.origin, "192.0.2.8:5060", "", "");
    g_assert_cmpint(dialled(&story, "200"), ==, CLASS_ALLOWED);
    class_call_end(call);
    story_close(&story);
}

static void calls_of_an_hour_are_counted(void)
{
    Story story;

    story_open(&story, "[class default]\ncalls-per-hour = 3\n");
    for (guint i = 0; i < 3; i++) {
        g_assert_cmpint(dialled(&story, "200"), ==, CLASS_ALLOWED);
        class_call_end(class_call_begin(story.book, &story.origin));
        loop_virtual_advance(story.loop, 10 * MINUTE);
    }
    g_assert_cmpint(dialled(&story, "200"), ==, CLASS_HOUR);
    g_assert_cmpint(asked(&story, CLASS_FOR_REFER, "200", FALSE), ==, CLASS_HOUR);
    loop_virtual_advance(story.loop, 31 * MINUTE);
    g_assert_cmpint(dialled(&story, "200"), ==, CLASS_ALLOWED);
    class_call_end(class_call_begin(story.book, &story.origin));
    g_assert_cmpint(dialled(&story, "200"), ==, CLASS_HOUR);
    loop_virtual_advance(story.loop, 100 * HOUR);
    g_assert_cmpint(dialled(&story, "200"), ==, CLASS_ALLOWED);
    story_close(&story);
}

static void minutes_of_a_day_are_counted(void)
{
    Story story;
    ClassCall *call, *ringing;

    story_open(&story, "[class default]\nminutes-per-day = 60\n");
    call = class_call_begin(story.book, &story.origin);
    ringing = class_call_begin(story.book, &story.origin);
    loop_virtual_advance(story.loop, 2 * HOUR); /* ringing is free */
    g_assert_cmpint(dialled(&story, "200"), ==, CLASS_ALLOWED);
    class_call_answer(call);
    loop_virtual_advance(story.loop, 40 * MINUTE);
    class_call_answer(call); /* a second time: nothing */
    g_assert_cmpint(dialled(&story, "200"), ==, CLASS_ALLOWED);
    loop_virtual_advance(story.loop, 20 * MINUTE);
    g_assert_cmpint(dialled(&story, "200"), ==, CLASS_DAY); /* while it still lasts */
    class_call_end(call);
    class_call_end(ringing);
    g_assert_cmpint(dialled(&story, "200"), ==, CLASS_DAY);
    loop_virtual_advance(story.loop, 24 * HOUR);
    g_assert_cmpint(dialled(&story, "200"), ==, CLASS_ALLOWED);
    story_close(&story);
}

static void an_emergency_call_is_never_refused(void)
{
    Story story;
    ClassCall *call;

    story_open(&story,
               "[class default]\nallow = 2XX\ndeny = 112\npremium-numbers = 112\ncalls = 1\n"
               "group-calls = 1\ncalls-per-hour = 1\nforward = no\nmax-duration = 1m\n");
    call = class_call_begin(story.book, &story.origin);
    g_assert_cmpint(dialled(&story, "200"), !=, CLASS_ALLOWED);
    g_assert_cmpint(dialled(&story, "112"), ==, CLASS_ALLOWED); /* its route is one */
    g_assert_cmpint(story.answer.max_duration_us, ==, 0);
    g_assert_cmpint(asked(&story, CLASS_FOR_REDIRECT, "112", TRUE), ==, CLASS_ALLOWED);
    story.origin.emergency = TRUE;
    g_assert_cmpint(dialled(&story, "110"), ==, CLASS_ALLOWED);
    class_call_end(call);
    story_close(&story);
}

static void a_call_may_last_so_long(void)
{
    Story story;

    story_open(&story, "[class default]\nmax-duration = 90m\n");
    g_assert_cmpint(dialled(&story, "200"), ==, CLASS_ALLOWED);
    g_assert_cmpint(story.answer.max_duration_us, ==, 90 * MINUTE);
    story_close(&story);
}

static void counts_outlive_a_reload_and_the_book(void)
{
    g_autoptr(Settings) fresh = NULL;
    g_autoptr(GError) error = NULL;
    Story story;
    ClassCall *call;

    story_open(&story, "[class default]\ncalls = 1\n");
    call = class_call_begin(story.book, &story.origin);
    fresh = settings_parse("fresh", ROUTES "[class default]\ncalls = 2\n", &error);
    g_assert_no_error(error);
    class_book_set_settings(story.book, fresh);
    g_assert_cmpuint(class_live_calls(story.book, &story.origin), ==, 1);
    g_assert_cmpint(dialled(&story, "200"), ==, CLASS_ALLOWED);
    class_call_end(class_call_begin(story.book, &story.origin));
    class_book_free(story.book);
    story.book = NULL;
    class_call_end(call); /* frees the book: a leak or a use of it would be told by ASan */
    story_close(&story);
}

typedef struct Counter {
    const char *name;
    guint64 value;
} Counter;

static void counter_match(void *user, const char *name, guint64 value)
{
    Counter *counter = user;

    if (strcmp(counter->name, name) == 0)
        counter->value = value;
}

static void verdicts_are_counted(void)
{
    Story story;
    Counter premium = {"class: premium barred", 99}, allowed = {"class: allowed", 99};

    story_open(&story, "[class default]\n");
    dialled(&story, "+1900555");
    dialled(&story, "+1900555");
    dialled(&story, "200");
    class_each_counter(story.book, counter_match, &premium);
    class_each_counter(story.book, counter_match, &allowed);
    g_assert_cmpuint(premium.value, ==, 2);
    g_assert_cmpuint(allowed.value, ==, 1);
    story_close(&story);
}

static void the_class_travels_in_the_seal(void)
{
    CallOrigin origin, read = {.user = "untouched"};
    char text[ORIGIN_TEXT_MAX];
    OriginKey key;
    char *at;

    origin_key_make(&key);
    origin_set(&origin, "192.0.2.7:5060", "ann b", "staff");
    origin.emergency = TRUE;
    origin_seal(&key, &origin, "call-id", text);
    g_assert_false(origin_unseal(&key, text, "other", &read));
    g_assert_cmpstr(read.user, ==, "untouched");
    g_assert_true(origin_unseal(&key, text, "call-id", &read));
    g_assert_cmpstr(read.class_name, ==, "staff");
    g_assert_cmpstr(read.user, ==, "ann b");
    g_assert_true(read.emergency);
    g_assert_false(read.trusted);
    at = strstr(text, "staff");
    *at = 'x';
    g_assert_false(origin_unseal(&key, text, "call-id", &read));
}

static void the_table_is_bounded(void)
{
    CallerTable *table = callers_new(2);
    CallerCount *one = callers_take(table, "one"), *two, *three, *four;

    caller_begin(table, one, 0);
    two = callers_take(table, "two");
    caller_begin(table, two, 0);
    caller_end(table, two, 0, 0);
    three = callers_take(table, "three"); /* in the place of the idle one */
    g_assert_cmpuint(callers_size(table), ==, 2);
    g_assert_null(callers_find(table, "two"));
    g_assert_true(callers_find(table, "one") == one);
    caller_begin(table, three, 0);
    four = callers_take(table, "four"); /* nobody is idle */
    caller_begin(table, four, 0);
    g_assert_true(callers_find(table, "five") == four);
    g_assert_cmpuint(callers_find(table, "five")->live, ==, 1);
    g_assert_cmpuint(callers_size(table), ==, 2);
    caller_end(table, four, 0, 0);
    caller_end(table, three, 0, 0);
    g_assert_null(callers_find(table, "five"));
    caller_end(table, one, 0, 0);
    callers_free(table);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/class/without-classes-nothing-is-refused",
                    without_classes_nothing_is_refused);
    g_test_add_func("/class/a-class-is-found", a_class_is_found);
    g_test_add_func("/class/who-fits-no-class-is-free", who_fits_no_class_is_free);
    g_test_add_func("/class/a-class-that-is-not-configured-refuses",
                    a_class_that_is_not_configured_refuses);
    g_test_add_func("/class/deny-goes-before-allow", deny_goes_before_allow);
    g_test_add_func("/class/a-target-without-digits-has-no-number",
                    a_target_without_digits_has_no_number);
    g_test_add_func("/class/international-is-barred-by-default",
                    international_is_barred_by_default);
    g_test_add_func("/class/premium-is-barred-by-default", premium_is_barred_by_default);
    g_test_add_func("/class/transit-and-forwarding-are-asked-for",
                    transit_and_forwarding_are_asked_for);
    g_test_add_func("/class/calls-at-once-are-counted-by-user-and-class",
                    calls_at_once_are_counted_by_user_and_class);
    g_test_add_func("/class/who-does-not-authenticate-counts-by-address",
                    who_does_not_authenticate_counts_by_address);
    g_test_add_func("/class/calls-of-an-hour-are-counted", calls_of_an_hour_are_counted);
    g_test_add_func("/class/minutes-of-a-day-are-counted", minutes_of_a_day_are_counted);
    g_test_add_func("/class/an-emergency-call-is-never-refused",
                    an_emergency_call_is_never_refused);
    g_test_add_func("/class/a-call-may-last-so-long", a_call_may_last_so_long);
    g_test_add_func("/class/counts-outlive-a-reload-and-the-book",
                    counts_outlive_a_reload_and_the_book);
    g_test_add_func("/class/verdicts-are-counted", verdicts_are_counted);
    g_test_add_func("/class/the-class-travels-in-the-seal", the_class_travels_in_the_seal);
    g_test_add_func("/class/the-table-is-bounded", the_table_is_bounded);
    return g_test_run();
}
