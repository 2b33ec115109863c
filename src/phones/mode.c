/* Who serves a request: we ourselves, the primary with us behind it, or nobody. */
#include "mode.h"

static ModeVerdict judge_standby(const ModeQuestion *question)
{
    switch (question->kind) {
    case REQUEST_REGISTER:
        if (!question->primary_lives || question->register_always)
            return VERDICT_SERVE;
        return question->hand_back ? VERDICT_REFUSE : VERDICT_SERVE;
    case REQUEST_OUT:
        /* Phones that come to us have given the primary up, or mean us: asking it would bring the
         * call back to where it did not come through. The PBX's calls are for those who know where
         * the phones are. */
        return question->source == SOURCE_GATEWAY && question->own_domain && question->primary_lives
                   ? VERDICT_RELAY
                   : VERDICT_SERVE;
    case REQUEST_IN_DIALOG:
    case REQUEST_PING:
    case REQUEST_EMERGENCY:
        return VERDICT_SERVE;
    }
    return VERDICT_SERVE;
}

static ModeVerdict judge_outbound(const ModeQuestion *question)
{
    switch (question->kind) {
    case REQUEST_REGISTER:
        return question->primary_lives && question->hand_back ? VERDICT_RELAY : VERDICT_SERVE;
    case REQUEST_OUT:
        /* What comes from the primary has been decided there. */
        if (!question->primary_lives || question->source == SOURCE_PRIMARY)
            return VERDICT_SERVE;
        return question->source == SOURCE_PHONE || question->own_domain ? VERDICT_RELAY
                                                                        : VERDICT_SERVE;
    case REQUEST_IN_DIALOG:
    case REQUEST_PING:
    case REQUEST_EMERGENCY:
        return VERDICT_SERVE;
    }
    return VERDICT_SERVE;
}

static ModeVerdict judge_emergency(const ModeQuestion *question)
{
    switch (question->kind) {
    case REQUEST_REGISTER:
        return VERDICT_REFUSE;
    case REQUEST_OUT:
        /* What the PBX calls, its routes say, and the answering point that calls back. */
        return question->source == SOURCE_GATEWAY ? VERDICT_SERVE : VERDICT_REFUSE;
    case REQUEST_IN_DIALOG:
    case REQUEST_PING:
    case REQUEST_EMERGENCY:
        return VERDICT_SERVE;
    }
    return VERDICT_REFUSE;
}

ModeVerdict mode_judge(const ModeQuestion *question)
{
    switch (question->mode) {
    case PROXY_OFF:
    case PROXY_STANDBY:
        return judge_standby(question);
    case PROXY_OUTBOUND:
        return judge_outbound(question);
    case PROXY_EMERGENCY_ONLY:
        return judge_emergency(question);
    }
    return VERDICT_SERVE;
}
