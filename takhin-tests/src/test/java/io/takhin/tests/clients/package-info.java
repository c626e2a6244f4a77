/**
 * Client libraries, Kafka's own and others, against the broker.
 *
 * <p>Not null-marked: a null where none belongs fails its test.
 */
package io.takhin.tests.clients;
