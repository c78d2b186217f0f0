// The smallest server of one page.
#pragma once

#include <functional>
#include <string>

// Answers every request with what `make_page` returns, until a signal has come; throws std::system_error.
void serve(int port, const std::function<std::string()>& make_page);
// Does somebody answer at that port of this machine?
bool answers(int port);
