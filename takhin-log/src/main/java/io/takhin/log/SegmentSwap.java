package io.takhin.log;

import io.takhin.log.file.PartitionFiles;
import io.takhin.log.file.SharedFile;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;

/**
 * How one compacted segment takes the place of those it was made from, so that a crash after any of
 * the renames leaves either all old records or all new ones (Kafka's {@code
 * LocalLog.replaceSegments}; {@link PartitionTidying} finishes what was interrupted):
 *
 * <ol>
 *   <li>announcements: {@code .cleaned} becomes {@code .swap}, the data first. From here on the new
 *       segment is wanted.
 *   <li>removals: the old files become {@code .deleted}.
 *   <li>arrivals: {@code .swap} goes from the new names.
 * </ol>
 *
 * The directory is synced after each of the three, since nothing else keeps renames in order.
 * Between the first two an announcement is withdrawn by whoever takes old segments away ({@link
 * LogState#withdrawAnnounced}): a start would put the new segment in the place of what is left.
 *
 * @param cleaned complete, and on the disk
 * @param old at least one; the first has the same base offset
 */
record SegmentSwap(Segment cleaned, List<Segment> old) {

    /** A file that gets another name; nothing happens where there is no such file. */
    record Rename(SharedFile file, String suffix) {
        String name() {
            return file.nameWith(suffix);
        }
    }

    List<Rename> announcements() {
        return cleaned.files().stream()
                .map(file -> new Rename(file, plainSuffix(file) + PartitionFiles.SWAP))
                .toList();
    }

    /** Of announcements: with the first of these names nothing is wanted any more. */
    List<Rename> withdrawals() {
        return cleaned.files().stream()
                .map(file -> new Rename(file, plainSuffix(file) + PartitionFiles.CLEANED))
                .toList();
    }

    List<Rename> removals() {
        List<Rename> renames = new ArrayList<>();
        for (Segment segment : old) {
            for (SharedFile file : segment.files()) {
                renames.add(new Rename(file, plainSuffix(file) + PartitionFiles.DELETED));
            }
        }
        return List.copyOf(renames);
    }

    List<Rename> arrivals() {
        return cleaned.files().stream().map(file -> new Rename(file, plainSuffix(file))).toList();
    }

    /** Without what marks a file as not, or not any more, in its place. */
    private static String plainSuffix(SharedFile file) {
        String full = file.suffix();
        for (String mark : List.of(PartitionFiles.CLEANED, PartitionFiles.SWAP)) {
            if (full.endsWith(mark)) {
                return full.substring(0, full.length() - mark.length());
            }
        }
        return full;
    }

    static void rename(List<Rename> renames) throws IOException {
        for (Rename rename : renames) {
            rename.file().renameTo(rename.suffix());
        }
    }

    /** As {@link #rename}, of files that nobody wants under these names. */
    static void retire(List<Rename> renames) throws IOException {
        for (Rename rename : renames) {
            rename.file().retireAs(rename.suffix());
        }
    }

    /** The new segment is not wanted any more. */
    void abandon() throws IOException {
        cleaned.retire();
        for (SharedFile file : cleaned.files()) {
            file.markDeleted();
            Files.deleteIfExists(file.path());
        }
    }
}
