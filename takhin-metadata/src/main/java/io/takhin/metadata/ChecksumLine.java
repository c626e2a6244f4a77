package io.takhin.metadata;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

/**
 * A comment behind the lines of a properties file that lets a flipped bit be seen. Kafka reads over
 * it and leaves it out when it writes the file anew: then there is nothing to hold the lines
 * against.
 */
final class ChecksumLine {
    private static final String BEGIN = "# crc32c";
    private static final Pattern LINE = Pattern.compile(BEGIN + "=([0-9a-f]{8})\n");

    private ChecksumLine() {}

    static String appendedTo(String lines) {
        return lines + BEGIN + "=" + crcOf(lines) + "\n";
    }

    /**
     * @param text of a file, a character a byte
     */
    static boolean contradicts(String text) {
        int at = text.indexOf(BEGIN);
        if (at < 0) {
            return false;
        }
        Matcher line = LINE.matcher(text.substring(at));
        return !line.matches() || !line.group(1).equals(crcOf(text.substring(0, at)));
    }

    private static String crcOf(String text) {
        CRC32C crc = new CRC32C();
        crc.update(text.getBytes(StandardCharsets.ISO_8859_1));
        return HexFormat.of().toHexDigits((int) crc.getValue());
    }
}
