/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the threads record to, what they know they have recorded, and the comparison. All
 * record VALUE to the same cells, so that a line's total is its count times VALUE at every
 * moment, and its maximum is VALUE.
 */
#define _GNU_SOURCE
#include <string.h>
#include <sys/mman.h>
#include "faults.h"

const char *const operation_names[OPERATIONS] = {
	"add long", "add double", "record long", "record double", "record+buckets long", "record+buckets double"
};

static int is_double(enum operation operation)
{
	return operation == ADD_DOUBLE || operation == RECORD_DOUBLE || operation == BUCKETS_DOUBLE;
}

static int has_line(enum operation operation)
{
	return operation >= RECORD_LONG;
}

static size_t segment_bytes(void)
{
	return (size_t) (rows + 1) << PERCPU_ROW_SHIFT;
}

char *map_segment(void)
{
	return (char *) (intptr_t) percpu_map((int64_t) segment_bytes());
}

char *map_shared_segment(void)
{
	return mmap(NULL, segment_bytes(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

uint64_t epoch_word(uint32_t epoch)
{
	return ((uint64_t) PAST << 32) | epoch;
}

void perform(char *segment, enum operation operation, struct tally *tally)
{
	perform_by(recording, segment, operation, epoch_word(0), tally);
}

void perform_by(const struct recording *by, char *segment, enum operation operation, uint64_t epoch, struct tally *tally)
{
	int64_t row = (int64_t) (intptr_t) segment;
	int64_t line = row + LINES + operation * LINE_BYTES;
	int64_t first = row + BUCKET_CELLS;
	int64_t second = row + BUCKET_CELLS + 8;
	int64_t only = row + BUCKET_CELLS + 16;
	int32_t refused = 0;
	switch (operation) {
		case ADD_LONG:
			by->add_long(row + LONG_CELL, VALUE);
			break;
		case ADD_DOUBLE:
			by->add_double(row + DOUBLE_CELL, VALUE);
			break;
		case RECORD_LONG:
			refused = by->record_long(line, VALUE, epoch);
			break;
		case RECORD_DOUBLE:
			refused = by->record_double(line, VALUE, epoch);
			break;
		case BUCKETS_LONG:
			refused = by->record_buckets_long(line, VALUE, epoch, first, second);
			tally->buckets[0]++;
			tally->buckets[1]++;
			break;
		default:
			refused = by->record_buckets_double(line, VALUE, epoch, only, 0);
			tally->buckets[2]++;
			break;
	}
	if (refused) {
		tally->refused[operation]++;
	}
	else {
		tally->done[operation]++;
	}
}

void add_tally(struct tally *sum, const struct tally *more)
{
	for (int i = 0; i < OPERATIONS; i++) {
		sum->done[i] += more->done[i];
		sum->refused[i] += more->refused[i];
	}
	for (int i = 0; i < BUCKETS; i++) {
		sum->buckets[i] += more->buckets[i];
	}
}

int64_t tally_operations(const struct tally *tally)
{
	int64_t operations = 0;
	for (int i = 0; i < OPERATIONS; i++) {
		operations += tally->done[i] + tally->refused[i];
	}
	return operations;
}

static const char *row_of(const char *segment, int row)
{
	return segment + ((size_t) row << PERCPU_ROW_SHIFT);
}

static int64_t load(const void *cell)
{
	return __atomic_load_n((const int64_t *) cell, __ATOMIC_RELAXED);
}

static int64_t to_long(int64_t bits, enum operation operation)
{
	if (!is_double(operation)) {
		return bits;
	}
	double value;
	memcpy(&value, &bits, sizeof(value));
	return (int64_t) value;
}

void read_line(const char *segment, enum operation operation, int row, struct reading *reading)
{
	const char *line = row_of(segment, row) + LINES + operation * LINE_BYTES;
	const int64_t *words = (const int64_t *) line;
	int64_t again;
	do {
		reading->count = __atomic_load_n(&words[0], __ATOMIC_ACQUIRE);
		int copy = reading->count & 1;
		reading->total = to_long(load(&words[1 + copy]), operation);
		reading->max = to_long(load(&words[3 + copy]), operation);
		reading->epoch = __atomic_load_n((const int32_t *) (line + 40) + copy, __ATOMIC_RELAXED);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		again = __atomic_load_n(&words[0], __ATOMIC_RELAXED);
	}
	while (again != reading->count);
}

static int64_t found_in_row(const char *segment, enum operation operation, int row)
{
	if (has_line(operation)) {
		struct reading reading;
		read_line(segment, operation, row, &reading);
		return reading.count;
	}
	const char *cell = row_of(segment, row) + (is_double(operation) ? DOUBLE_CELL : LONG_CELL);
	return to_long(load(cell), operation) / VALUE;
}

int64_t found(const char *segment, enum operation operation, int row)
{
	if (row >= 0) {
		return found_in_row(segment, operation, row);
	}
	int64_t sum = 0;
	for (int i = 0; i <= rows; i++) {
		sum += found_in_row(segment, operation, i);
	}
	return sum;
}

int64_t found_in_bucket(const char *segment, int bucket, int row)
{
	if (row >= 0) {
		return load(row_of(segment, row) + BUCKET_CELLS + 8 * bucket);
	}
	int64_t sum = 0;
	for (int i = 0; i <= rows; i++) {
		sum += found_in_bucket(segment, bucket, i);
	}
	return sum;
}

static void compare(const char *what, int64_t actual, int64_t expected, struct result *result)
{
	if (actual != expected) {
		result->lost += (actual < expected) ? expected - actual : actual - expected;
		fail(result, "%s: %lld of %lld", what, (long long) actual, (long long) expected);
	}
}

void verify(const char *segment, const struct tally *expected, struct result *result)
{
	int64_t slot = (int64_t) (intptr_t) segment;
	if (percpu_sum_long(slot + LONG_CELL) != expected->done[ADD_LONG] * VALUE
			|| percpu_sum_double(slot + DOUBLE_CELL) != (double) (expected->done[ADD_DOUBLE] * VALUE)) {
		fail(result, "a sum differs");
	}
	for (int i = 0; i < OPERATIONS; i++) {
		compare(operation_names[i], found(segment, i, -1), expected->done[i], result);
		for (int row = 0; row <= rows && has_line(i); row++) {
			struct reading line;
			read_line(segment, i, row, &line);
			if (line.total != line.count * VALUE || line.max != (line.count ? VALUE : 0)) {
				fail(result, "%s: row %d has count %lld, total %lld, max %lld", operation_names[i], row,
						(long long) line.count, (long long) line.total, (long long) line.max);
			}
		}
		if (has_line(i) && found(segment, i, rows) != 0) {
			fail(result, "%s wrote to the fallback row", operation_names[i]);
		}
	}
	for (int i = 0; i < BUCKETS; i++) {
		compare("bucket", found_in_bucket(segment, i, -1), expected->buckets[i], result);
	}
	result->operations += tally_operations(expected);
}

void clear(char *segment)
{
	for (int row = 0; row <= rows; row++) {
		memset(segment + ((size_t) row << PERCPU_ROW_SHIFT), 0, CELLS_END);
	}
}

/* ---- An operation and the way it takes ------------------------------------------------ */

const char *const path_names[] = { "", ", tried again", ", in a new epoch" };

const struct subject subjects[SUBJECTS] = {
	{ ADD_LONG, DIRECT }, { ADD_LONG, RETRY },
	{ ADD_DOUBLE, DIRECT }, { ADD_DOUBLE, RETRY },
	{ RECORD_LONG, DIRECT }, { RECORD_LONG, RETRY }, { RECORD_LONG, ROTATE },
	{ RECORD_DOUBLE, DIRECT }, { RECORD_DOUBLE, RETRY }, { RECORD_DOUBLE, ROTATE },
	{ BUCKETS_LONG, DIRECT }, { BUCKETS_LONG, RETRY }, { BUCKETS_LONG, ROTATE },
	{ BUCKETS_DOUBLE, DIRECT }, { BUCKETS_DOUBLE, RETRY }, { BUCKETS_DOUBLE, ROTATE },
};

void prepare_for(const struct subject *subject, char *segment, struct tally *tally)
{
	perform_by(recording, segment, subject->operation, epoch_word(1), tally);
}

void operate(const struct subject *subject, char *segment, struct tally *tally)
{
	perform_by((subject->path == RETRY) ? &recording_after_abort : recording, segment, subject->operation,
			epoch_word((subject->path == ROTATE) ? 5 : 1), tally);
}
