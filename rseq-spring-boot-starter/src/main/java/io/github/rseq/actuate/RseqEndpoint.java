package io.github.rseq.actuate;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

import io.github.rseq.AdderCells;
import io.github.rseq.Binding;
import io.github.rseq.Registration;
import io.github.rseq.Rseq;
import io.github.rseq.RseqOptions;
import io.github.rseq.RseqState;
import io.github.rseq.RseqStatus;
import io.github.rseq.Sharding;
import io.github.rseq.UnavailabilityReason;
import io.github.rseq.micrometer.PerCpuMeterValue;
import io.github.rseq.micrometer.RseqMeterSummary;
import io.github.rseq.micrometer.RseqMeters;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.OperationResponseBody;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.util.Assert;

/**
 * {@link Endpoint @Endpoint} that tells whether meters record per CPU and, if not, why,
 * and that can switch it off and on. It can be read by default; the switch needs
 * {@code management.endpoint.rseq.access=unrestricted}.
 */
@Endpoint(id = "rseq", defaultAccess = Access.READ_ONLY)
public class RseqEndpoint {

	private static final Log logger = LogFactory.getLog(RseqEndpoint.class);

	private final Map<String, RseqMeters> registries;

	/**
	 * Creates an endpoint.
	 * @param registries the registries to tell about, by bean name
	 */
	public RseqEndpoint(Map<String, ? extends RseqMeters> registries) {
		Assert.notNull(registries, "'registries' must not be null");
		this.registries = new LinkedHashMap<>(registries);
	}

	/**
	 * Tells everything there is to know about rseq in this JVM.
	 * @return a snapshot
	 */
	@ReadOperation
	public RseqDescriptor rseq() {
		Map<String, Map<String, RseqMeterSummary.Kind>> meters = new LinkedHashMap<>();
		Map<String, Map<String, String>> limits = new LinkedHashMap<>();
		this.registries.forEach((name, registry) -> {
			RseqMeterSummary summary = registry.meterSummary();
			meters.put(name, summary.kinds());
			if (!summary.limits().isEmpty()) {
				limits.put(name, summary.limits());
			}
		});
		return RseqDescriptor.of(Rseq.status(), meters, (!limits.isEmpty()) ? limits : null);
	}

	/**
	 * Tells the values of the meters of a name, CPU by CPU, or by concurrency id where
	 * that numbers the cells.
	 * @param meter the name as Micrometer has it, such as {@code http.server.requests}
	 * @return the values by registry, or {@code null} where no registry has a meter of
	 * that name that records per CPU
	 */
	@ReadOperation
	public @Nullable RseqMeterDescriptor meter(@Selector String meter) {
		Assert.notNull(meter, "'meter' must not be null");
		Map<String, List<MeterValueDescriptor>> values = new LinkedHashMap<>();
		Sharding sharding = Rseq.status().sharding();
		this.registries.forEach((name, registry) -> {
			List<MeterValueDescriptor> found = new ArrayList<>();
			registry.perCpuValues(meter).forEach((value) -> found.add(MeterValueDescriptor.of(value, sharding)));
			if (!found.isEmpty()) {
				values.put(name, found);
			}
		});
		return (!values.isEmpty()) ? new RseqMeterDescriptor(meter, values) : null;
	}

	/**
	 * Switches per-CPU recording off or on, for every application context of this JVM. No
	 * count is lost; the switch is back at {@code rseq.enabled} after a restart.
	 * @param enabled whether records go to the per-CPU cells
	 */
	@WriteOperation
	public void configureRseq(boolean enabled) {
		boolean changed = (Rseq.isEnabled() != enabled);
		Rseq.setEnabled(enabled);
		if (changed) {
			RseqStatus status = Rseq.status();
			UnavailabilityReason reason = status.availability().reason();
			logger.info("rseq switched " + (enabled ? "on" : "off") + " through its endpoint: now " + status.state()
					+ ((enabled && reason != null) ? ", " + reason : ""));
		}
	}

	/**
	 * Description of rseq in this JVM. What the numbers count is told by
	 * {@link RseqStatus}.
	 *
	 * @param state what happens to a record made now
	 * @param enabled the position of the switch
	 * @param availability whether rseq can be had, and if not, why and what to do
	 * @param platform what it runs on
	 * @param binding the way to the native code
	 * @param adders where counters record now; timers and distribution summaries record
	 * per CPU wherever the state is active
	 * @param registration who registers this process' threads
	 * @param sharding what numbers the cells of a meter, or {@code null} where there are
	 * none
	 * @param asked what was asked for
	 * @param cpus the CPUs that have cells
	 * @param aborts how often sections were aborted by the kernel
	 * @param memory the memory of the cells
	 * @param meters how many meters record per CPU and how many do not, by kind of meter
	 * and bean name of the registry
	 * @param limits what of a meter does not record per CPU though the rest of it does,
	 * and why, by meter and bean name of the registry, or {@code null} where there is
	 * nothing
	 */
	public record RseqDescriptor(RseqState state, boolean enabled, AvailabilityDescriptor availability,
			RseqStatus.Platform platform, Binding binding, AdderCells adders, Registration registration,
			@Nullable Sharding sharding, AskedDescriptor asked, RseqStatus.Cpus cpus, AbortsDescriptor aborts,
			RseqStatus.Memory memory, Map<String, Map<String, RseqMeterSummary.Kind>> meters,
			@Nullable Map<String, Map<String, String>> limits) implements OperationResponseBody {

		static RseqDescriptor of(RseqStatus status, Map<String, Map<String, RseqMeterSummary.Kind>> meters,
				@Nullable Map<String, Map<String, String>> limits) {
			return new RseqDescriptor(status.state(), status.enabled(),
					AvailabilityDescriptor.of(status.availability()), status.platform(), status.binding(),
					status.adders(), status.registration(), status.sharding(), AskedDescriptor.of(status.asked()),
					status.cpus(), AbortsDescriptor.of(status), status.memory(), meters, limits);
		}

	}

