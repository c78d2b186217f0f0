/* The order in which releases are shown. */
#ifndef CATALOGUE_ORDER_H
#define CATALOGUE_ORDER_H

#include "release/catalogue.h"

/*
 * The last one first, by the times of their sources, but each before its parent, whatever the clocks said; in O(n log n).
 * Parents that make a circle, which only a registry that lies can have, stand anyhow.
 */
void catalogue_sort(struct catalogue *catalogue);

#endif
