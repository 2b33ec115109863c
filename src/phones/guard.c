/* The guard's judgement: from the action that the policy asks for and what the credentials are
 * worth to an answer. */
#include "guard_private.h"

#include <gio/gio.h>
#include <string.h>
#include <sys/random.h>

#define NONCES 32768
#define FAILURES 16384
#define LONGEST_BLOCK_US (3600 * G_TIME_SPAN_SECOND)
#define PLACE_FACTOR 10 /* as many failures of whatever users as of one */

/* 1 << DigestAlgorithm of what [guard] algorithms names. */
static guint settings_algorithms(const Settings *settings)
{
    return (settings->guard.algorithms & GUARD_SHA256 ? 1u << DIGEST_SHA256 : 0) |
           (settings->guard.algorithms & GUARD_MD5 ? 1u << DIGEST_MD5 : 0);
}

/* Tells which algorithm is not offered for want of hashes; FALSE when none is left. */
static gboolean algorithms_judge(const Settings *settings, const Users *users, GError **error)
{
    guint wanted = settings_algorithms(settings), both = wanted & users_algorithms(users);

    if (!both) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                    "%s: there is no algorithm of [guard] algorithms that every user has a hash of",
                    settings->guard.users);
        return FALSE;
    }
    for (DigestAlgorithm i = 0; i < DIGEST_ALGORITHM_COUNT; i++) {
        if (wanted & ~both & 1u << i)
            log_warning("guard: %s: %s is not offered, as some user has no hash of it",
                        settings->guard.users, digest_algorithm_name(i));
    }
    return TRUE;
}

Users *guard_load_users(const Settings *settings, GError **error)
{
    g_autoptr(Users) users = NULL;

    if (!settings->guard.users)
        return NULL;
    users = users_load(settings->guard.users, settings->guard.realm, error);
    if (!users || !algorithms_judge(settings, users, error))
        return NULL;
    if (users_size(users) == 0)
        log_warning("guard: %s: no user of realm \"%s\": nobody can authenticate",
                    settings->guard.users, settings->guard.realm);
    return g_steal_pointer(&users);
}

/* Random from the kernel, as nobody may guess it; it waits only right after boot. */
static void key_make(guint8 key[NONCE_KEY_SIZE])
{
    if (getrandom(key, NONCE_KEY_SIZE, 0) != NONCE_KEY_SIZE)
        g_error("guard: the kernel gives no random octets");
}

Guard *guard_new(const Settings *settings, Users *users)
{
    Guard *guard = g_new0(Guard, 1);
    guint8 key[NONCE_KEY_SIZE];

    key_make(guard->key);
    key_make(key);
    guard->nonces = nonces_new(key, settings->guard.nonce_lifetime_us, NONCES);
    guard->backoff = backoff_new(FAILURES);
    explicit_bzero(key, sizeof(key));
    guard_set(guard, settings, users);
    return guard;
}

void guard_set(Guard *guard, const Settings *settings, Users *users)
{
    guard->settings = settings;
    if (users || !settings->guard.users) {
        if (users)
            users_ref(users);
        users_unref(guard->users);
        guard->users = users;
    }
    guard->algorithms = settings_algorithms(settings);
    /* The users from before may lack what is wanted now: then what they have must do. */
    if (guard->users && guard->algorithms & users_algorithms(guard->users))
        guard->algorithms &= users_algorithms(guard->users);
    else if (guard->users)
        guard->algorithms = users_algorithms(guard->users);
    nonces_set_lifetime(guard->nonces, settings->guard.nonce_lifetime_us);
}

void guard_free(Guard *guard)
{
    if (!guard)
        return;
    users_unref(guard->users);
    nonces_free(guard->nonces);
    backoff_free(guard->backoff);
    explicit_bzero(guard->key, sizeof(guard->key));
    g_free(guard);
}

const GuardCounters *guard_counters(const Guard *guard)
{
    return &guard->counters;
}

/* ---- answers ---- */

