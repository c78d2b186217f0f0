// How the board does.
#pragma once

#include <istream>
#include <optional>
#include <string>

struct Status {
    double uptime = 0;       // seconds
    double load = 0;
    long available_mib = 0;  // memory that programs could still get
};

// From streams of the form of /proc/uptime, loadavg and meminfo; nothing when one of them is not of it.
std::optional<Status> read_status(std::istream& uptime, std::istream& loadavg, std::istream& meminfo);
// Of this machine.
std::optional<Status> current_status();
std::string to_page(const Status& status);
