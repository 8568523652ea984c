package io.github.rseq;

import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Takes the address space away and makes meters until there are no cells for them.
 */
final class ExhaustedMain {

	private static final long ROOM = 32 << 20;

	private static final int ADDS = 1000;

	private ExhaustedMain() {
	}

	public static void main(String[] args) throws Exception {
		ChildJvm.print("state", Rseq.configure(RseqOptions.DEFAULTS.withBinding(Binding.valueOf(args[0]))).state());
		PerCpuLongAdder before = new PerCpuLongAdder();
		List<PerCpuLongArray> arrays = new ArrayList<>();
		ChildJvm.print("refused.before", Rseq.status().memory().refused());
		Linux linux = new Linux();
		linux.limitAddressSpace(linux.addressSpace() + ROOM);
		try {
			while (!Rseq.status().memory().exhausted() && arrays.size() < 10_000) {
				arrays.add(new PerCpuLongArray(PerCpuLongArray.MAX_LENGTH));
			}
		}
		finally {
			// The JVM wants to live.
			linux.limitAddressSpace(-1);
		}
		// There may be a cell or two left in a line that was begun.
		List<PerCpuLongAdder> adders = new ArrayList<>();
		for (long refused = Rseq.status().memory().refused(); refused == Rseq.status().memory().refused();) {
			adders.add(new PerCpuLongAdder());
		}
		PerCpuLongAdder after = adders.get(adders.size() - 1);
		PerCpuLongArray last = arrays.get(arrays.size() - 1);
		for (int i = 0; i < ADDS; i++) {
			before.add(1);
			after.add(1);
			last.add(i, 1);
		}
		RseqStatus.Memory memory = Rseq.status().memory();
		ChildJvm.print("exhausted", memory.exhausted());
		ChildJvm.print("refused", memory.refused());
		ChildJvm.print("sum.before", before.sum());
		ChildJvm.print("fallback.before", before.fallback());
		ChildJvm.print("sum.after", after.sum());
		ChildJvm.print("fallback.after", after.fallback());
		ChildJvm.print("sum.array", Arrays.stream(last.sums()).sum());
		Reference.reachabilityFence(arrays);
		Reference.reachabilityFence(adders);
	}

}
