# SPDX-License-Identifier: MIT
#
# What the programs of this directory share: sources and tools of Debian in a directory of their own, Trivet built and
# installed there, certificates, results. Sourced, with `backends` and `WORK` set by arguments().
#
# A program prints "ok: ..." for what passed, "declared: ..." for what it does otherwise than the program's own tests do and
# why, "tests: N passed, M failed" for what the program's own tests counted, and FAILED with its end; run reads these.

say() { printf '%s\n' "$*"; }
oks=0
ok() { say "ok: $*"; oks=$((oks + 1)); }
declared() { say "declared: $*"; }
fail() { say "FAILED: $*"; say "$oks passed, 1 failed"; exit 1; }
finish() { say "$oks passed, 0 failed"; }
need() { command -v "$1" >/dev/null 2>&1 || fail "$1 is needed ($2)"; }

# arguments BACKENDS [WORK_DIRECTORY]: BACKENDS is one, or an overlay: libsodium+openssl.
arguments() {
    tree=$(cd "$here/../.." && pwd)
    [ $# -ge 1 ] || { sed -n '4,12s/^# //p' "$0"; exit 2; }
    backends=$1
    WORK=${2:-$tree/build/programs}
    mkdir -p "$WORK"
    WORK=$(cd "$WORK" && pwd)
    OUT=$WORK/$backends # what is made over these backends, and its logs
    mkdir -p "$OUT"
    need apt-get "the sources come from Debian"
    need cmake "it builds Trivet"
    need openssl "it makes and shows certificates"
    need python3 "it looks for free ports"
    if [ "$backends" = libsodium ]; then
        kind=ed25519
        declared "certificates are Ed25519's, for libsodium has no RSA and no NIST curves (tests/kit/absent.txt)"
    else
        kind=ec256
    fi
    pki=$tree/vectors/pki/$kind
}

# The index of Debian's sources, beside the system's own: nothing of the system changes.
apt_sources() {
    mkdir -p "$WORK/apt/lists/partial" "$WORK/apt/archives/partial"
    keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    for suite in ${SUITES:-bookworm trixie}; do
        say "deb-src [signed-by=$keyring] ${DEBIAN_MIRROR:-http://deb.debian.org/debian} $suite main"
    done > "$WORK/apt/sources.list"
    APT="-o Dir::Etc::sourcelist=$WORK/apt/sources.list -o Dir::Etc::sourceparts=/dev/null"
    APT="$APT -o Dir::State::lists=$WORK/apt/lists -o Dir::Cache=$WORK/apt -o APT::Get::List-Cleanup=0"
    [ -e "$WORK/apt/done" ] || apt-get $APT -q update >"$WORK/apt/log" 2>&1 || fail "apt-get update: $WORK/apt/log"
    touch "$WORK/apt/done"
}

# source_of PACKAGE[/SUITE]: unpacks Debian's source package, as it is, into $WORK/src; SOURCE is where it lies.
source_of() {
    name=${1%%/*}
    mkdir -p "$WORK/src"
    if ! ls -d "$WORK/src/$name"-*/ >/dev/null 2>&1; then
        apt_sources
        (cd "$WORK/src" && apt-get $APT -q source "$1") >"$WORK/src/$name.log" 2>&1 || fail "source: $WORK/src/$name.log"
    fi
    SOURCE=$(ls -d "$WORK/src/$name"-*/ | head -n 1)
    SOURCE=${SOURCE%/}
}

# packages NAME...: binary packages of the system's own release, unpacked into $ROOT: for what is not installed.
packages() {
    ROOT=$WORK/root
    mkdir -p "$ROOT" "$WORK/deb"
    for package in "$@"; do
        [ -e "$WORK/deb/$package.done" ] && continue
        (cd "$WORK/deb" && apt-get -q download "$package" && dpkg -x "$package"_*.deb "$ROOT") \
            >"$WORK/deb/$package.log" 2>&1 || fail "package $package: $WORK/deb/$package.log"
        touch "$WORK/deb/$package.done"
    done
}

# libevent NAME...: it and other packages; `events` is what a compiler needs, its library lies in `libdir`.
libevent() {
    packages libevent-dev libevent-2.1-7 libevent-core-2.1-7 "$@"
    events="-I$ROOT/usr/include -I$(dirname "$(dirname "$(find "$ROOT" -name event-config.h)")")"
    libdir=$(dirname "$(find "$ROOT" -name libevent.a)")
}

# trivet names|chain: builds Trivet over $backends and installs it; CFLAGS_TRIVET and LIBS_TRIVET are what a program needs.
# chain: with TRIVET_OPENSSL_CHAIN_ONLY, for a program whose clients say no name, or compare it themselves.
trivet() {
    chain=OFF
    if [ "$1" = chain ]; then
        chain=ON
        declared "Trivet is built with TRIVET_OPENSSL_CHAIN_ONLY: $2"
    fi
    log=$OUT/trivet-$1.log
    launcher=
    command -v ccache >/dev/null && launcher=-DCMAKE_C_COMPILER_LAUNCHER=ccache
    # shellcheck disable=SC2086
    cmake -S "$tree" -B "$OUT/build-$1" -DTRIVET_BACKENDS="$(say "$backends" | tr + ';')" -DTRIVET_DEFAULT_BACKEND="$backends" \
        -DTRIVET_TOOLS=OFF -DTRIVET_OPENSSL_CHAIN_ONLY=$chain $launcher >"$log" 2>&1 || fail "cmake: $log"
    cmake --build "$OUT/build-$1" -j "${JOBS:-2}" >>"$log" 2>&1 || { tail -n 5 "$log"; fail "Trivet does not build: $log"; }
    rm -rf "${OUT:?}/trivet-$1"
    cmake --install "$OUT/build-$1" --prefix "$OUT/trivet-$1" >>"$log" 2>&1 || fail "installation: $log"
    PKG_CONFIG_PATH=$(dirname "$(find "$OUT/trivet-$1" -name trivet-openssl.pc | head -n 1)")
    export PKG_CONFIG_PATH
    CFLAGS_TRIVET=$(pkg-config --cflags trivet-openssl)
    LIBS_TRIVET=$(pkg-config --libs trivet-openssl)
}

# copy_source NAME: a copy of $SOURCE in $OUT/NAME, to be built there.
copy_source() {
    rm -rf "${OUT:?}/$1"
    cp -a "$SOURCE" "$OUT/$1"
}

# None of OpenSSL's TLS may be in a program.
check_free_of_libssl() {
    ldd "$1" | grep -q 'libssl\.so' && fail "$1 is linked with libssl"
    nm "$1" | grep -q ' [TtWw] tvt_SSL_' || fail "$1 has nothing of Trivet"
    return 0
}

# Where a test makes its own certificates by `openssl genrsa`: over libsodium the keys that it gets are Ed25519's. The
# directory belongs in front of PATH.
ed25519_for_rsa() {
    mkdir -p "$OUT/bin"
    cat > "$OUT/bin/openssl" <<END
#!/bin/sh
# openssl genrsa -out FILE BITS: an Ed25519 key; all else is the system's openssl.
if [ "\$1" = genrsa ]; then
    shift
    while [ \$# -gt 0 ]; do
        [ "\$1" = -out ] && { exec $(command -v openssl) genpkey -algorithm ed25519 -out "\$2"; }
        shift
    done
    exit 2
fi
exec $(command -v openssl) "\$@"
END
    chmod +x "$OUT/bin/openssl"
}

# redis_peer: Debian's own redis-server (over libssl), as $WORK/redis/redis-server.
redis_peer() {
    packages redis-tools redis-server libjemalloc2 liblzf1 liblua5.1-0 lua-bitop lua-cjson libhiredis0.14
    libdirs=$(find "$ROOT" -name '*.so*' -exec dirname {} + | sort -u | tr '\n' ':')
    mkdir -p "$WORK/redis"
    for name in redis-server redis-cli; do
        bin=$ROOT/usr/bin/$name
        printf '#!/bin/sh\nLD_LIBRARY_PATH=%s exec "%s" "$@"\n' "$libdirs" "$bin" > "$WORK/redis/$name"
        chmod +x "$WORK/redis/$name"
    done
    "$WORK/redis/redis-server" --version >/dev/null || fail "redis-server does not start"
    ldd "$ROOT/usr/bin/redis-check-rdb" | grep -q 'libssl\.so' || fail "the peer is not linked with libssl"
}

# redis_server PROGRAM LOG: PROGRAM with TLS and the certificates of $pki on $port, a free one.
redis_server() {
    port=$(free_port)
    "$1" --port 0 --tls-port "$port" --tls-cert-file "$pki/chain.pem" --tls-key-file "$pki/key.pem" \
        --tls-ca-cert-file "$pki/root.pem" --tls-auth-clients no --save "" --bind 127.0.0.1 >"$2" 2>&1 &
    started $!
    wait_for "$port"
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# counted PASSED FAILED LEAST LOG: of the program's own tests. None may fail; LEAST: fewer have not run all that there are.
counted() {
    say "tests: $1 passed, $2 failed"
    [ "$2" -eq 0 ] || fail "of its own tests $2: $4"
    [ "$1" -ge "$3" ] || fail "$1 of its own tests ran, not $3: $4"
}

# wait_for PORT: until somebody listens.
wait_for() {
    python3 - "$1" <<'END' || fail "nobody listens on port $1"
import socket, sys, time
for _ in range(200):
    try:
        socket.create_connection(("127.0.0.1", int(sys.argv[1])), 1).close()
        sys.exit(0)
    except OSError:
        time.sleep(0.05)
sys.exit(1)
END
}

# started PID: is ended when the script is.
children=
started() {
    children="$children $1"
    trap 'kill $children 2>/dev/null; wait $children 2>/dev/null' EXIT
}
