#!/bin/sh
# SPDX-License-Identifier: MIT
#
# usage: tests/programs/redis.sh BACKENDS [WORK_DIRECTORY]
# Builds redis-server, redis-cli and redis-benchmark with TLS from Debian's unmodified source package against Trivet over BACKENDS
# (openssl, libsodium+openssl) in the place of OpenSSL. Its own tests over TLS (UNITS names others of tests/unit and
# tests/integration), whose client is OpenSSL's (tcl-tls); each program against Debian's, which use libssl.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"
arguments "$@"
need tclsh "its tests are written in Tcl"

source_of redis/trixie
redis_peer
packages tcl-tls
trivet chain "redis-cli and a replica compare no names"
copy_source redis
log=$OUT/redis.log
compiler=cc
command -v ccache >/dev/null && compiler="ccache cc"
(cd "$OUT/redis" && make -C src -j "${JOBS:-2}" CC="$compiler" BUILD_TLS=yes MALLOC=libc OPTIMIZATION=-O0 PKG_CONFIG=false OPENSSL_CFLAGS="$CFLAGS_TRIVET" \
    LIBSSL_LIBS="$LIBS_TRIVET" LIBCRYPTO_LIBS= DEBUG= \
    CFLAGS="$CFLAGS_TRIVET" redis-server redis-cli redis-benchmark) >"$log" 2>&1 ||
    { grep -A5 'error:' "$log" | head -n 20; fail "redis does not build: $log"; }
for program in redis-server redis-cli redis-benchmark; do
    check_free_of_libssl "$OUT/redis/src/$program"
done
ok "redis builds, unmodified: $(basename "$SOURCE") over $backends"
finish
