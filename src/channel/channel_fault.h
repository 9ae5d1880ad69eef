/*
 * channel_fault: a filter on a channel: does to its messages and pongs what the faults of
 * its connection say, and counts for those that act at the N-th message or frame. It stands between
 * the channel and whoever uses it, in the channel's own table of functions; without faults there is
 * no filter.
 */
#ifndef CHANNEL_CHANNEL_FAULT_H
#define CHANNEL_CHANNEL_FAULT_H

#include "channel/channel.h"

/* Before channel_open; ch->up.fault must be set. The filter goes with the channel. -1: memory. */
int channel_fault_put(struct channel *ch);

#endif
