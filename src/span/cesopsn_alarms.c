/* Makes steady alarms of what each played packet says. */
#include "cesopsn_alarms.h"

#define RED_MS 100
#define FAR_MS 10 /* alarms the far end tells */
#define LOSING_AFTER 10
#define HEARING_AFTER 2

void cesopsn_alarms_init(CesopsnAlarms *self, guint packet_ms)
{
    guint red = MAX(RED_MS / packet_ms, 2), far = MAX(FAR_MS / packet_ms, 2);

    *self = (CesopsnAlarms){
        .red = {.level = red, .top = red, .raised = TRUE},
        .yellow = {.top = far},
        .blue = {.top = far},
        .remote = {.top = far},
        .losing = TRUE,
    };
}

static gboolean steady_note(SteadyAlarm *self, gboolean seen)
{
    if (seen && self->level < self->top)
        self->level++;
    else if (!seen && self->level > 0)
        self->level--;
    if (self->level == self->top)
        self->raised = TRUE;
    else if (self->level == 0)
        self->raised = FALSE;
    return self->raised;
}

static void note_losing(CesopsnAlarms *self, gboolean missing)
{
    self->missing = missing ? self->missing + 1 : 0;
    self->heard = missing ? 0 : self->heard + 1;
    if (self->missing >= LOSING_AFTER)
        self->losing = TRUE;
    else if (self->heard >= HEARING_AFTER)
        self->losing = FALSE;
}

SpanAlarms cesopsn_alarms_note(CesopsnAlarms *self, const CesopsnControl *control)
{
    SpanAlarms alarms = SPAN_ALARM_NONE;

    note_losing(self, control == NULL);
    if (control) {
        gboolean rdi = !control->invalid && control->modifier == CESOPSN_M_RDI;

        alarms |= steady_note(&self->yellow, rdi) ? SPAN_ALARM_YELLOW : 0;
        alarms |= steady_note(&self->blue, control->invalid) ? SPAN_ALARM_BLUE : 0;
        alarms |= steady_note(&self->remote, control->losing) ? SPAN_ALARM_REMOTE_LOSS : 0;
    } else {
        alarms |= self->yellow.raised ? SPAN_ALARM_YELLOW : 0;
        alarms |= self->blue.raised ? SPAN_ALARM_BLUE : 0;
        alarms |= self->remote.raised ? SPAN_ALARM_REMOTE_LOSS : 0;
    }
    /* Who hears nothing knows nothing of the far end. */
    return steady_note(&self->red, control == NULL) ? SPAN_ALARM_RED : alarms;
}
