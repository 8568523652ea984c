package io.github.rseq;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that {@code docs/troubleshooting.md} tells of every {@link UnavailabilityReason},
 * in the same order and words.
 */
class TroubleshootingTests {

	private static final Path PAGE = Path.of("../docs/troubleshooting.md");

	@Test
	void everyReasonHasASectionAndEverySectionAReason() throws IOException {
		List<String> headings = Files.readAllLines(PAGE)
			.stream()
			.filter((line) -> line.startsWith("## "))
			.map((line) -> line.substring("## ".length()))
			.toList();
		assertThat(headings)
			.containsExactlyElementsOf(Arrays.stream(UnavailabilityReason.values()).map(Enum::name).toList());
	}

	@ParameterizedTest
	@EnumSource
	void sectionTellsWhatItMeansWhatToDoAndHowToCheck(UnavailabilityReason reason) throws IOException {
		assertThat(section(reason)).contains("> " + reason.sentence() + "\n", "- **Means.** ", "- **Do.** ",
				"- **Check.** ");
	}

	private static String section(UnavailabilityReason reason) throws IOException {
		String page = Files.readString(PAGE) + "\n## ";
		int start = page.indexOf("\n## " + reason + "\n");
		return (start >= 0) ? page.substring(start, page.indexOf("\n## ", start + 1)) : "";
	}

}
