package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** When one sync of the whole file system takes the place of a sync of each file. */
class FlushRuleTest {
    private static final FlushRule RULE = FlushRule.MEASURED;

    @Test
    void aFewFilesAreSyncedOneByOne() {
        assertThat(RULE.prefersSyncfs(3, 0)).isFalse();
    }

    @Test
    void manyFilesAreSyncedTogether() {
        assertThat(RULE.prefersSyncfs(4, 0)).isTrue();
    }

    @Test
    void whatElseIsDirtyIsNotWrittenForAFewFilesMore() {
        assertThat(RULE.prefersSyncfs(10, 16 << 20)).isFalse();
        assertThat(RULE.prefersSyncfs(1000, 16 << 20)).isTrue();
    }

    @Test
    void segmentsCatchUpLongBeforeAHalfIsFull() {
        assertThat(RULE.settleBytes()).isLessThan(RULE.journalHalfBytes() / 64);
    }
}
