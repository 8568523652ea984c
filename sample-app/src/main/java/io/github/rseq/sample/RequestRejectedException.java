package io.github.rseq.sample;

import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.web.ErrorResponseException;

/**
 * A request that is well-formed but asks for something the shop doesn't do.
 */
class RequestRejectedException extends ErrorResponseException {

	private static final long serialVersionUID = 1L;

	RequestRejectedException(String detail) {
		super(HttpStatus.UNPROCESSABLE_CONTENT,
				ProblemDetail.forStatusAndDetail(HttpStatus.UNPROCESSABLE_CONTENT, detail), null);
	}

}
