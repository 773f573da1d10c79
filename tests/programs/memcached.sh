#!/bin/sh
# SPDX-License-Identifier: MIT
#
# usage: tests/programs/memcached.sh BACKENDS [WORK_DIRECTORY]
# Builds memcached with TLS from Debian's unmodified source package against Trivet (over BACKENDS, "openssl;libsodium") in the
# place of OpenSSL, and runs its own tests of TLS, whose client is OpenSSL's (Perl), and its tests of the protocol over TLS.
# TESTS names others of its t/*.t. Wants apt-get (Debian), cmake, perl, make.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 1 ] || { sed -n '4,8s/^# //p' "$0"; exit 2; }
backends=$1
WORK=${2:-$here/../../build/programs}
mkdir -p "$WORK"
WORK=$(cd "$WORK" && pwd)
. "$here/common.sh"
need perl "its tests are written in it"
need prove "its tests are run by it"
need apt-get "the source comes from Debian"

BUILD=$WORK/build-memcached
cmake -S "$here/../.." -B "$BUILD" -DTRIVET_BACKENDS="$backends" -DTRIVET_TOOLS=OFF >"$WORK/cmake.log" 2>&1 ||
    fail "cmake: $WORK/cmake.log"
install_trivet
source_of memcached/trixie
packages libevent-dev libevent-2.1-7 libio-socket-ssl-perl libnet-ssleay-perl
libdir=$(dirname "$(find "$ROOT" -name libevent.a)")
rm -rf "${WORK:?}/memcached"
cp -a "$SOURCE" "$WORK/memcached"
(cd "$WORK/memcached" && ./configure --enable-tls OPENSSL_CFLAGS="$CFLAGS_TRIVET" OPENSSL_LIBS="$LIBS_TRIVET" \
    CPPFLAGS="-I$ROOT/usr/include -I$(dirname "$(dirname "$(find "$ROOT" -name event-config.h)")")" \
    LDFLAGS="-L$libdir" && make memcached memcached-debug testapp timedrun sizes) >"$WORK/memcached.log" 2>&1 ||
    { tail -n 20 "$WORK/memcached.log"; fail "memcached does not build"; }
check_free_of_libssl "$WORK/memcached/memcached"
say "ok: memcached builds, unmodified: $(basename "$SOURCE") over $backends"

export PERL5LIB="$ROOT/usr/share/perl5:$(dirname "$(dirname "$(find "$ROOT" -name SSLeay.pm)")")"
perl -MIO::Socket::SSL -e1 || fail "IO::Socket::SSL does not load"
cd "$WORK/memcached"
# shellcheck disable=SC2086 # a list of files
SSL_TEST=1 timeout 600 prove ${TESTS:-t/ssl_*.t t/bogus-commands.t t/cas.t t/flush-all.t t/incrdecr.t
    t/multiversioning.t t/noreply.t t/stats.t t/touch.t t/metaget.t} >"$WORK/memcached-test.log" 2>&1 || true
tail -n 40 "$WORK/memcached-test.log"
grep -q '^Result: PASS' "$WORK/memcached-test.log" || fail "memcached's tests"
grep -q 'skipped: SSL' "$WORK/memcached-test.log" && fail "memcached's tests of TLS were skipped"
say "2 passed, 0 failed"
