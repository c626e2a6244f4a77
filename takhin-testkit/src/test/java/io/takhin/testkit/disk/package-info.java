@org.jspecify.annotations.NullMarked
package io.takhin.testkit.disk;