	/**
	 * Description of whether rseq can be had.
	 *
	 * @param available whether it can
	 * @param reason why not, or {@code null} where it can
	 * @param sentence the reason in words, or {@code null} where it can
	 * @param detail what was seen on this machine, or {@code null}
	 * @param hint what to do, or {@code null} where it can
	 * @param selfTest what the behavioural self-test saw, or {@code null} where it did
	 * not get that far
	 */
	public record AvailabilityDescriptor(boolean available, @Nullable UnavailabilityReason reason,
			@Nullable String sentence, @Nullable String detail, @Nullable String hint,
			RseqStatus.@Nullable SelfTest selfTest) {

		static AvailabilityDescriptor of(RseqStatus.Availability availability) {
			UnavailabilityReason reason = availability.reason();
			return new AvailabilityDescriptor(availability.available(), reason,
					(reason != null) ? reason.sentence() : null, availability.detail(),
					(reason != null) ? reason.hint() : null, availability.selfTest());
		}

	}

	/**
	 * Description of what was asked for, in the words of the properties. The first class
	 * loader of a process that gets rseq to work decides for all, so what is may differ.
	 *
	 * @param binding the binding
	 * @param registration who is to register threads
	 * @param sharding what is to number the cells of a meter
	 */
	public record AskedDescriptor(String binding, String registration, String sharding) {

		static AskedDescriptor of(RseqOptions asked) {
			Binding binding = asked.binding();
			Registration registration = asked.registration();
			return new AskedDescriptor((binding != null) ? binding.name() : "AUTO",
					(registration == null) ? "AUTO" : (registration != Registration.NONE) ? registration.name() : "OFF",
					asked.sharding().name());
		}

	}

	/**
	 * Description of how often the kernel aborted a section. What the numbers count is
	 * told by {@link RseqStatus.Aborts}.
	 *
	 * @param total all of them
	 * @param migrated those where the thread went on with other cells
	 * @param preemptedOrSignalled those where it went on with the same cells
	 * @param early those that came before the section knew its cells
	 * @param fallback how many records went to a fallback cell instead
	 * @param perCpu the totals by CPU number, or {@code null} where cells are by
	 * concurrency id
	 * @param perConcurrencyId the totals by concurrency id, or {@code null} where cells
	 * are by CPU
	 */
	public record AbortsDescriptor(long total, long migrated, long preemptedOrSignalled, long early, long fallback,
			@Nullable SortedMap<Integer, Long> perCpu, @Nullable SortedMap<Integer, Long> perConcurrencyId) {

		static AbortsDescriptor of(RseqStatus status) {
			RseqStatus.Aborts aborts = status.aborts();
			boolean byId = (status.sharding() == Sharding.MM_CID);
			return new AbortsDescriptor(aborts.total(), aborts.migrated(), aborts.preemptedOrSignalled(),
					aborts.early(), aborts.fallback(), byId ? null : aborts.perCpu(), byId ? aborts.perCpu() : null);
		}

	}

	/**
	 * Description of the meters of one name.
	 *
	 * @param name the name
	 * @param registries one value for each set of tags, by bean name of the registry
	 */
	public record RseqMeterDescriptor(String name,
			Map<String, List<MeterValueDescriptor>> registries) implements OperationResponseBody {
	}

	/**
	 * Description of what one meter has counted: of a counter the amount, in its base
	 * unit, of a timer or a distribution summary the number of values.
	 *
	 * @param type the type of the meter
	 * @param baseUnit the base unit, or {@code null} where the meter has none
	 * @param tags the tags' values by key
	 * @param total the sum of {@code perCpu} or {@code perConcurrencyId} and
	 * {@code fallback}
	 * @param perCpu what was counted on each CPU, by CPU number, or {@code null} where
	 * cells are by concurrency id; CPUs without any are left out
	 * @param perConcurrencyId what was counted with each concurrency id, or {@code null}
	 * where cells are by CPU; ids without any are left out
	 * @param fallback what was counted outside the per-CPU cells
	 */
	public record MeterValueDescriptor(Meter.Type type, @Nullable String baseUnit, Map<String, String> tags,
			double total, @Nullable SortedMap<Integer, Double> perCpu,
			@Nullable SortedMap<Integer, Double> perConcurrencyId, double fallback) {

		static MeterValueDescriptor of(PerCpuMeterValue value, @Nullable Sharding sharding) {
			boolean byId = (sharding == Sharding.MM_CID);
			Map<String, String> tags = new LinkedHashMap<>();
			for (Tag tag : value.id().getTagsAsIterable()) {
				tags.put(tag.getKey(), tag.getValue());
			}
			return new MeterValueDescriptor(value.id().getType(), value.id().getBaseUnit(), tags, value.total(),
					byId ? null : value.perCpu(), byId ? value.perCpu() : null, value.fallback());
		}

	}

}
