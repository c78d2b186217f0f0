/* An LED at a line of a GPIO chip, by libgpiod 1.6. */
#ifndef LED_H
#define LED_H

#include <stdbool.h>

struct led;

/* `chip` is a device node. NULL, with a message on stderr, when the line cannot be had. */
struct led *led_open(const char *chip, unsigned line);
int led_set(struct led *led, bool on);
/* Dark, and free for others. */
void led_close(struct led *led);

#endif
