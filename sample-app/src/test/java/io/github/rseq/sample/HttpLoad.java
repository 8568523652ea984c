package io.github.rseq.sample;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Sends an exact number of HTTP/1.1 requests over several kept-alive, pipelined
 * connections and reads every answer to its end. Load generators that run for a time
 * don't know at their end how many of the requests in flight were served, so none of them
 * can tell whether a count is exact.
 */
public final class HttpLoad {

	private static final int PIPELINED = 16;

	private final int port;

	private final List<byte[]> requests;

	private final AtomicLong answered = new AtomicLong();

	/**
	 * Create a load.
	 * @param port the server's port on the loopback interface
	 * @param requests the requests, sent in turn by each connection
	 */
	public HttpLoad(int port, List<String> requests) {
		this.port = port;
		this.requests = requests.stream().map((request) -> request.getBytes(StandardCharsets.US_ASCII)).toList();
	}

	public static String get(String path) {
		return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
	}

	public static String post(String path, String body) {
		return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
				+ body.length() + "\r\n\r\n" + body;
	}

	/**
	 * How many answers were read so far.
	 */
	public long answered() {
		return this.answered.get();
	}

	/**
	 * Send the load and wait for all answers.
	 * @param connections how many connections
	 * @param each how many requests each connection sends
	 * @return how many answers came with each status
	 */
	public Map<Integer, Long> send(int connections, int each) throws Exception {
		ExecutorService executor = Executors.newFixedThreadPool(connections);
		try {
			Callable<Map<Integer, Long>> connection = () -> connect(each);
			List<Future<Map<Integer, Long>>> results = new ArrayList<>();
			for (int i = 0; i < connections; i++) {
				results.add(executor.submit(connection));
			}
			Map<Integer, Long> statuses = new TreeMap<>();
			for (Future<Map<Integer, Long>> result : results) {
				result.get().forEach((status, count) -> statuses.merge(status, count, Long::sum));
			}
			return statuses;
		}
		finally {
			executor.shutdownNow();
		}
	}

	private Map<Integer, Long> connect(int count) throws IOException {
		Map<Integer, Long> statuses = new TreeMap<>();
		try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), this.port)) {
			socket.setTcpNoDelay(true);
			socket.setSoTimeout(60_000);
			OutputStream out = socket.getOutputStream();
			InputStream in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
			int sent = 0;
			while (sent < count) {
				int batch = Math.min(PIPELINED, count - sent);
				out.write(batch(sent, batch));
				for (int i = 0; i < batch; i++) {
					statuses.merge(answer(in), 1L, Long::sum);
					this.answered.incrementAndGet();
				}
				sent += batch;
			}
		}
		return statuses;
	}

	private byte[] batch(int from, int count) {
		int length = 0;
		for (int i = 0; i < count; i++) {
			length += request(from + i).length;
		}
		byte[] batch = new byte[length];
		int position = 0;
		for (int i = 0; i < count; i++) {
			byte[] request = request(from + i);
			System.arraycopy(request, 0, batch, position, request.length);
			position += request.length;
		}
		return batch;
	}

	private byte[] request(int index) {
		return this.requests.get(index % this.requests.size());
	}

	private static int answer(InputStream in) throws IOException {
		int status = Integer.parseInt(line(in).substring(9, 12));
		int length = 0;
		boolean chunked = false;
		for (String header = line(in); !header.isEmpty(); header = line(in)) {
			String lowerCase = header.toLowerCase(Locale.ROOT);
			if (lowerCase.startsWith("content-length:")) {
				length = Integer.parseInt(lowerCase.substring(15).trim());
			}
			else if (lowerCase.startsWith("transfer-encoding:")) {
				chunked = true;
			}
			else if (lowerCase.startsWith("connection: close")) {
				throw new IOException("The server closes the connection after status " + status);
			}
		}
		if (chunked) {
			int chunk;
			do {
				chunk = Integer.parseInt(line(in), 16);
				in.skipNBytes(chunk + 2L);
			}
			while (chunk > 0);
		}
		else {
			in.skipNBytes(length);
		}
		return status;
	}

	private static String line(InputStream in) throws IOException {
		StringBuilder line = new StringBuilder(64);
		for (int c = in.read(); c != '\n'; c = in.read()) {
			if (c < 0) {
				throw new EOFException("The server closed the connection");
			}
			if (c != '\r') {
				line.append((char) c);
			}
		}
		return line.toString();
	}

}
