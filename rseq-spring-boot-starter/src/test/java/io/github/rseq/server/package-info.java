/**
 * A server that applications are deployed to and undeployed from, in a JVM of its own.
 */
package io.github.rseq.server;
