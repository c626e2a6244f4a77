# What the launcher and the tests share about building. To be sourced; needs root and find-jdk.sh.

# git_head: sets HEAD to the commit checked out, without a process; empty where there is no git.
git_head() {
    HEAD=
    local git=$root/.git common ref line
    [[ -f $git ]] && read -r _ git < "$git" # a worktree: "gitdir: PATH"
    [[ -r $git/HEAD ]] || return 0
    read -r HEAD < "$git/HEAD"
    [[ $HEAD == "ref: "* ]] || return 0
    ref=${HEAD#ref: }
    HEAD=
    common=$git
    [[ -f $git/commondir ]] && read -r line < "$git/commondir" && common=$git/$line
    if [[ -r $common/$ref ]]; then
        read -r HEAD < "$common/$ref"
    elif [[ -r $common/packed-refs ]]; then
        while read -r line; do
            [[ $line == *" $ref" ]] && HEAD=${line%% *} && break
        done < "$common/packed-refs"
    fi
    return 0
}

# is_built: whether build/ holds the program of the commit checked out.
is_built() {
    local built=
    [[ -x $root/build/takhin && -r $root/build/commit ]] || return 1
    git_head
    read -r built < "$root/build/commit"
    [[ $built == "$HEAD" ]]
}

need_jdk() {
    find_jdk || { explain_jdk; return 1; }
    if [[ ! -x $JDK/bin/javac ]]; then
        echo "takhin: $JDK can run Takhin but not build it: it has no compiler; install a JDK" >&2
        return 1
    fi
}

need_maven() {
    command -v mvn > /dev/null && return
    cat >&2 << 'END'
takhin: building needs Maven 3.8.7 or newer, and there is no mvn on PATH.
  Debian, Ubuntu:  sudo apt install maven
  Fedora, RHEL:    sudo dnf install maven
  macOS:           brew install maven
END
    return 1
}

# build_program: a quick build of the program alone, no tests; one at a time.
build_program() {
    need_jdk && need_maven || return 1
    mkdir -p "$root/build"
    exec 9> "$root/build/.lock"
    if command -v flock > /dev/null; then
        flock 9
        is_built && return # somebody else did while this one waited
    fi
    echo "takhin: building; this takes a minute the first time" >&2
    # The option silences Maven 3.8 about its own libraries.
    JAVA_HOME=$JDK MAVEN_OPTS="${MAVEN_OPTS:-} --sun-misc-unsafe-memory-access=allow" \
        mvn -B -q -Dstyle.color=never -f "$root/pom.xml" -Dfast -DskipTests \
        -pl takhin-broker -am package >&2 9>&- \
        || { echo "takhin: the build failed" >&2; return 1; }
    exec 9>&-
}
