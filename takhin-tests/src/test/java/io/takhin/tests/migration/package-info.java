/**
 * Data directories that Apache Kafka and Takhin take turns on.
 *
 * <p>Not null-marked: a null where none belongs fails its test.
 */
package io.takhin.tests.migration;
