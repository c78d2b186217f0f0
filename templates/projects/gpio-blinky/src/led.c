#include "led.h"

#include <gpiod.h>
#include <stdio.h>
#include <stdlib.h>

#define CONSUMER "blinky" /* who has the line, as gpioinfo(1) shows it */

struct led {
	struct gpiod_chip *chip;
	struct gpiod_line *line;
};

struct led *led_open(const char *chip, unsigned line)
{
	struct led *led = calloc(1, sizeof(*led));

	if (!led)
		return NULL;
	led->chip = gpiod_chip_open(chip);
	if (!led->chip) {
		perror(chip);
		led_close(led);
		return NULL;
	}
	led->line = gpiod_chip_get_line(led->chip, line);
	if (!led->line || gpiod_line_request_output(led->line, CONSUMER, 0) < 0) {
		fprintf(stderr, "%s, line %u: ", chip, line);
		perror(NULL);
		led_close(led);
		return NULL;
	}
	return led;
}

int led_set(struct led *led, bool on)
{
	return gpiod_line_set_value(led->line, on);
}

void led_close(struct led *led)
{
	if (!led)
		return;
	if (led->line && gpiod_line_is_requested(led->line)) {
		gpiod_line_set_value(led->line, 0);
		gpiod_line_release(led->line);
	}
	if (led->chip)
		gpiod_chip_close(led->chip);
	free(led);
}
