#include "doctor/check.h"

extern const struct check check_store;

const struct check *const doctor_checks[] = { &check_store, NULL };
