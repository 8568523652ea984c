package io.github.rseq.server;

import java.lang.ref.WeakReference;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

import org.apache.catalina.Context;
import org.apache.catalina.loader.WebappClassLoaderBase;
import org.apache.catalina.startup.Tomcat;

/**
 * Deploys and undeploys an application, and tells what Tomcat complains of and what is
 * left. Arguments: the application's directory, a directory to work in, how often, and
 * the paths to ask for.
 */
public final class Server {

	private final Tomcat tomcat = new Tomcat();

	private final List<WeakReference<ClassLoader>> loaders = new ArrayList<>();

	private final HttpClient client = HttpClient.newHttpClient();

	private Server(Path directory) throws Exception {
		this.tomcat.setBaseDir(directory.toString());
		this.tomcat.setPort(0);
		this.tomcat.getConnector().setProperty("address", "127.0.0.1");
		this.tomcat.getHost().setAppBase(directory.toString());
		// The application has its own servlet for everything, and none for JSP.
		this.tomcat.setAddDefaultWebXmlToWebapp(false);
		this.tomcat.start();
	}

	public static void main(String[] args) throws Exception {
		// Tomcat's threads would keep this JVM.
		Thread.setDefaultUncaughtExceptionHandler((thread, ex) -> {
			ex.printStackTrace();
			Runtime.getRuntime().halt(1);
		});
		Complaints complaints = new Complaints();
		Server server = new Server(Path.of(args[1]));
		int times = Integer.parseInt(args[2]);
		for (int i = 0; i < times; i++) {
			for (int j = 3; j < args.length; j++) {
				if (j == 3) {
					server.deploy(Path.of(args[0]));
				}
				print(i + args[j], server.get(args[j]));
			}
			server.undeploy();
		}
		print("equal", new Last(server).equals(new Last(server)));
		long deadline = System.nanoTime() + Long.getLong("server.patience", 60) * 1_000_000_000L;
		while (server.alive() > 0 && System.nanoTime() < deadline) {
			System.gc();
			Thread.sleep(200);
		}
		print("alive", server.alive());
		print("complaints", complaints.messages);
		Runtime.getRuntime().halt(0);
	}

	private void deploy(Path application) {
		Context context = this.tomcat.addWebapp("/app", application.toString());
		this.loaders.add(new WeakReference<>(context.getLoader().getClassLoader()));
	}

	private void undeploy() throws Exception {
		Context context = (Context) this.tomcat.getHost().findChild("/app");
		context.stop();
		context.destroy();
		this.tomcat.getHost().removeChild(context);
	}

	private String get(String path) throws Exception {
		URI uri = URI.create("http://127.0.0.1:" + this.tomcat.getConnector().getLocalPort() + "/app" + path);
		return this.client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString()).body();
	}

	private long alive() {
		return this.loaders.stream().filter((loader) -> loader.get() != null).count();
	}

	private static void print(String name, Object value) {
		System.out.println("> " + name + "=" + value);
	}

	/**
	 * A record for {@code java.lang.runtime.ObjectMethods}, which keeps the type of the
	 * component that it compared first most recently. This one takes the place of a
	 * record of Spring Boot's.
	 *
	 * @param server a component of a type of ours
	 */
	private record Last(Server server) {
	}

	/**
	 * What Tomcat finds when a class loader stops.
	 */
	private static final class Complaints extends Handler {

		// Kept, since java.util.logging keeps loggers weakly.
		private final Logger logger = Logger.getLogger(WebappClassLoaderBase.class.getName());

		private final ConcurrentLinkedQueue<String> messages = new ConcurrentLinkedQueue<>();

		Complaints() {
			this.logger.addHandler(this);
		}

		@Override
		public void publish(LogRecord entry) {
			if (entry.getLevel().intValue() >= Level.WARNING.intValue()) {
				this.messages.add(entry.getMessage().lines().findFirst().orElse(""));
			}
		}

		@Override
		public void flush() {
		}

		@Override
		public void close() {
		}

	}

}
