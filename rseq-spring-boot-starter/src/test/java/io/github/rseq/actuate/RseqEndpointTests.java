package io.github.rseq.actuate;

import java.util.Map;
import java.util.TreeMap;

import io.github.rseq.Binding;
import io.github.rseq.Registration;
import io.github.rseq.Rseq;
import io.github.rseq.RseqOptions;
import io.github.rseq.RseqState;
import io.github.rseq.Sharding;
import io.github.rseq.UnavailabilityReason;
import io.github.rseq.actuate.RseqEndpoint.AskedDescriptor;
import io.github.rseq.actuate.RseqEndpoint.AvailabilityDescriptor;
import io.github.rseq.actuate.RseqEndpoint.MeterValueDescriptor;
import io.github.rseq.actuate.RseqEndpoint.RseqDescriptor;
import io.github.rseq.actuate.RseqEndpoint.RseqMeterDescriptor;
import io.github.rseq.micrometer.PerCpuMeterValue;
import io.github.rseq.micrometer.RseqSimpleMeterRegistry;
import io.github.rseq.testsupport.RestoreRseq;
import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.simple.SimpleConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

/**
 * Tests for {@link RseqEndpoint}.
 */
@ExtendWith({ OutputCaptureExtension.class, RestoreRseq.class })
class RseqEndpointTests {

	private final RseqSimpleMeterRegistry registry = new RseqSimpleMeterRegistry(SimpleConfig.DEFAULT, Clock.SYSTEM);

	private final RseqEndpoint endpoint = new RseqEndpoint(Map.of("simpleMeterRegistry", this.registry));

	@Test
	void tellsReasonSentenceAndHintWhereRseqIsUnavailable() {
		Rseq.configure(RseqOptions.DEFAULTS.withBinding(Binding.NONE));
		AvailabilityDescriptor availability = this.endpoint.rseq().availability();
		assertThat(availability.available()).isFalse();
		assertThat(availability.reason()).isEqualTo(UnavailabilityReason.BINDING_NONE);
		assertThat(availability.sentence()).isEqualTo(UnavailabilityReason.BINDING_NONE.sentence());
		assertThat(availability.hint()).isEqualTo(UnavailabilityReason.BINDING_NONE.hint());
	}

	@Test
	void tellsWhatWasAskedForInTheWordsOfTheProperties() {
		Rseq.configure(RseqOptions.DEFAULTS.withBinding(Binding.JNI).withSharding(Sharding.MM_CID));
		assertThat(this.endpoint.rseq().asked()).isEqualTo(new AskedDescriptor("JNI", "AUTO", "MM_CID"));
		Rseq.configure(RseqOptions.DEFAULTS.withRegistration(Registration.NONE));
		RseqDescriptor descriptor = this.endpoint.rseq();
		assertThat(descriptor.asked()).isEqualTo(new AskedDescriptor("AUTO", "OFF", "CPU"));
		assertThat(descriptor.availability().reason()).isEqualTo(UnavailabilityReason.REGISTRATION_OFF);
		assertThat(descriptor.registration()).isEqualTo(Registration.NONE);
	}

	@Test
	void namesValuesByWhatNumbersTheCells() {
		PerCpuMeterValue value = new PerCpuMeterValue(this.registry.counter("orders").getId(), 3,
				new TreeMap<>(Map.of(1, 3.0)), 0);
		assertThat(MeterValueDescriptor.of(value, Sharding.CPU)).satisfies((descriptor) -> {
			assertThat(descriptor.perCpu()).containsOnlyKeys(1);
			assertThat(descriptor.perConcurrencyId()).isNull();
		});
		assertThat(MeterValueDescriptor.of(value, Sharding.MM_CID)).satisfies((descriptor) -> {
			assertThat(descriptor.perCpu()).isNull();
			assertThat(descriptor.perConcurrencyId()).containsOnlyKeys(1);
		});
	}

	@Test
	void countsTheMetersByKind() {
		this.registry.counter("orders");
		this.registry.counter("orders", "state", "new");
		assertThat(this.endpoint.rseq().meters().get("simpleMeterRegistry").get("counter").perCpu()).isEqualTo(2);
	}

	@Test
	void tellsTheValuesOfAMeter() {
		this.registry.counter("orders", "state", "new").increment(3);
		this.registry.counter("orders", "state", "old").increment(4);
		RseqMeterDescriptor descriptor = this.endpoint.meter("orders");
		assertThat(descriptor).isNotNull();
		assertThat(descriptor.name()).isEqualTo("orders");
		assertThat(descriptor.registries()).containsOnlyKeys("simpleMeterRegistry");
		assertThat(descriptor.registries().get("simpleMeterRegistry")).hasSize(2).allSatisfy((value) -> {
			assertThat(value.type()).isEqualTo(Meter.Type.COUNTER);
			assertThat(total(value)).isEqualTo(value.total());
		});
		assertThat(descriptor.registries().get("simpleMeterRegistry").get(0).tags())
			.containsExactly(entry("state", "new"));
		assertThat(descriptor.registries().get("simpleMeterRegistry").get(0).total()).isEqualTo(3);
	}

	@Test
	void countsWhatWasRecordedWhileSwitchedOffAsFallback() {
		this.endpoint.configureRseq(false);
		this.registry.counter("orders").increment(3);
		RseqMeterDescriptor descriptor = this.endpoint.meter("orders");
		assertThat(descriptor).isNotNull();
		MeterValueDescriptor value = descriptor.registries().get("simpleMeterRegistry").get(0);
		assertThat(value.fallback()).isEqualTo(3);
		assertThat(value.perCpu()).isEmpty();
	}

	@Test
	void knowsNoMeterOfAnotherName() {
		assertThat(this.endpoint.meter("orders")).isNull();
	}

	@Test
	void switchesOffAndOnAndSaysSo(CapturedOutput output) {
		this.endpoint.configureRseq(false);
		assertThat(this.endpoint.rseq().state()).isEqualTo(RseqState.DISABLED);
		assertThat(output).contains("rseq switched off through its endpoint");
		this.endpoint.configureRseq(true);
		assertThat(this.endpoint.rseq().state()).isNotEqualTo(RseqState.DISABLED);
		assertThat(output).contains("rseq switched on through its endpoint");
	}

	@Test
	void switchingToWhatItIsSaysNothing(CapturedOutput output) {
		this.endpoint.configureRseq(true);
		assertThat(output).doesNotContain("rseq switched");
	}

	private static double total(MeterValueDescriptor value) {
		return value.perCpu().values().stream().mapToDouble(Double::doubleValue).sum() + value.fallback();
	}

}
