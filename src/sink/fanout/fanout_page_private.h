/*
 * fanout_page_private: what the files of the page share.
 */
#ifndef SINK_FANOUT_FANOUT_PAGE_PRIVATE_H
#define SINK_FANOUT_FANOUT_PAGE_PRIVATE_H

#include "sink/fanout/fanout_page.h"

/* The class of a node's colour. */
const char *fanout_colour(const struct fanout_report *r, uint32_t node);

/* The drill: how many connections were open, and connections as lanes. */
void fanout_lanes(struct page *p, const struct fanout_report *r);

extern const char fanout_page_style[];

#endif
