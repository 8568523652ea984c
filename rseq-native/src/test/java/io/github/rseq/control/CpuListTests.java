package io.github.rseq.control;

import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class CpuListTests {

	@ParameterizedTest
	@CsvSource(delimiter = '|', value = { "0 | 0", "0-1 | 1", "0-127 | 127", "0-3,8-11 | 11", "0,2,4,6 | 6", "3 | 3",
			"8-11,0-3 | 11", "0-8191 | 8191", "0-31:2/4 | 31", "' 0-3\n' | 3", "999999999 | 999999999" })
	void readsTheKernelsList(String list, int highest) {
		assertThat(CpuList.parse(list).highest()).isEqualTo(highest);
	}

	@Test
	void keepsTheRanges() {
		assertThat(CpuList.parse("0-3,8,10-11\n").ranges())
			.isEqualTo(List.of(new CpuList.Range(0, 3), new CpuList.Range(8, 8), new CpuList.Range(10, 11)));
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "\n", "-", "0-", "a", "0-x", "0x3", ",", "0,", "3-1", "99999999999", "2147483647",
			"-1", "0 1", "0-1-2" })
	void refusesWhatIsNoList(String list) {
		assertThatIllegalArgumentException().isThrownBy(() -> CpuList.parse(list));
	}

}
