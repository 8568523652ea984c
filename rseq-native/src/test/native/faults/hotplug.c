/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A CPU goes and comes back while threads record on it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include "crew.h"

/* 0: not allowed, negative: there is none. */
static int hotplug_cpu;

static int hotplug_write(int cpu, const char *online)
{
	char name[64];
	snprintf(name, sizeof(name), "/sys/devices/system/cpu/cpu%d/online", cpu);
	int file = open(name, O_WRONLY | O_CLOEXEC);
	if (file < 0) {
		return -errno;
	}
	int result = (write(file, online, 1) == 1) ? 0 : -errno;
	close(file);
	return result;
}

void restore_hotplug(void)
{
	if (hotplug_cpu > 0) {
		hotplug_write(hotplug_cpu, "1");
	}
}

/* The last CPU that is online and can be taken offline, or -1. */
static int last_cpu(void)
{
	for (int cpu = rows - 1; cpu > 0; cpu--) {
		char name[64];
		char online = 0;
		snprintf(name, sizeof(name), "/sys/devices/system/cpu/cpu%d/online", cpu);
		int file = open(name, O_RDONLY | O_CLOEXEC);
		if (file >= 0) {
			if (read(file, &online, 1) != 1) {
				online = 0;
			}
			close(file);
		}
		if (online == '1') {
			return cpu;
		}
	}
	return -1;
}

static void unplug(struct crew *crew)
{
	int result = hotplug_write(hotplug_cpu, "0");
	if (result == 0) {
		crew->disturbances++;
		sleep_nanos(20000000);
	}
	int back = hotplug_write(hotplug_cpu, "1");
	if (back != 0 && result == 0) {
		fail(crew->result, "CPU %d stays offline: errno %d", hotplug_cpu, -back);
	}
	if (result == -EBUSY) {
		note(crew->result, "the kernel refused with EBUSY now and then");
	}
	else if (result != 0) {
		skip(crew->result, "CPU %d can't be taken offline: errno %d", hotplug_cpu, -result);
	}
	sleep_nanos(80000000);
}

void allow_hotplug(void)
{
	hotplug_cpu = last_cpu();
}

void test_hotplug(struct result *result, double seconds)
{
	if (hotplug_cpu == 0) {
		skip(result, "takes a CPU offline, which must be asked for with --hotplug");
		return;
	}
	if (hotplug_cpu < 0) {
		skip(result, "no CPU can be taken offline here");
		return;
	}
	struct crew crew;
	prepare_crew(&crew, result, 0, 4);
	run_crew(&crew, seconds, unplug);
}
