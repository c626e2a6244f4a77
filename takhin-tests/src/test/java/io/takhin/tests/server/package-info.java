/**
 * The packaged program as a process: starting, stopping, crashing, observing.
 *
 * <p>Not null-marked: a null where none belongs fails its test.
 */
package io.takhin.tests.server;
