# Finds a JDK 25 or newer, though the default java may be older. To be sourced; starts no process
# unless everything cheaper failed, because it runs at every start of the broker.

# jdk_fits DIR: whether DIR holds one, by the release file every JDK has.
jdk_fits() {
    [[ -n $1 && -x $1/bin/java && -r $1/release ]] || return 1
    local line major
    while IFS= read -r line || [[ -n $line ]]; do
        if [[ $line == JAVA_VERSION=* ]]; then
            major=${line#JAVA_VERSION=\"}
            major=${major%%[!0-9]*}
            [[ -n $major && $major -ge 25 ]]
            return
        fi
    done < "$1/release"
    return 1
}

# find_jdk: sets JDK, or fails.
find_jdk() {
    local candidate
    for candidate in "${TAKHIN_JAVA_HOME:-}" "${JAVA_HOME:-}" \
        /usr/lib/jvm/*25* /usr/lib/jvm/* "${HOME:-}"/.sdkman/candidates/java/* \
        /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home \
        /Library/Java/JavaVirtualMachines/*/Contents/Home; do
        if jdk_fits "$candidate"; then
            JDK=$candidate
            return
        fi
    done
    find_jdk_by_asking
}

find_jdk_by_asking() {
    local java
    if [[ -x /usr/libexec/java_home ]]; then
        JDK=$(/usr/libexec/java_home -v 25+ 2> /dev/null) && jdk_fits "$JDK" && return
    fi
    java=$(command -v java) && java=$(readlink -f "$java" 2> /dev/null) || return 1
    JDK=${java%/bin/java}
    jdk_fits "$JDK"
}

explain_jdk() {
    cat >&2 << 'END'
takhin: no JDK 25 or newer was found.
  Debian, Ubuntu:  sudo apt install openjdk-25-jdk     (or temurin-25-jdk from Adoptium)
  Fedora, RHEL:    sudo dnf install java-25-openjdk-devel
  macOS:           brew install openjdk@25
  anywhere:        sdk install java 25-tem             (https://sdkman.io)
It need not be the default java. Looked at: TAKHIN_JAVA_HOME, JAVA_HOME, /usr/lib/jvm,
~/.sdkman/candidates/java, the java on PATH.
END
}