static GuardVerdict answer_pass(GuardAnswer *answer, const GuardFinding *finding)
{
    answer->verdict = GUARD_PASS;
    if (finding && finding->found) {
        g_strlcpy(answer->user, finding->found->name, sizeof(answer->user));
        g_strlcpy(answer->class_name, finding->found->class_name, sizeof(answer->class_name));
        answer->used = (int)finding->used;
    }
    return answer->verdict;
}

/* An earlier question has found out who it is. */
static GuardVerdict answer_pass_known(GuardAnswer *answer, const GuardRequest *request)
{
    g_strlcpy(answer->user, request->user, sizeof(answer->user));
    g_strlcpy(answer->class_name, request->class_name ? request->class_name : "",
              sizeof(answer->class_name));
    return answer_pass(answer, NULL);
}

static GuardVerdict answer_refuse(GuardAnswer *answer, GuardReason reason, int status,
                                  const char *phrase)
{
    answer->verdict = GUARD_REFUSE;
    answer->reason = reason;
    answer->status = status;
    answer->phrase = phrase;
    answer->user[0] = answer->class_name[0] = '\0';
    answer->used = -1;
    return answer->verdict;
}

static GuardVerdict answer_drop(Guard *guard, GuardAnswer *answer)
{
    guard->counters.dropped++;
    answer->verdict = GUARD_DROP;
    answer->reason = GUARD_REASON_BACKOFF;
    return answer->verdict;
}

static GuardVerdict answer_challenge(Guard *guard, const GuardRequest *request, const char *place,
                                     GuardReason reason, GuardAnswer *answer)
{
    /* A policy may challenge where there are no users yet: then nobody has what it asks for. */
    if (!guard->users)
        return answer_refuse(answer, GUARD_REASON_POLICY, 403, "Forbidden");
    guard->counters.challenged++;
    answer->verdict = GUARD_CHALLENGE;
    answer->reason = reason;
    answer->status = request->proxy ? 407 : 401;
    answer->phrase = request->proxy ? "Proxy Authentication Required" : "Unauthorized";
    answer->stale = reason == GUARD_REASON_STALE || reason == GUARD_REASON_REPLAYED;
    guard_challenge(guard, request, place, answer);
    return answer->verdict;
}

/* ---- failures ---- */

/* Counts wrong credentials toward a block: of this user from there, and of the place as a whole.
 * The place is told once: what holds a nonce that was given to it hears what is sent to it. */
static void failure_note(Guard *guard, const GuardRequest *request, const char *place,
                         const char *user)
{
    const GuardSettings *settings = &guard->settings->guard;
    BackoffRule rule = {settings->fail_limit, settings->fail_window_us, settings->fail_block_us,
                        LONGEST_BLOCK_US};
    char key[GUARD_KEY_SIZE];
    gboolean begins;

    guard_key(place, user, key);
    begins = backoff_note(guard->backoff, key, &rule, request->now_us);
    rule.limit *= PLACE_FACTOR;
    if (backoff_note(guard->backoff, place, &rule, request->now_us))
        begins = TRUE;
    if (!begins)
        return;
    guard->counters.blocks++;
    guard_tell(&guard->block_limit, GUARD_REASON_BLOCKED, request, user);
}

/* Counts what was found, and tells it where an operator would want to know. */
static void finding_count(Guard *guard, const GuardRequest *request, const GuardFinding *finding)
{
    switch (finding->reason) {
    case GUARD_REASON_STALE:
        guard->counters.stale++;
        return;
    case GUARD_REASON_WRONG:
        guard->counters.wrong++;
        break;
    case GUARD_REASON_REPLAYED:
        guard->counters.replayed++;
        break;
    case GUARD_REASON_UNSUPPORTED:
        guard->counters.unsupported++;
        break;
    case GUARD_REASON_FOREIGN_URI:
        guard->counters.foreign_uri++;
        break;
    case GUARD_REASON_MALFORMED:
        guard->counters.malformed++;
        break;
    case GUARD_REASON_NO_CREDENTIALS:
        /* Phones begin so, but with a transfer they do not begin. */
        if (strcmp(request->method, "REFER") != 0)
            return;
        break;
    case GUARD_REASON_NONE:
    case GUARD_REASON_FOREIGN_TO:
    case GUARD_REASON_POLICY:
    case GUARD_REASON_BLOCKED:
    case GUARD_REASON_BACKOFF:
        return;
    }
    guard_tell(&guard->failure_limit, finding->reason, request, finding->user);
}

