package io.github.rseq.autoconfigure;

import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.condition.ConditionEvaluationReport;
import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.core.type.AnnotatedTypeMetadata;

/**
 * {@link SpringBootCondition} behind {@link ConditionalOnNotExcluded}. Boot writes the
 * exclusions to the report before it evaluates any auto-configuration's conditions.
 */
class OnNotExcludedCondition extends SpringBootCondition {

	@Override
	public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
		Map<String, @Nullable Object> attributes = metadata
			.getAnnotationAttributes(ConditionalOnNotExcluded.class.getName(), true);
		Object className = (attributes != null) ? attributes.get("value") : null;
		ConfigurableListableBeanFactory beanFactory = context.getBeanFactory();
		ConditionMessage.Builder message = ConditionMessage.forCondition(ConditionalOnNotExcluded.class);
		if (className != null && beanFactory != null
				&& ConditionEvaluationReport.get(beanFactory).getExclusions().contains(className)) {
			return ConditionOutcome.noMatch(message.because(className + " is excluded"));
		}
		return ConditionOutcome.match(message.because(className + " is not excluded"));
	}

}
