/**
 * An application as a web application archive holds it.
 */
package io.github.rseq.war;