/* ---- judging ---- */

/* Nobody asks for credentials; who shows right ones is known by them all the same. */
static GuardVerdict judge_allowed(Guard *guard, const GuardRequest *request, const char *place,
                                  GuardAnswer *answer)
{
    GuardFinding finding;

    guard_check(guard, request, place, &finding);
    if (finding.reason == GUARD_REASON_NONE)
        guard->counters.passed++;
    return answer_pass(answer, &finding);
}

static GuardVerdict judge_challenged(Guard *guard, const GuardRequest *request, const char *place,
                                     GuardAnswer *answer)
{
    char key[GUARD_KEY_SIZE];
    GuardFinding finding;

    if (backoff_blocks(guard->backoff, place, request->now_us))
        return answer_drop(guard, answer);
    guard_check(guard, request, place, &finding);
    finding_count(guard, request, &finding);
    switch (finding.reason) {
    case GUARD_REASON_NONE:
        guard_key(place, finding.user, key);
        backoff_forget(guard->backoff, key);
        guard->counters.passed++;
        return answer_pass(answer, &finding);
    case GUARD_REASON_BACKOFF:
        return answer_drop(guard, answer);
    case GUARD_REASON_MALFORMED:
        return answer_refuse(answer, finding.reason, 400, "Bad Credentials"); /* RFC 7616 3.4 */
    case GUARD_REASON_WRONG:
        failure_note(guard, request, place, finding.user);
        break;
    case GUARD_REASON_NO_CREDENTIALS:
    case GUARD_REASON_STALE:
    case GUARD_REASON_REPLAYED:
    case GUARD_REASON_UNSUPPORTED:
    case GUARD_REASON_FOREIGN_URI:
    case GUARD_REASON_FOREIGN_TO:
    case GUARD_REASON_POLICY:
    case GUARD_REASON_BLOCKED:
        break;
    }
    return answer_challenge(guard, request, place, finding.reason, answer);
}

static GuardVerdict judge_refused(Guard *guard, const GuardRequest *request, GuardAnswer *answer)
{
    guard->counters.refused++;
    guard_tell(&guard->failure_limit, GUARD_REASON_POLICY, request, "");
    return answer_refuse(answer, GUARD_REASON_POLICY, 403, "Forbidden");
}

GuardVerdict guard_judge(Guard *guard, const GuardRequest *request, GuardAnswer *answer)
{
    char place[GUARD_PLACE_SIZE];
    PolicyAction action;

    memset(answer, 0, sizeof(*answer));
    answer->used = -1;
    /* They cannot be answered with a challenge (RFC 3261 22.1), or belong to what was let pass. */
    if (request->in_dialog || strcmp(request->method, "ACK") == 0 ||
        strcmp(request->method, "CANCEL") == 0)
        return answer_pass(answer, NULL);
    guard_place(request->source, place);
    action = request->emergency ? POLICY_ALLOW : guard_decide(guard, request);
    if (request->user && *request->user && action != POLICY_REFUSE)
        return answer_pass_known(answer, request);
    switch (action) {
    case POLICY_CHALLENGE:
        return judge_challenged(guard, request, place, answer);
    case POLICY_ALLOW:
        return judge_allowed(guard, request, place, answer);
    case POLICY_REFUSE:
        break;
    }
    return judge_refused(guard, request, answer);
}

GuardVerdict guard_judge_register(Guard *guard, const GuardRequest *request, const char *aor,
                                  GuardAnswer *answer)
{
    if (!*answer->user || g_strcmp0(answer->user, aor) == 0)
        return GUARD_PASS;
    guard->counters.foreign_to++;
    guard_tell(&guard->failure_limit, GUARD_REASON_FOREIGN_TO, request, answer->user);
    return answer_refuse(answer, GUARD_REASON_FOREIGN_TO, 403, "Forbidden");
}
