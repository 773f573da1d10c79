#!/bin/sh
# SPDX-License-Identifier: MIT
#
# usage: tests/programs/memcached.sh BACKENDS [WORK_DIRECTORY]
# Builds memcached with TLS from Debian's unmodified source package against Trivet over BACKENDS (openssl, libsodium+openssl)
# in the place of OpenSSL, and runs its own tests of TLS, whose client is OpenSSL's (Perl), and its tests of the protocol over
# TLS. TESTS names others of its t/*.t. They bring RSA certificates: over libsodium alone Ed25519's stand in their place.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"
arguments "$@"
need prove "its tests are run by it (Debian: perl)"

trivet names
source_of memcached/trixie
libevent libio-socket-ssl-perl libnet-ssleay-perl
copy_source memcached
log=$OUT/memcached.log
(cd "$OUT/memcached" && ./configure --enable-tls OPENSSL_CFLAGS="$CFLAGS_TRIVET" OPENSSL_LIBS="$LIBS_TRIVET" \
    CPPFLAGS="$events" LDFLAGS="-L$libdir" && make -j "${JOBS:-2}" memcached memcached-debug testapp timedrun sizes) >"$log" 2>&1 ||
    { tail -n 20 "$log"; fail "memcached does not build: $log"; }
check_free_of_libssl "$OUT/memcached/memcached"
ok "memcached builds, unmodified: $(basename "$SOURCE") over $backends"

subject_of() {
    say "/$(openssl x509 -in "$1" -noout -subject -nameopt compat | sed 's/^subject=[ /]*//; s/, /\//g')"
}

# certificate NAME: t/NAME_crt.pem and t/NAME_key.pem anew, with their subject, by the authority made below.
certificate() {
    subject=$(subject_of "$1_crt.pem") && openssl genpkey -algorithm ed25519 -out "$1_key.pem" &&
    openssl req -new -key "$1_key.pem" -subj "$subject" |
        openssl x509 -req -CA cacert.pem -CAkey cakey.pem -CAcreateserial -days 3650 -out "$1_crt.pem"
}
if [ "$kind" = ed25519 ]; then
    # server.pem is a certificate and its key in one file.
    (cd "$OUT/memcached/t" && cp server.pem pair_crt.pem && subject=$(subject_of cacert.pem) &&
        openssl genpkey -algorithm ed25519 -out cakey.pem &&
        openssl req -x509 -new -key cakey.pem -days 3650 -subj "$subject" -out cacert.pem &&
        certificate server && certificate client && certificate pair &&
        cat pair_crt.pem pair_key.pem > server.pem && rm pair_crt.pem pair_key.pem) >"$OUT/certificates.log" 2>&1 || fail "certificates: $OUT/certificates.log"
    declared "the RSA certificates of memcached's tests are replaced by Ed25519's of the same names"
fi

declared "t/stats.t is left out: it counts 85 statistics over TLS, and memcached 1.6.38 has 86 (ssl_proto_errors), over any library"
PERL5LIB="$ROOT/usr/share/perl5:$(dirname "$(dirname "$(find "$ROOT" -name SSLeay.pm)")")"
export PERL5LIB
perl -MIO::Socket::SSL -e1 || fail "IO::Socket::SSL does not load"
log=$OUT/memcached-test.log
cd "$OUT/memcached"
tls=$(find t -name "ssl_*.t" | sort | tr "\n" " ")
# shellcheck disable=SC2086 # a list of files
SSL_TEST=1 timeout 600 prove ${TESTS:-$tls t/bogus-commands.t t/cas.t t/flush-all.t t/incrdecr.t t/multiversioning.t
    t/noreply.t t/touch.t t/metaget.t t/getset.t t/item_size_max.t t/line-lengths.t} >"$log" 2>&1 || true
tests=$(sed -n 's/.*Tests=\([0-9]*\).*/\1/p' "$log")
failed=$(sed -n 's/.*Tests: [0-9]* Failed: \([0-9]*\)).*/\1/p' "$log" | awk '{ sum += $1 } END { print sum + 0 }')
grep -q '^Result: PASS' "$log" || tail -n 40 "$log"
[ -n "${TESTS:-}" ] && least=1 || least=100
counted $((${tests:-0} - failed)) "$failed" $least "$log"
grep -q '^Result: PASS' "$log" || fail "memcached's tests: $log"
grep -q 'skipped: SSL' "$log" && fail "memcached's tests of TLS were skipped: $log"
ok "memcached's own tests over TLS: $tests in $(sed -n 's/^Files=\([0-9]*\).*/\1/p' "$log") files ($tls: TLS's own)"
finish
