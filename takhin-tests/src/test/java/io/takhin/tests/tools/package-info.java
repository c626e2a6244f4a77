/**
 * Kafka's own command-line tools against the broker.
 *
 * <p>Not null-marked: a null where none belongs fails its test.
 */
package io.takhin.tests.tools;
