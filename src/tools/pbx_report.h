/* What tieline-pbx tells its reader: one JSON object a line on standard output.
 *
 * Home thread: the loop's.
 */
#pragma once

#include "pbx_message.h"

/* FALSE: only lines opened as important are written. */
void pbx_report_verbose(gboolean verbose);

/* Opens a line: time and EVENT are its first members. One line at a time. */
void pbx_report_open(const char *event, gboolean important);
void pbx_report_string(const char *name, const char *value);
void pbx_report_number(const char *name, gint64 value);
/* Written only when VALUE is not MESSAGE_NOTHING. */
void pbx_report_maybe(const char *name, gint value);
void pbx_report_real(const char *name, double value);
/* Written only when VALUE is TRUE. */
void pbx_report_flag(const char *name, gboolean value);
void pbx_report_verdict(const char *name, gboolean value);
void pbx_report_hex(const char *name, const guint8 *octets, gsize length);
/* The members a Q.931 message gives: message, reference, channel, cause, numbers ... */
void pbx_report_message(const PbxMessage *message);
/* Members MEMBER of an object NAME, each a count. */
void pbx_report_object_open(const char *name);
void pbx_report_object_close(void);
/* Ends the line and writes it. */
void pbx_report_close(void);
