package io.takhin.broker.api;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** The topic "orders" on logs that nobody has written to. */
abstract class RecordsFixture {
    @TempDir Path root;
    TestRecords records;

    @BeforeEach
    void open() throws IOException {
        records = new TestRecords(root);
    }

    @AfterEach
    void close() {
        records.close();
    }
}
