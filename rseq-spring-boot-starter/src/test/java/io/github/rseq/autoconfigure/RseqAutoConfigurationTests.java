package io.github.rseq.autoconfigure;

import java.util.TreeMap;

import io.github.rseq.AdderCells;
import io.github.rseq.Binding;
import io.github.rseq.Registration;
import io.github.rseq.Rseq;
import io.github.rseq.RseqOptions;
import io.github.rseq.RseqState;
import io.github.rseq.RseqStatus;
import io.github.rseq.RseqUnavailableException;
import io.github.rseq.Sharding;
import io.github.rseq.UnavailabilityReason;
import io.github.rseq.testsupport.RestoreRseq;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.LazyInitializationBeanFactoryPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ApplicationContext;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.support.GenericApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

/**
 * Tests for {@link RseqAutoConfiguration} and {@link RseqConfigurer}.
 */
@ExtendWith({ OutputCaptureExtension.class, RestoreRseq.class })
class RseqAutoConfigurationTests {

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(RseqAutoConfiguration.class));

	@Test
	void appliesTheProperties() {
		this.contextRunner.withPropertyValues("rseq.binding=none", "rseq.enabled=false").run((context) -> {
			assertThat(context).hasSingleBean(RseqConfigurer.class);
			RseqStatus status = Rseq.status();
			assertThat(status.enabled()).isFalse();
			assertThat(status.state()).isEqualTo(RseqState.DISABLED);
			assertThat(status.availability().reason()).isEqualTo(UnavailabilityReason.NOT_PROBED);
		});
	}

	@Test
	void looksForRseqWhenItIsFirstSwitchedOn() {
		this.contextRunner.withPropertyValues("rseq.binding=none", "rseq.enabled=false").run((context) -> {
			Rseq.setEnabled(true);
			assertThat(Rseq.status().state()).isEqualTo(RseqState.FALLBACK);
			assertThat(Rseq.status().availability().reason()).isEqualTo(UnavailabilityReason.BINDING_NONE);
		});
	}

	@Test
	void saysOnceWhatCameOfIt(CapturedOutput output) {
		this.contextRunner.withPropertyValues("rseq.binding=none")
			.run((context) -> assertThat(output.getOut().lines().filter((line) -> line.contains("rseq FALLBACK:")))
				.singleElement()
				.asString()
				.contains("INFO")
				.contains("BINDING_NONE", UnavailabilityReason.BINDING_NONE.sentence(),
						UnavailabilityReason.BINDING_NONE.hint()));
	}

	@Test
	void saysThatItIsActive(CapturedOutput output) {
		assumeRseq();
		this.contextRunner.run((context) -> assertThat(output.getOut())
			.containsPattern("rseq ACTIVE: binding (foreign|jni), [0-9]+ CPUs?, registered by [^\n]+"));
	}

	@Test
	void describesAnActiveRuntime() {
		assertThat(RseqConfigurer.describe(status(RseqState.ACTIVE, null, null, Binding.FOREIGN, 2)))
			.isEqualTo("rseq ACTIVE: binding foreign, 2 CPUs, registered by glibc 2.36");
	}

	@Test
	void describesAnActiveRuntimeWithOneCpu() {
		assertThat(RseqConfigurer.describe(status(RseqState.ACTIVE, null, null, Binding.FOREIGN, 1)))
			.isEqualTo("rseq ACTIVE: binding foreign, 1 CPU, registered by glibc 2.36");
	}

	@Test
	void describesAnActiveRuntimeWhoseCountersStayInJava() {
		assertThat(RseqConfigurer.describe(status(RseqState.ACTIVE, null, null, Binding.JNI, 2)))
			.isEqualTo("rseq ACTIVE: binding jni, 2 CPUs, registered by glibc 2.36; counters stay on Java adders, "
					+ "which cost less than a call through this binding; JDK 21 or later counts per CPU");
	}

	@Test
	void describesAFallbackWithReasonDetailAndHint() {
		UnavailabilityReason reason = UnavailabilityReason.LIBC_WITHOUT_RSEQ;
		assertThat(RseqConfigurer.describe(status(RseqState.FALLBACK, reason, "This is glibc 2.31", Binding.NONE, 2)))
			.isEqualTo(
					"rseq FALLBACK: LIBC_WITHOUT_RSEQ. " + reason.sentence() + " This is glibc 2.31. " + reason.hint());
	}

	@Test
	void describesADisabledRuntime() {
		assertThat(RseqConfigurer.describe(status(RseqState.DISABLED, null, null, Binding.JNI, 2)))
			.isEqualTo("rseq DISABLED: switched off by rseq.enabled; meters record in Java until it is turned on");
	}

	@Test
	void startsWhereRseqIsRequiredAndAvailable() {
		assumeRseq();
		this.contextRunner.withPropertyValues("rseq.required=true")
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void failsWhereRseqIsRequiredAndUnavailable() {
		this.contextRunner.withPropertyValues("rseq.required=true", "rseq.binding=none")
			.run((context) -> assertThat(context).hasFailed()
				.getFailure()
				.hasRootCauseInstanceOf(RseqUnavailableException.class));
	}

	@Test
	void aContextThatFailsForWantOfRseqLeavesTheOthersOptions() {
		assumeRseq();
		this.contextRunner.run((context) -> {
			this.contextRunner.withPropertyValues("rseq.required=true", "rseq.binding=none")
				.run((other) -> assertThat(other).hasFailed());
			assertThat(Rseq.status().state()).isEqualTo(RseqState.ACTIVE);
		});
	}

	@Test
	void failsWhereRseqIsRequiredAndBeansAreLazy() {
		this.contextRunner
			.withInitializer(
					(context) -> context.addBeanFactoryPostProcessor(new LazyInitializationBeanFactoryPostProcessor()))
			.withPropertyValues("rseq.required=true", "rseq.binding=none")
			.run((context) -> assertThat(context).hasFailed());
	}

	@Test
	void startsWhereRseqIsRequiredButSwitchedOffOnPurpose() {
		this.contextRunner.withPropertyValues("rseq.required=true", "rseq.binding=none", "rseq.enabled=false")
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void startsWithoutTheLibraryThatWasNamed() {
		this.contextRunner.withPropertyValues("rseq.native-library.path=/does/not/exist.so").run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(Rseq.status().state()).isEqualTo(RseqState.FALLBACK);
		});
	}

	@Test
	void needsNoJnaToDefineBeans() {
		this.contextRunner.withClassLoader(new FilteredClassLoader("com.sun.jna"))
			.run((context) -> assertThat(context).hasSingleBean(RseqConfigurer.class));
	}

	@Test
	void laterContextWinsAndSaysSo(CapturedOutput output) {
		this.contextRunner.run((first) -> this.contextRunner.withPropertyValues("rseq.enabled=false").run((second) -> {
			assertThat(Rseq.isEnabled()).isFalse();
			assertThat(output).contains("rseq options change for every application context of this JVM: "
					+ "rseq.enabled from true to false");
		}));
	}

	@Test
	void contextThatFailsLaterLeavesTheOptionsOfTheOneThatGoesOn(CapturedOutput output) {
		this.contextRunner.run((first) -> this.contextRunner.withPropertyValues("rseq.enabled=false")
			.withBean("failing", Object.class, () -> {
				assertThat(Rseq.isEnabled()).isFalse();
				throw new IllegalStateException("port in use");
			}, (definition) -> definition.setDependsOn(RseqConfigurer.BEAN_NAME))
			.run((second) -> {
				assertThat(second).getFailure().hasRootCauseMessage("port in use");
				assertThat(Rseq.isEnabled()).isTrue();
				assertThat(output).contains("rseq options change for every application context of this JVM: "
						+ "rseq.enabled from false to true");
			}));
	}

	@Test
	void contextThatFailsAfterItsChildHasStartedLeavesTheOptionsOfTheOneThatGoesOn() {
		this.contextRunner.run((first) -> this.contextRunner.withPropertyValues("rseq.enabled=false")
			.withUserConfiguration(FailingAfterItsChild.class)
			.run((second) -> {
				assertThat(second).getFailure().hasRootCauseMessage("no broker");
				assertThat(Rseq.isEnabled()).isTrue();
			}));
	}

	@Test
	void closingAContextLeavesItsOptions() {
		this.contextRunner.run((first) -> {
			this.contextRunner.withPropertyValues("rseq.enabled=false").run((second) -> {
			});
			assertThat(Rseq.isEnabled()).isFalse();
		});
	}

	@Test
	void laterContextWithTheSameOptionsSaysNothingAboutIt(CapturedOutput output) {
		this.contextRunner.withPropertyValues("rseq.binding=none").run((first) -> {
			int length = output.getOut().length();
			this.contextRunner.withPropertyValues("rseq.binding=none")
				.run((second) -> assertThat(output.getOut().substring(length)).doesNotContain("rseq options change"));
		});
	}

	@Test
	void closingAContextChangesNothing() {
		this.contextRunner.run((first) -> {
			RseqState before = Rseq.status().state();
			this.contextRunner.run((second) -> assertThat(Rseq.status().state()).isEqualTo(before));
			assertThat(Rseq.status().state()).isEqualTo(before);
			assertThat(Rseq.isEnabled()).isTrue();
		});
	}

	@Test
	void childUsesTheRuntimeOfItsParent() {
		this.contextRunner.withPropertyValues("rseq.enabled=false")
			.run((parent) -> this.contextRunner.withParent(parent).run((child) -> {
				assertThat(child.getBean(RseqConfigurer.class)).isSameAs(parent.getBean(RseqConfigurer.class));
				assertThat(Rseq.isEnabled()).isFalse();
			}));
	}

	private static void assumeRseq() {
		assumeThat(Rseq.isAvailable()).as("rseq can't be had here: " + Rseq.status().availability()).isTrue();
	}

	private static RseqStatus status(RseqState state, @Nullable UnavailabilityReason reason, @Nullable String detail,
			Binding binding, int cpus) {
		return new RseqStatus(state, state != RseqState.DISABLED,
				new RseqStatus.Availability(reason == null, reason, detail, null),
				new RseqStatus.Platform("Linux", "amd64", "6.18", "glibc 2.36", (binding == Binding.FOREIGN) ? 25 : 17,
						28, 32),
				binding, (binding == Binding.FOREIGN) ? AdderCells.PER_CPU : AdderCells.JAVA,
				(reason == null) ? Registration.LIBC : Registration.NONE, (reason == null) ? Sharding.CPU : null,
				RseqOptions.DEFAULTS, new RseqStatus.Cpus(cpus, cpus, new TreeMap<>()),
				new RseqStatus.Aborts(0, 0, 0, 0, 0, new TreeMap<>()), new RseqStatus.Memory(0, 0, 0, 0, false));
	}

	/**
	 * Starts a child while it is refreshed, as Boot does for a management port of its
	 * own, and fails then.
	 */
	@Configuration(proxyBeanMethods = false)
	static class FailingAfterItsChild {

		@Bean
		SmartLifecycle failing(ApplicationContext context) {
			return new SmartLifecycle() {

				@Override
				public void start() {
					try (GenericApplicationContext child = new GenericApplicationContext(context)) {
						child.refresh();
					}
					assertThat(Rseq.isEnabled()).isFalse();
					throw new IllegalStateException("no broker");
				}

				@Override
				public void stop() {
				}

				@Override
				public boolean isRunning() {
					return false;
				}

			};
		}

	}

}
