package io.github.rseq.sample;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.webmvc.test.autoconfigure.AutoConfigureMockMvc;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.test.web.servlet.assertj.MockMvcTester;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link SampleApplication}: what each request gets.
 */
@SpringBootTest
@AutoConfigureMockMvc
class SampleApplicationTests {

	private final MockMvcTester mvc;

	SampleApplicationTests(@Autowired MockMvcTester mvc) {
		this.mvc = mvc;
	}

	@Test
	void placesAndFindsAnOrder() {
		assertThat(this.mvc.post()
			.uri("/orders")
			.contentType(MediaType.APPLICATION_JSON)
			.content("{\"product\":\"honey\",\"quantity\":2}")).hasStatus(HttpStatus.CREATED)
			.headers()
			.hasHeaderSatisfying("Location",
					(location) -> assertThat(this.mvc.get().uri(location.get(0))).hasStatusOk()
						.bodyJson()
						.extractingPath("total")
						.isEqualTo(12.0));
	}

	@Test
	void findsNoOrderUnderANumberThatWasNotGiven() {
		assertThat(this.mvc.get().uri("/orders/99999")).hasStatus(HttpStatus.NOT_FOUND);
	}

	@ParameterizedTest
	@ValueSource(strings = { "{\"product\":\"beer\",\"quantity\":2}", "{\"product\":\"tea\",\"quantity\":0}",
			"{\"quantity\":1}" })
	void rejectsAnOrderThatTheShopDoesNotTake(String order) {
		assertThat(this.mvc.post().uri("/orders").contentType(MediaType.APPLICATION_JSON).content(order))
			.hasStatus(HttpStatus.UNPROCESSABLE_CONTENT);
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "{", "{}", "[]", "{\"product\":\"tea\",\"quantity\":\"many\"}" })
	void refusesABodyThatIsNoOrder(String order) {
		assertThat(this.mvc.post().uri("/orders").contentType(MediaType.APPLICATION_JSON).content(order))
			.hasStatus(HttpStatus.BAD_REQUEST);
	}

	@Test
	void quotes() {
		assertThat(this.mvc.get().uri("/quote?product=tea&days=3&paths=10")).hasStatusOk()
			.bodyJson()
			.extractingPath("paths")
			.isEqualTo(10);
	}

	@ParameterizedTest
	@ValueSource(strings = { "product=beer", "product=tea&days=0", "product=tea&paths=1000000" })
	void rejectsAQuoteThatTheShopDoesNotGive(String query) {
		assertThat(this.mvc.get().uri("/quote?" + query)).hasStatus(HttpStatus.UNPROCESSABLE_CONTENT);
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "?product=tea&days=soon" })
	void refusesAQuoteThatIsNone(String query) {
		assertThat(this.mvc.get().uri("/quote" + query)).hasStatus(HttpStatus.BAD_REQUEST);
	}

	@Test
	void welcomes() {
		assertThat(this.mvc.get().uri("/")).hasStatusOk().hasForwardedUrl("index.html");
	}

	@Test
	void pageShowsTheTimerAndTheCounter() {
		assertThat(this.mvc.get().uri("/index.html")).hasStatusOk()
			.bodyText()
			.contains("showMeter('timer', 'orders.placing')", "showMeter('counter', 'orders.placed')");
	}

}
