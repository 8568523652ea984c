package io.github.rseq.containers;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.github.rseq.sample.Shop;
import org.testcontainers.containers.GenericContainer;

/**
 * A shop in a container.
 */
final class ContainerShop extends Shop implements AutoCloseable {

	private static final Duration START = Duration.ofSeconds(180);

	private static final Pattern PORT = Pattern.compile("the shop +http://localhost:(\\d+)/");

	private final GenericContainer<?> container;

	private int port;

	private ContainerShop(GenericContainer<?> container) {
		this.container = container;
	}

	/**
	 * Start a shop and wait until it is open.
	 */
	static ContainerShop open(JvmContainer jvm) throws InterruptedException {
		ContainerShop shop = new ContainerShop(jvm.container());
		try {
			shop.container.start();
			shop.awaitOpen();
			return shop;
		}
		catch (Exception | Error ex) {
			shop.close();
			throw ex;
		}
	}

	private void awaitOpen() throws InterruptedException {
		long deadline = System.nanoTime() + START.toNanos();
		while (System.nanoTime() < deadline) {
			Matcher matcher = PORT.matcher(log());
			if (matcher.find()) {
				this.port = Integer.parseInt(matcher.group(1));
				return;
			}
			if (!this.container.isRunning()) {
				throw new IllegalStateException("The shop ended:\n" + log());
			}
			Thread.sleep(100);
		}
		throw new IllegalStateException("The shop did not open in " + START + ":\n" + log());
	}

	@Override
	public int port() {
		return this.port;
	}

	String log() {
		return this.container.getLogs();
	}

	@Override
	public void close() {
		this.container.close();
	}

}
