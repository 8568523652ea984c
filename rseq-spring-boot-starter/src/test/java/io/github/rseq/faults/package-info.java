/**
 * Every kind of meter under every fault that a JVM, its tools and the kernel can bring
 * about: {@code FaultTests} runs {@code FaultMain} in JVMs of their own.
 */
@NullMarked
package io.github.rseq.faults;

import org.jspecify.annotations.NullMarked;
