/* Who is at the ends of a call, in libpri's words and in the house's. */
#pragma once

#include "isdn_leg.h"

/* Q.931 4.5.10, RFC 4497 9.2.2: may our side claim that a number was screened? What a CPE says of a
 * number the public network has not verified. */
gboolean isdn_party_may_claim(const TrunkSettings *trunk);
/* May NUMBER go to the PBX at all? */
gboolean isdn_party_may_leave(const TrunkSettings *trunk, const Number *number, gboolean help);
/* PARTY as the trunk may tell it: its number as identity allows (or when HELP is called for and the
 * number is the operator's own word), its name where names are sent and in what octets. */
void isdn_party_write(const TrunkSettings *trunk, const Party *party, gboolean help,
                      struct pri_party_id *id);
/* What ID says; FALSE when that is nothing at all. */
gboolean isdn_party_read(const TrunkSettings *trunk, const struct pri_party_id *id, Party *party);
/* The connected line among the subcommands of an event, into NEWS. Before libpri's next call only.
 */
void isdn_party_hear(const DChannel *dchan, const struct pri_subcommands *subcommands,
                     CallNews *news);

/* Does SETUP announce that the caller's name follows (NI-2)? */
gboolean isdn_party_follows(const FrameNews *setup);

/* Before ALERTING and CONNECT: libpri shall name in them who is at LEG's SIP end. */
void isdn_party_settle(IsdnLeg *leg);
/* In a connected call: the PBX is told who is there now, where trunk and switch type have words for
 * it. */
void isdn_party_tell(IsdnLeg *leg);
