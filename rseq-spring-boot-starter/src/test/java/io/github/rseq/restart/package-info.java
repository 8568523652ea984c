/**
 * An application that Spring Boot's devtools restart, in a JVM of its own.
 */
package io.github.rseq.restart;
