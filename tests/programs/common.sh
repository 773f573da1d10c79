# SPDX-License-Identifier: MIT
#
# What the programs of this directory share: sources and tools of Debian in a directory of their own, Trivet installed
# there, certificates, a server. Sourced, with WORK (the directory) and BUILD (Trivet's build directory) set.

say() { printf '%s\n' "$*"; }
fail() { say "FAILED: $*"; exit 1; }
need() { command -v "$1" >/dev/null 2>&1 || fail "$1 is needed ($2)"; }

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

# Installs the build into $PREFIX; CFLAGS_TRIVET and LIBS_TRIVET are what a program needs.
install_trivet() {
    PREFIX=$WORK/trivet
    cmake --build "$BUILD" --target trivet >"$WORK/build.log" 2>&1 || fail "build: $WORK/build.log"
    cmake --install "$BUILD" --prefix "$PREFIX" >>"$WORK/build.log" 2>&1 || fail "installation: $WORK/build.log"
    PKG_CONFIG_PATH=$(dirname "$(find "$PREFIX" -name trivet-openssl.pc | head -n 1)")
    export PKG_CONFIG_PATH
    CFLAGS_TRIVET=$(pkg-config --cflags trivet-openssl)
    LIBS_TRIVET=$(pkg-config --libs trivet-openssl)
}

# None of OpenSSL's TLS may be in a program.
check_free_of_libssl() {
    ldd "$1" | grep -q 'libssl\.so' && fail "$1 is linked with libssl"
    nm "$1" | grep -q ' [TtWw] tvt_SSL_' || fail "$1 has nothing of Trivet"
    return 0
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# wait_for PORT: until somebody listens.
wait_for() {
    python3 - "$1" <<'END' || fail "nobody listens on port $1"
import socket, sys, time
for _ in range(100):
    try:
        socket.create_connection(("127.0.0.1", int(sys.argv[1])), 1).close()
        sys.exit(0)
    except OSError:
        time.sleep(0.05)
sys.exit(1)
END
}
