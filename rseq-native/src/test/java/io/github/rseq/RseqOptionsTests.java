package io.github.rseq;

import java.lang.reflect.Constructor;
import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.util.Arrays;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class RseqOptionsTests {

	@Test
	void equalsTellsEveryComponentApart() throws Exception {
		RecordComponent[] components = RseqOptions.class.getRecordComponents();
		Class<?>[] types = Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
		Constructor<RseqOptions> constructor = RseqOptions.class.getDeclaredConstructor(types);
		Object[] values = Arrays.stream(types).map((type) -> value(type, 0)).toArray();
		RseqOptions options = constructor.newInstance(values);
		assertThat(constructor.newInstance(values)).isEqualTo(options).hasSameHashCodeAs(options);
		for (int i = 0; i < types.length; i++) {
			Object[] others = values.clone();
			others[i] = value(types[i], 1);
			assertThat(constructor.newInstance(others)).as(components[i].getName()).isNotEqualTo(options);
		}
	}

	private static Object value(Class<?> type, int number) {
		if (type == boolean.class) {
			return number != 0;
		}
		return (type == Path.class) ? Path.of("path" + number) : type.getEnumConstants()[number];
	}

}
