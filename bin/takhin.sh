#!/usr/bin/env bash
# Runs Takhin. The process becomes the broker: its pid, its signals and its exit code are the
# broker's. TAKHIN_JAVA_OPTS adds options of the Java virtual machine, for diagnosis.
self=${BASH_SOURCE[0]}
while [[ -L $self ]]; do
    target=$(readlink "$self")
    [[ $target == /* ]] || target=${self%/*}/$target
    self=$target
done
[[ $self == */* ]] && home=${self%/*} || home=.
[[ -r $home/version ]] || home=@BUILD@ # this file alone was moved elsewhere

read -r version < "$home/version"
if [[ $# == 1 && ( $1 == -version || $1 == --version ) ]]; then
    echo "Takhin version $version"
    exit 0
fi

. "$home/lib/find-jdk.sh"
find_jdk || { explain_jdk; exit 1; }

# The cache cuts start-up to a fraction; the JVM goes on without it where it does not fit, but one
# whose bytes were damaged would crash it (ADR 59).
options=()
if [[ -r $home/takhin.aot ]]; then
    if [[ -r $home/takhin.aot.sum && $(cksum < "$home/takhin.aot") == "$(< "$home/takhin.aot.sum")" ]]; then
        options=(-XX:AOTCache="$home/takhin.aot")
    else
        echo "takhin: $home/takhin.aot is damaged; starting without it, which takes longer: build again to mend it" >&2
    fi
fi
while read -r option; do
    options+=("$option")
done < "$home/lib/jvm.options"

exec "$JDK/bin/java" "${options[@]}" ${TAKHIN_JAVA_OPTS:-} -Dtakhin.version="$version" \
    -cp "$home/lib/takhin-broker.jar" io.takhin.broker.Main "$@"
