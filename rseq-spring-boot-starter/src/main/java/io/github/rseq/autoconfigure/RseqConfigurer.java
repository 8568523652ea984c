package io.github.rseq.autoconfigure;

import java.util.Locale;
import java.util.Objects;
import java.util.StringJoiner;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

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

import org.springframework.beans.factory.DisposableBean;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationListener;
import org.springframework.context.event.ContextRefreshedEvent;
import org.springframework.util.StringUtils;

/**
 * This context's hold on the runtime: applies the properties, says in one line what came
 * of it, and fails the start where rseq is required and can't be had. The runtime itself
 * belongs to the JVM. Contexts that follow each other or live side by side share it, the
 * options of the latest apply to all, and closing one changes nothing. One whose refresh
 * fails does not leave its options to those that go on.
 */
final class RseqConfigurer implements ApplicationListener<ContextRefreshedEvent>, DisposableBean {

	static final String BEAN_NAME = "rseqConfigurer";

	private static final Log logger = LogFactory.getLog(RseqConfigurer.class);

	/**
	 * What the latest context asked for; like the runtime, one for the JVM.
	 */
	private static final AtomicReference<@Nullable RseqOptions> latest = new AtomicReference<>();

	private final ApplicationContext context;

	private final RseqOptions options;

	private final @Nullable RseqOptions previous;

	private volatile boolean refreshed;

	RseqConfigurer(RseqProperties properties, ApplicationContext context) {
		this.context = context;
		this.options = properties.toOptions();
		this.previous = latest.getAndSet(this.options);
		if (this.previous != null) {
			logChanges(this.previous, this.options);
		}
		RseqStatus status = Rseq.configure(this.options);
		if (this.options.enabled() && properties.required()) {
			ensureAvailable();
		}
		logger.info(describe(status));
		if (logger.isDebugEnabled() && !status.availability().available()) {
			logCause();
		}
	}

	private void ensureAvailable() {
		try {
			Rseq.ensureAvailable();
		}
		catch (RseqUnavailableException ex) {
			restorePrevious();
			throw ex;
		}
	}

	@Override
	public void onApplicationEvent(ContextRefreshedEvent event) {
		// A child's event comes here, too, and may do so before ours.
		if (event.getApplicationContext() == this.context) {
			this.refreshed = true;
		}
	}

	@Override
	public void destroy() {
		if (!this.refreshed) {
			restorePrevious();
		}
	}

	private void restorePrevious() {
		// Unless a later context's options are in force.
		if (this.previous != null && latest.compareAndSet(this.options, this.previous)) {
			logChanges(this.options, this.previous);
			Rseq.configure(this.previous);
		}
	}

	private static void logChanges(RseqOptions from, RseqOptions to) {
		if (from.equals(to)) {
			return;
		}
		StringJoiner changes = new StringJoiner(", ");
		addChange(changes, "enabled", from, to, RseqOptions::enabled);
		addChange(changes, "binding", from, to, RseqOptions::binding);
		addChange(changes, "registration", from, to, RseqOptions::registration);
		addChange(changes, "sharding", from, to, RseqOptions::sharding);
		addChange(changes, "native-library.path", from, to, RseqOptions::library);
		addChange(changes, "native-library.directory", from, to, RseqOptions::directory);
		logger.info("rseq options change for every application context of this JVM: " + changes);
	}

	private static void addChange(StringJoiner changes, String name, RseqOptions from, RseqOptions to,
			Function<RseqOptions, @Nullable Object> option) {
		String before = Objects.toString(option.apply(from), "default");
		String after = Objects.toString(option.apply(to), "default");
		if (!before.equals(after)) {
			changes.add("rseq." + name + " from " + before + " to " + after);
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
						line.append("; JDK 21 or later counts per CPU");
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
