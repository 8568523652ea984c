package io.github.rseq.autoconfigure;

import java.util.Locale;
import java.util.concurrent.atomic.AtomicReference;

import io.github.rseq.AdderCells;
import io.github.rseq.Registration;
import io.github.rseq.Rseq;
import io.github.rseq.RseqOptions;
import io.github.rseq.RseqStatus;
import io.github.rseq.RseqUnavailableException;
import io.github.rseq.Sharding;
import io.github.rseq.UnavailabilityReason;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.util.StringUtils;

/**
 * This context's hold on the runtime: applies the properties, says in one line what came
 * of it, and fails the start where rseq is required and can't be had. The runtime itself
 * belongs to the JVM. Contexts that follow each other or live side by side share it, the
 * options of the latest apply to all, and closing one changes nothing.
 */
final class RseqConfigurer {

	static final String BEAN_NAME = "rseqConfigurer";

	private static final Log logger = LogFactory.getLog(RseqConfigurer.class);

	/**
	 * What the latest context asked for; like the runtime, one for the JVM.
	 */
	private static final AtomicReference<@Nullable RseqOptions> latest = new AtomicReference<>();

	RseqConfigurer(RseqProperties properties) {
		RseqOptions options = properties.toOptions();
		RseqOptions previous = latest.getAndSet(options);
		if (previous != null && !previous.equals(options)) {
			logger.info("rseq options change for every application context of this JVM: from " + previous + " to "
					+ options);
		}
		RseqStatus status = Rseq.configure(options);
		if (options.enabled() && properties.required()) {
			ensureAvailable(previous);
		}
		logger.info(describe(status));
		if (logger.isDebugEnabled() && !status.availability().available()) {
			logCause();
		}
	}

	/*
	 * A context that fails here must not leave its options to those that go on.
	 */
	private static void ensureAvailable(@Nullable RseqOptions previous) {
		try {
			Rseq.ensureAvailable();
		}
		catch (RseqUnavailableException ex) {
			if (previous != null) {
				latest.set(previous);
				Rseq.configure(previous);
			}
			throw ex;
		}
	}

	private void logCause() {
		try {
			Rseq.ensureAvailable();
		}
		catch (RseqUnavailableException ex) {
			logger.debug("rseq can't be had", ex);
		}
	}

	private static boolean isOverruled(RseqStatus status) {
		Registration asked = status.asked().registration();
		return (asked != null && asked != status.registration()) || status.asked().sharding() != status.sharding();
	}

	static String describe(RseqStatus status) {
		StringBuilder line = new StringBuilder("rseq ").append(status.state()).append(": ");
		switch (status.state()) {
			case ACTIVE -> {
				line.append("binding ").append(status.binding().name().toLowerCase(Locale.ROOT));
				line.append(", ").append(status.cpus().possible());
				line.append((status.cpus().possible() != 1) ? " CPUs" : " CPU");
				if (status.registration() == Registration.LIBC) {
					String libc = status.platform().libc();
					line.append(", registered by ").append((libc != null) ? libc : "the C library");
				}
				else {
					line.append(", registered by the starter");
				}
				if (status.sharding() == Sharding.MM_CID) {
					line.append(", cells by concurrency id");
				}
				if (isOverruled(status)) {
					line.append("; another registration or sharding was asked for, after the process had decided");
				}
				if (status.adders() == AdderCells.JAVA) {
					line.append("; counters stay on Java adders, which cost less than a call through this binding");
					if (status.platform().java() < 21) {
						line.append("; JDK 21 or later, or two options on JDK 17, count per CPU");
					}
				}
			}
			case FALLBACK -> {
				UnavailabilityReason reason = status.availability().reason();
				if (reason != null) {
					line.append(reason).append(". ").append(reason.sentence()).append(' ');
					String detail = status.availability().detail();
					if (StringUtils.hasText(detail)) {
						line.append(detail).append(detail.endsWith(".") ? " " : ". ");
					}
					line.append(reason.hint());
				}
			}
			case DISABLED -> line.append("switched off by rseq.enabled; meters record in Java until it is turned on");
		}
		return line.toString();
	}

}
