#!/bin/sh
# SPDX-License-Identifier: MIT
#
# usage: tests/programs/hiredis.sh BACKENDS [WORK_DIRECTORY]
# Builds hiredis with TLS from Debian's unmodified source package against Trivet (over BACKENDS, "openssl;libsodium") in the
# place of OpenSSL: its test program runs against a redis-server with TLS, and its TLS example too. Its tests give no name to
# compare the server's certificate with (OpenSSL would not either): Trivet is built with TRIVET_OPENSSL_CHAIN_ONLY for them.
# The example is built against the usual Trivet too, and must be refused without a name. Wants apt-get (Debian), cmake, openssl.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 1 ] || { sed -n '4,9s/^# //p' "$0"; exit 2; }
backends=$1
WORK=${2:-$here/../../build/programs}
mkdir -p "$WORK"
WORK=$(cd "$WORK" && pwd)
. "$here/common.sh"
need openssl "the tests make certificates with it"
need apt-get "the source comes from Debian"

source_of hiredis/trixie
packages redis-tools redis-server libjemalloc2 liblzf1 liblua5.1-0 lua-bitop lua-cjson libhiredis0.14
libdirs=$(find "$ROOT" -name '*.so*' -exec dirname {} + | sort -u | tr '\n' ':')
cat > "$WORK/redis-server" <<END
#!/bin/sh
LD_LIBRARY_PATH=$libdirs exec "$ROOT/usr/bin/redis-server" "\$@"
END
chmod +x "$WORK/redis-server"
"$WORK/redis-server" --version >/dev/null || fail "redis-server does not start"

# build NAME CHAIN_ONLY: hiredis in $WORK/NAME
build() {
    BUILD=$WORK/build-$1
    cmake -S "$here/../.." -B "$BUILD" -DTRIVET_BACKENDS="$backends" -DTRIVET_TOOLS=OFF -DTRIVET_OPENSSL_CHAIN_ONLY="$2" \
        >"$WORK/cmake.log" 2>&1 || fail "cmake: $WORK/cmake.log"
    install_trivet
    rm -rf "${WORK:?}/$1"
    cp -a "$SOURCE" "$WORK/$1"
    make -C "$WORK/$1" USE_SSL=1 CFLAGS="$CFLAGS_TRIVET -DHIREDIS_TEST_SSL" SSL_LDFLAGS="$LIBS_TRIVET -pthread" \
        static hiredis-test hiredis-example-ssl >"$WORK/$1.log" 2>&1 || { tail -n 20 "$WORK/$1.log"; fail "hiredis does not build"; }
    check_free_of_libssl "$WORK/$1/hiredis-test"
}

build hiredis ON
say "ok: hiredis builds, unmodified: $(basename "$SOURCE") over $backends"
(cd "$WORK/hiredis" && PATH="$WORK:$PATH" REDIS_SERVER=redis-server REDIS_PORT="$(free_port)" REDIS_SSL_PORT="$(free_port)" TEST_SSL=1 \
    sh ./test.sh) >"$WORK/hiredis-test.log" 2>&1 || { tail -n 30 "$WORK/hiredis-test.log"; fail "hiredis's tests"; }
tests=$(grep -c 'PASSED' "$WORK/hiredis-test.log" || true)
grep -q 'Testing against SSL connection' "$WORK/hiredis-test.log" || fail "its tests did not use TLS"
grep -q 'FAILED' "$WORK/hiredis-test.log" && { grep 'FAILED' "$WORK/hiredis-test.log"; fail "hiredis's tests"; }
say "ok: hiredis's own tests: $tests passed"

pki=$here/../../vectors/pki/${PKI:-ec256}
port=$(free_port)
"$WORK/redis-server" --port 0 --tls-port "$port" --tls-cert-file "$pki/chain.pem" --tls-key-file "$pki/key.pem" \
    --tls-ca-cert-file "$pki/root.pem" --tls-auth-clients no --save "" --bind 127.0.0.1 >"$WORK/redis.log" 2>&1 &
redis=$!
trap 'kill $redis 2>/dev/null; wait $redis 2>/dev/null' EXIT
wait_for "$port"
example="hiredis-example-ssl 127.0.0.1 $port $pki/leaf.pem $pki/key.pem $pki/root.pem"
"$WORK/hiredis/examples/"$example >"$WORK/example.log" 2>&1 || { cat "$WORK/example.log"; fail "hiredis-example-ssl"; }
grep -q 'PING: PONG' "$WORK/example.log" || { cat "$WORK/example.log"; fail "hiredis-example-ssl has no answer"; }
say "ok: hiredis-example-ssl: $(grep -c . "$WORK/example.log") lines of answers"
build hiredis-names OFF
if "$WORK/hiredis-names/examples/"$example >"$WORK/example.log" 2>&1; then
    fail "hiredis-example-ssl accepts a server without comparing a name"
fi
say "ok: without TRIVET_OPENSSL_CHAIN_ONLY it is refused: $(grep -m 1 'Error' "$WORK/example.log")"
say "4 passed, 0 failed"
