/**
 * The {@code rseq} endpoint. It may use {@code io.github.rseq},
 * {@code io.github.rseq.micrometer} and Spring Boot Actuator.
 */
@NullMarked
package io.github.rseq.actuate;

import org.jspecify.annotations.NullMarked;
