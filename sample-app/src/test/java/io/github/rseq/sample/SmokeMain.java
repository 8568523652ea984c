package io.github.rseq.sample;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Starts the sample application with the command given, sends it a known number of orders
 * over several connections at once, and prints what its endpoints tell: what
 * {@code kernels/run.sh} runs on other kernels. Needs nothing but the JDK and
 * {@link HttpLoad}, and reads what it needs of the JSON with patterns.
 */
final class SmokeMain {

	private static final int PORT = 8080;

	private static final int CONNECTIONS = 8;

	private static final int EACH = 50;

	/** An emulated machine may take minutes for what takes a real one two seconds. */
	private static final long START_SECONDS = 480;

	private static final HttpClient client = HttpClient.newHttpClient();

	private SmokeMain() {
	}

	public static void main(String[] command) throws Exception {
		Process application = new ProcessBuilder(command).inheritIO().start();
		try {
			await(application);
			run();
		}
		finally {
			application.destroy();
		}
		System.out.println("> exitOfApplication=" + application.waitFor());
	}

	private static void await(Process application) throws Exception {
		long start = System.nanoTime();
		while (true) {
			try {
				get("/actuator/health");
				break;
			}
			catch (IOException ex) {
				if (!application.isAlive() || System.nanoTime() - start > START_SECONDS * 1_000_000_000L) {
					throw new IllegalStateException("The application did not start", ex);
				}
				Thread.sleep(500);
			}
		}
	}

	private static void run() throws Exception {
		HttpLoad load = new HttpLoad(PORT,
				List.of(HttpLoad.post("/orders", "{\"product\":\"coffee\",\"quantity\":1}")));
		System.out.println("> statuses=" + load.send(CONNECTIONS, EACH));
		System.out.println("> sent=" + CONNECTIONS * EACH);
		String status = get("/actuator/rseq");
		System.out.println("rseq: " + status);
		print("state", status, "\"state\":\"(\\w+)\"");
		print("reason", status, "\"reason\":\"(\\w+)\"");
		print("binding", status, "\"binding\":\"(\\w+)\"");
		print("registration", status, "\"registration\":\"(\\w+)\"");
		print("selfTest.aborts", status, "\"selfTest\":\\{\"aborts\":(\\d+)");
		print("selfTest.violations", status, "\"violations\":(\\d+)");
		print("aborts", status, "\"aborts\":\\{\"total\":(\\d+)");
		print("libc", status, "\"libc\":\"([^\"]+)\"");
		print("featureSize", status, "\"featureSize\":(\\d+)");
		String cells = get("/actuator/rseq/orders.placed");
		System.out.println("orders.placed: " + cells);
		print("accepted", get("/actuator/metrics/orders.placed?tag=outcome:accepted"), "\"value\":([\\d.E]+)");
		print("orders", get("/actuator/metrics/orders.total"), "\"COUNT\",\"value\":([\\d.E]+)");
		print("euros", get("/actuator/metrics/orders.total"), "\"TOTAL\",\"value\":([\\d.E]+)");
	}

	private static void print(String name, String json, String pattern) {
		Matcher matcher = Pattern.compile(pattern).matcher(json);
		System.out.println("> " + name + "=" + (matcher.find() ? matcher.group(1) : ""));
	}

	private static String get(String path) throws IOException, InterruptedException {
		URI uri = URI.create("http://127.0.0.1:" + PORT + path);
		return client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString()).body();
	}

}
