#!/bin/sh
# Makes configure from configure.ac, for a checkout; a release tarball has it already.
set -e
cd "$(dirname "$0")"
mkdir -p m4
exec autoreconf --install --force
