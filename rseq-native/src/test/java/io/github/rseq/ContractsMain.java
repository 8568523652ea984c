package io.github.rseq;

import java.io.PrintWriter;

import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

/**
 * Runs the contract tests in this JVM, in its {@link TestMode}.
 */
final class ContractsMain {

	private ContractsMain() {
	}

	public static void main(String[] args) {
		LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
			.selectors(selectClass(PerCpuAdderContractTests.class), selectClass(PerCpuRecorderContractTests.class),
					selectClass(PerCpuLongArrayContractTests.class))
			.build();
		SummaryGeneratingListener listener = new SummaryGeneratingListener();
		LauncherFactory.create().execute(request, listener);
		TestExecutionSummary summary = listener.getSummary();
		summary.printFailuresTo(new PrintWriter(System.out, true), 12);
		ChildJvm.print("succeeded", summary.getTestsSucceededCount());
		ChildJvm.print("skipped", summary.getTestsAbortedCount() + summary.getTestsSkippedCount());
		ChildJvm.print("failed", summary.getTotalFailureCount());
		ChildJvm.print("registration", Rseq.configure(TestMode.current().options()).registration());
		ChildJvm.print("sharding", Rseq.status().sharding());
	}

}
