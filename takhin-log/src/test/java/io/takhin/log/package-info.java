@org.jspecify.annotations.NullMarked
package io.takhin.log;
