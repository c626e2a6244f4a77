#!/usr/bin/env bash
# package.sh VERSION AOT   Lays out build/: the program as users run it. Called by Maven when the
# broker is packaged, with JAVA_HOME set. AOT is true or false: false leaves the cache out.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/bin/build.sh"
build=$root/build
broker=$root/takhin-broker/target

mkdir -p "$build"
rm -rf "$build/lib" "$build/takhin.aot" "$build/takhin.aot.sum" "$build/takhin.aot.config" "$build/commit"
mkdir "$build/lib"
cp "$broker"/lib/*.jar "$build/lib/"
cp "$broker/takhin-broker-$1.jar" "$build/lib/takhin-broker.jar"
cp "$root/bin/find-jdk.sh" "$root/bin/jvm.options" "$build/lib/"
launcher=$(< "$root/bin/takhin.sh")
printf '%s\n' "${launcher/@BUILD@/$(printf '%q' "$build")}" > "$build/takhin.new"
chmod +x "$build/takhin.new"
mv "$build/takhin.new" "$build/takhin"

git_head
commit=${HEAD:0:7}
echo "v$1 (commit: ${commit:-unknown})" > "$build/version"
if [[ $2 == true ]]; then
    "$JAVA_HOME/bin/java" --enable-native-access=ALL-UNNAMED -cp "$broker/test-classes:$build/lib/takhin-broker.jar" \
        io.takhin.broker.packaging.AotTraining "$build" \
        || echo "takhin: no AOT cache was made; it starts slower without" >&2
    [[ ! -f $build/takhin.aot ]] || cksum < "$build/takhin.aot" > "$build/takhin.aot.sum"
fi
echo "$HEAD" > "$build/commit" # last: from here on the build counts as done
