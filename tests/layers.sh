#!/bin/sh
# Checks the direction of dependence in the #include lines, as HACKING.md draws it. Prints each line that breaks it.
cd "$(dirname "$0")/.." || exit 2
bad=0
forbid() { # PATTERN WHERE... : no file of WHERE may hold a line that matches PATTERN
    pattern=$1; shift
    found=$(grep -rnE "$pattern" "$@" --include='*.[ch]' 2>/dev/null) && { echo "$found" | sed "s|^|$why: |"; bad=1; }
}
rooms() { for room in src/*/; do case " $* " in *" $(basename "$room") "*) ;; *) echo "$room" ;; esac; done; }

why="Sofia outside src/sofia, src/sip, src/phones"; forbid '#include *<(sofia-sip|nua|sip|su_|sdp)' include src/main.c src/house*.c $(rooms sofia sip phones)
why="sofia knows no room above"; forbid '#include *"(call|callmap|ua|phones|isdn|span|media|ctl|route|cause)\.h"' src/sofia
why="libpri outside src/isdn and src/tools"; forbid '#include *<libpri\.h>' include src/main.c src/house*.c $(rooms isdn tools)
why="libpri in tielinectl"; forbid '#include *<libpri\.h>' src/tools/tielinectl*
why="the hall knows no stack"; forbid '#include *"(ua|isdn|media|span|ctl)\.h"' src/call src/base
why="sip and isdn meet"; forbid '#include *"(isdn|span)\.h"' src/sip; forbid '#include *"ua\.h"' src/isdn
why="below the hall"; forbid '#include *"(call|callmap|ua|isdn|media|ctl|route|cause)\.h"' src/span src/base
why="settings know no room"; forbid '#include *"(call|callmap|ua|isdn|span|ctl)\.h"' src/conf
why="dahdi/user.h outside src/span/dahdi_driver.c"; forbid '#include *<dahdi/' include src/main.c src/house*.c $(ls src/*/*.[ch] | grep -v src/span/dahdi_driver.c)
why="threads are house's, media's and the store's"; forbid '(g_thread_(try_)?new|pthread_create) *\(' include src/main.c $(rooms media phones) $(ls src/phones/*.[ch] | grep -v src/phones/store.c)
why="SQLite outside src/phones"; forbid '#include *<sqlite3\.h>' include src/main.c src/house*.c $(rooms phones)
exit $bad
